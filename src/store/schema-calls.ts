/** Rows of calls to Jira that failed. */
import type { FlavorName } from "./schema-dances.ts";

export type CallRow = {
  id: string;
  owner: string;
  connection_id: string;
  registration_id: string;
  flavor: FlavorName;
  site_url: string;
  /** The handle it came through; null where Latchkey asked by itself. */
  handle_id: string | null;
  method: string;
  /** The path without the ids in it. */
  path_template: string;
  /** Already masked. */
  url: string;
  /** HTTP status of the last answer; null where there was none. */
  status: number | null;
  error_code: string;
  started_at: number;
  ended_at: number;
  /** How often it was sent. */
  tries: number;
  /** Calls of the same connection that failed alike soon after, and were only counted. */
  missed: number;
  /** JSON array of steps, already masked. */
  steps: string;
  /** What operators alone may see, tokens masked, sealed: JSON {jira, exchanges: {step: {ours, theirs}}}. */
  sealed_evidence: string | null;
};
