/**
 * The tables, as rows in memory. `docs/storage.md` says what each column means and shows a row of every state.
 * Times are integers, milliseconds since the epoch, and end in `_at`; `…_json` is not spelled out: a column that
 * holds JSON is text here and parsed by the room that owns it. Columns named `sealed…` hold the vault's text form.
 */
import type { Generated } from "kysely";
import type { CallRow } from "./schema-calls.ts";
import type { ConnectSessionRow, DanceRow, FlavorName, SessionRow } from "./schema-dances.ts";
import type { EventRow, OutboxRow, WebhookEndpointRow } from "./schema-events.ts";
import type { ExportRow } from "./schema-exports.ts";
import type { FollowRow, HeardRow, HookRow, MarkRow, TouchedRow } from "./schema-follows.ts";
import type { LinkRow } from "./schema-links.ts";

export type * from "./schema-calls.ts";
export type * from "./schema-dances.ts";
export type * from "./schema-events.ts";
export type * from "./schema-exports.ts";
export type * from "./schema-follows.ts";
export type * from "./schema-links.ts";

export type RegistrationRow = {
  /** A slug chosen by the operator; it stands in the callback path. */
  id: string;
  /** Null: the operator's, offered to every owner. */
  owner: string | null;
  flavor: FlavorName;
  /** Null: a dance. `token`: people bring tokens of their own. `service-account`: its client secret is the account's. */
  credential: "token" | "service-account" | null;
  title: string;
  site_base_url: string | null;
  /** Pattern of Cloud site URLs, with `{name}`. */
  cloud_sites: string | null;
  /** Client id (OAuth 2.0) or consumer key (OAuth 1.0a); empty while the registration is a draft. */
  client_id: string;
  /** Absolute URL, or `oob`. */
  redirect_uri: string;
  /** A loopback callback, also registered at Jira, on which a terminal listens; null where there is none. */
  terminal_redirect_uri: string | null;
  /** JSON array of strings. */
  scope: string;
  auth_url: string | null;
  api_url: string | null;
  /** Client secret and private key, sealed together; null where there is neither. */
  sealed_secret: string | null;
  /** JSON {public_pem, spki_sha256, bits}; null except for OAuth 1.0a. */
  public_key: string | null;
  /** 1: egress may reach its addresses although they are private. */
  allowance: 0 | 1;
  state: "draft" | "active" | "suspended";
  /** JSON {code, at, evidence}; null unless suspended. */
  suspended: string | null;
  /** Grows with every change of sealed_secret. */
  generation: number;
  created_at: number;
  updated_at: number;
};

export type FamilyRow = {
  id: string;
  owner: string;
  registration_id: string;
  /** What its tokens are; the last three came without a dance. */
  kind: "oauth2" | "oauth1" | "personal-access-token" | "api-token" | "service-account";
  flavor: FlavorName;
  /** Null until the account is known. */
  account_id: string | null;
  /** JSON {account_id, name, display_name, email, avatar_url, time_zone}. */
  account: string | null;
  scope_asked: string;
  scope_granted: string | null;
  /** Null once forgotten. */
  sealed_tokens: string | null;
  /** Names the access token without telling it. */
  token_id: string;
  /** Grows with every new set of tokens. */
  generation: number;
  access_expires_at: number | null;
  consented_at: number;
  /** When the current tokens were received. */
  last_rotated_at: number;
  idle_expires_at: number | null;
  absolute_expires_at: number | null;
  state: "active" | "dead" | "exported" | "forgotten";
  /** JSON {cause, not_excluded, evidence, at, next_step}; null unless dead. */
  dead: string | null;
  lease_owner: string | null;
  lease_until: number | null;
  /** Grows with every claim; a writer with an older one is refused. */
  fence: number;
  /** JSON {fence, generation, at}: the refresh token of this generation is being spent. */
  intent: string | null;
  /** JSON {generation, fence, at, sealed}: a pair that came too late to be written as the current one. */
  parked: string | null;
  /** Passing failures in a row. */
  failures: number;
  /** JSON {code, at} of the last passing failure. */
  last_failure: string | null;
  cool_until: number | null;
  /** From when on it is renewed although nobody asked; null where nothing can renew it. */
  keep_alive_at: number | null;
  /** When its dates are to be looked at for a warning; null where it has no end. */
  warn_at: number | null;
  /** JSON {reason: {ends_at, days}}: the last warning of each end. */
  warned: string | null;
  created_at: number;
  updated_at: number;
};

export type ConnectionRow = {
  id: string;
  owner: string;
  family_id: string;
  registration_id: string;
  flavor: FlavorName;
  site_id: string;
  site_url: string;
  site_name: string;
  api_base_url: string;
  /** JSON {deployment, version, gone_at}. */
  site: string;
  /** What a person calls it; unique within the owner. Null where nobody named it. */
  name: string | null;
  state: "pending" | "active" | "exported" | "removed";
  created_at: number;
  updated_at: number;
  last_used_at: number | null;
  /** HTTP status of Jira's last answer. */
  last_status: number | null;
  /** When it was last looked at whether the site is still there, under that name. */
  site_checked_at: number | null;
};

