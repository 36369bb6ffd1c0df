/** Rows of what happened, and of who is told. */

export type EventRow = {
  id: string;
  owner: string;
  connection_id: string | null;
  family_id: string | null;
  type: string;
  at: number;
  /** JSON. */
  data: string;
};

export type WebhookEndpointRow = {
  id: string;
  /** Null: the operator's, told of every owner's events. */
  owner: string | null;
  url: string;
  /** JSON array; empty: every type. */
  types: string;
  description: string;
  /** 1: the operator typed it, and it may be private. */
  allowance: 0 | 1;
  /** JSON {current, previous?, previous_until?}, sealed. */
  sealed_secrets: string;
  /** Grows with every change of sealed_secrets. */
  generation: number;
  state: "active" | "disabled";
  /** JSON {code, at}; null unless disabled. */
  disabled: string | null;
  /** Failed attempts in a row. */
  failures: number;
  /** Until then nothing is sent to it. */
  cool_until: number | null;
  last_sent_at: number | null;
  last_status: number | null;
  created_at: number;
  updated_at: number;
};

export type OutboxRow = {
  id: string;
  /** Of the event. */
  owner: string;
  endpoint_id: string;
  /** Stands in `webhook-id`: the same for every attempt and every endpoint. */
  event_id: string;
  type: string;
  /** What is sent, to the byte. */
  body: string;
  state: "waiting" | "done" | "dead";
  /** Those begun; it also tells a late end of an attempt from the present one. */
  attempts: number;
  due_at: number;
  lease_until: number | null;
  last_status: number | null;
  /** Code of the error table. */
  last_error: string | null;
  created_at: number;
  ended_at: number | null;
};
