/** Rows of what a person's browser goes through. */

export type FlavorName = "cloud" | "datacenter-oauth2" | "datacenter-oauth1";

export type DanceRow = {
  id: string;
  owner: string;
  registration_id: string;
  attempt_id: string | null;
  connection_id: string | null;
  flavor: FlavorName;
  site_url: string | null;
  started_at: number;
  ended_at: number | null;
  outcome: "running" | "connected" | "failed" | "choosing";
  error_code: string | null;
  /** JSON. */
  error: string | null;
  /** JSON array of steps, already masked. */
  steps: string;
  /** What operators alone may see, tokens masked, sealed: JSON {exchanges: {step: {ours, theirs}}}. */
  sealed_evidence: string | null;
};

export type ConnectSessionRow = {
  id: string;
  owner: string;
  /** The application's own id of its signed-in user; null where nothing is to be redeemed. */
  user: string | null;
  /** How the application names that user to people. */
  user_name: string | null;
  /** What asks, where it is not the gateway's own application. */
  application: string | null;
  return_url: string | null;
  site: string | null;
  flavor: FlavorName | null;
  registration_id: string | null;
  /** JSON array; null: the registration's. */
  scope: string | null;
  /** The connection this session renews. */
  reconnect_id: string | null;
  state: "created" | "opened" | "begun" | "waiting" | "redeemed" | "failed" | "expired";
  /** SHA-256 of the secret in the link. */
  token_hash: string;
  /** SHA-256 of the one-time result; null unless one is waited for. */
  result_hash: string | null;
  /** The connection that waits, or that came of it. */
  connection_id: string | null;
  /** The grant that waits, where it renews a connection. */
  family_id: string | null;
  /** JSON of the site that grant is for. */
  granted_site: string | null;
  /** JSON {code, …}; null unless failed or expired. */
  error: string | null;
  created_at: number;
  /** Of the link, then of the dance, then of the result. */
  expires_at: number;
  ended_at: number | null;
};

export type SessionRow = {
  /** SHA-256 of the cookie's value, hex. */
  id_hash: string;
  owner: string;
  kind: string;
  sealed_data: string | null;
  created_at: number;
  expires_at: number;
  last_seen_at: number;
};