export type AttemptRow = {
  id: string;
  owner: string;
  registration_id: string;
  flavor: FlavorName;
  step: "begun" | "exchanging" | "choosing" | "done" | "failed";
  /** SHA-256 of the state, or of the request token; unique within the registration. */
  lookup_hash: string;
  /** SHA-256 of the browser session's binding secret. */
  binding_hash: string;
  /** PKCE verifier or request token secret; null once they are of no more use. */
  sealed_secrets: string | null;
  scope: string;
  site_hint: string | null;
  return_to: string | null;
  /** The connection this dance renews. */
  reconnect_id: string | null;
  family_id: string | null;
  connection_id: string | null;
  dance_id: string | null;
  /** The connect session this dance was begun for. */
  connect_session_id: string | null;
  /** JSON {code, …}; null unless failed. */
  error: string | null;
  created_at: number;
  expires_at: number;
  used_at: number | null;
};

export type HandleRow = {
  id: string;
  owner: string;
  name: string;
  /** SHA-256 of the key `lk_…`, hex. */
  key_hash: string;
  /** JSON array. */
  connection_ids: string;
  /** JSON: HandleLimits of `handles/model.ts`. */
  limits: string;
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
  last_used_at: number | null;
};

export type UseTable = {
  id: Generated<number>;
  handle_id: string;
  owner: string;
  connection_id: string;
  at: number;
  method: string;
  path_template: string;
  status: number;
  bytes_in: number;
  bytes_out: number;
  duration_ms: number;
  /** Null for entries from before the log was a chain. */
  segment: string | null;
  /** Its place in the segment, from 1 without a gap. */
  seq: number | null;
  /** `use`: it went to Jira. `refused`: Latchkey refused it. `gap`: entries are missing here. */
  kind: Generated<"use" | "refused" | "gap">;
  /** The error of a refusal, or why there is a gap. */
  code: string | null;
  /** How many calls it stands for; a flood of refusals is counted. */
  times: Generated<number>;
  /** Of this entry and the one before it, with the segment's key. */
  mac: string | null;
};
export type UseRow = Omit<UseTable, "id" | "kind" | "times"> & {
  id: number;
  kind: "use" | "refused" | "gap";
  times: number;
};

/** A stretch of the log that one process writes, and proves by itself. */
export type UseSegmentRow = {
  id: string;
  /** The process, as leases name it. */
  holder: string;
  opened_at: number;
  /** When its process was last heard of. */
  seen_at: number;
  /** Null while its process writes to it. */
  ended_at: number | null;
  /** The last entry that was written. */
  head_seq: number;
  head_mac: string;
};

export type CheckpointRow = {
  number: number;
  segment: string | null;
  /** JSON, exactly as it was signed. */
  statement: string;
  /** Ed25519, base64url. */
  signature: string;
};

export type LogKeyRow = { id: string; number: number; sealed_key: string; created_at: number };

export type JobRow = {
  name: string;
  due_at: number;
  lease_owner: string | null;
  lease_until: number | null;
  /** Grows with every claim; a runner with an older one has lost the job. */
  fence: number;
  started_at: number | null;
  ended_at: number | null;
  /** JSON {done, failed} of the last run. */
  outcome: string | null;
};

/** PostgreSQL only: a worker of the job engine that lives, by the database's clock. */
export type WorkerRow = { id: string; seen_at: number };

export type PolicyKeyRow = {
  /** Stands in every token that is made with it. */
  id: string;
  /** Counted from 1; the highest makes new tokens. */
  number: number;
  sealed_key: string;
  created_at: number;
};

/** A limit of Jira that one replica met and the others heed. */
export type GaugeRow = {
  /** What it is about: `site https://…`, `endpoint … GET …`, an issue or an account by its hash. */
  bucket: string;
  kind: "closed" | "quotas";
  /** Until when it says something. */
  until_at: number;
  /** Jira's own name of the limit. */
  reason: string | null;
  /** JSON array of {name, reach, limit, remaining, window_s, resets_at}. */
  quotas: string;
};

export type MetaRow = { key: string; value: string };

export type Tables = {
  registrations: RegistrationRow;
  families: FamilyRow;
  connections: ConnectionRow;
  attempts: AttemptRow;
  handles: HandleRow;
  uses: UseTable;
  dances: DanceRow;
  calls: CallRow;
  sessions: SessionRow;
  events: EventRow;
  meta: MetaRow;
  jobs: JobRow;
  workers: WorkerRow;
  gauges: GaugeRow;
  connect_sessions: ConnectSessionRow;
  webhook_endpoints: WebhookEndpointRow;
  outbox: OutboxRow;
  policy_keys: PolicyKeyRow;
  use_segments: UseSegmentRow;
  use_checkpoints: CheckpointRow;
  log_keys: LogKeyRow;
  links: LinkRow;
  follows: FollowRow;
  hooks: HookRow;
  heard: HeardRow;
  marks: MarkRow;
  touched: TouchedRow;
  exports: ExportRow;
};
