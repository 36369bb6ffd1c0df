/** The log of requests: what came in, what was answered, and why it was refused. Bounded. */
import type { Face } from "./face.ts";

export type LoggedRequest = {
  readonly id: number;
  /** ISO 8601, by the sandbox's clock. */
  readonly at: string;
  readonly face: Face;
  readonly method: string;
  /** As sent, with the context path, without the query. */
  readonly path: string;
  /** The query; values that are secrets are written as `…`. */
  readonly query: string;
  /** The scheme of the Authorization header (`Bearer`, `Basic`, `OAuth`), never its value; `null` without one. */
  readonly authorization: string | null;
  readonly user_agent: string | null;
  /** `null` when no answer was sent. */
  status: number | null;
  /** Why it was refused, in the words of whoever refused it; `null` when it was not. */
  reason: string | null;
  /** `cut` or `lose_answer` when a fault took the answer away, `answered` otherwise. */
  outcome: "answered" | "cut" | "lose_answer";
  duration_ms: number;
  /** True when a fault had a part in it. */
  fault: boolean;
};

const capacity = 2000;
const secretNames =
  /^(?:code|state|code_verifier|code_challenge|client_secret|access_token|refresh_token|oauth_token|oauth_token_secret|oauth_verifier|oauth_signature|oauth_session_handle|password|os_password|os_username|jwt)$/;

export class RequestLog {
  #entries: LoggedRequest[] = [];

  add(entry: LoggedRequest): void {
    this.#entries.push(entry);
    // Dropping a block at a time keeps the cost of a long run constant.
    if (this.#entries.length > capacity * 2) this.#entries = this.#entries.slice(-capacity);
  }

  /** The last 2000 at most, oldest first. */
  list(): readonly LoggedRequest[] {
    return this.#entries.slice(-capacity);
  }

  clear(): void {
    this.#entries = [];
  }
}

/** A query fit for the log. */
export function maskQuery(rawQuery: string): string {
  if (rawQuery === "") return "";
  return rawQuery
    .split("&")
    .map((pair) => {
      const cut = pair.indexOf("=");
      return cut > 0 && secretNames.test(pair.slice(0, cut)) ? `${pair.slice(0, cut)}=…` : pair;
    })
    .join("&");
}
