/** What the room of outgoing webhooks takes and gives. */
import type { Log } from "../log.ts";
import type { Secret } from "../secret.ts";
import type { Store } from "../store/index.ts";
import type { Transport } from "../transport.ts";
import type { Vault } from "../vault/index.ts";

export type WebhookParts = {
  readonly store: Store;
  readonly vault: Pick<Vault, "seal" | "open" | "quarantine">;
  readonly transport: Transport;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
};

export type EndpointInput = {
  /** Absent: the operator's, told of every owner's events. */
  readonly owner?: string;
  /** https; http and private addresses only with an allowance. */
  readonly url: string;
  /** Event types it wants; default all. */
  readonly types?: readonly string[];
  /** What it is for, at most 200 characters. */
  readonly description?: string;
  /** The operator typed the address: it may be private. Default false. */
  readonly allowance?: boolean;
};

export type EndpointView = {
  readonly id: string;
  readonly owner?: string;
  readonly url: string;
  readonly types: readonly string[];
  readonly description: string;
  readonly state: "active" | "disabled";
  /** `endpoint_gone`: it answered 410. */
  readonly disabled?: { readonly code: string; readonly at: number };
  /** Failed attempts in a row. */
  readonly failures: number;
  readonly last_sent_at?: number;
  /** HTTP status of its last answer; absent where none came. */
  readonly last_status?: number;
  readonly created_at: number;
  readonly updated_at: number;
};

export type DeliveryView = {
  readonly id: string;
  readonly endpoint_id: string;
  /** What stands in `webhook-id`. */
  readonly event_id: string;
  readonly type: string;
  /** `dead`: given up, until somebody sends it again. */
  readonly state: "waiting" | "done" | "dead";
  readonly attempts: number;
  /** When the next attempt is due; of meaning while it waits. */
  readonly due_at: number;
  readonly last_status?: number;
  /** Code of the error table, or `endpoint_gone`. */
  readonly last_error?: string;
  readonly created_at: number;
  readonly ended_at?: number;
};

export type DeliveryQuery = {
  readonly endpoint_id?: string;
  readonly state?: DeliveryView["state"];
  /** Default 100, at most 500. */
  readonly limit?: number;
};

/** Whose endpoints a call is about: an owner's own, or with `undefined` every one there is, for the operator. */
export type Whose = string | undefined;

export type Webhooks = {
  /** The secret is in the answer and is never shown again. @throws bad_request, egress_refused */
  add(input: EndpointInput): Promise<{ readonly endpoint: EndpointView; readonly secret: Secret }>;
  /** Oldest first. */
  list(whose: Whose): Promise<readonly EndpointView[]>;
  /** With everything on its way to it. @throws not_found */
  remove(whose: Whose, id: string): Promise<void>;
  /** After it was disabled; what was given up meanwhile is sent again one by one. @throws not_found */
  enable(whose: Whose, id: string): Promise<EndpointView>;
  /** A new secret; the one before goes on signing beside it for a day. @throws not_found */
  rotate(whose: Whose, id: string): Promise<{ readonly endpoint: EndpointView; readonly secret: Secret }>;
  /** Newest first. @throws not_found for an endpoint that is not theirs */
  deliveries(whose: Whose, query?: DeliveryQuery): Promise<readonly DeliveryView[]>;
  /** Sends one again, from the first attempt, under the same `webhook-id`. @throws not_found, bad_request */
  redeliver(whose: Whose, id: string): Promise<void>;
  /** What is due now; nothing in a vault that is a copy of another. */
  due(limit: number): Promise<readonly { readonly id: string; readonly owner: string }[]>;
  /** Makes one attempt, if it is due and nobody else makes it. Never throws for what the endpoint answers. */
  deliver(id: string): Promise<void>;
};
