import type { LatchkeyError } from "../../errors.ts";
import type { HttpResponse } from "../../http.ts";

export type OAuthProblem = {
  readonly oauth_problem: string;
  readonly parameters: Readonly<Record<string, string>>;
};

export type ProblemContext = {
  /** Our own base string, for the comparison on signature_invalid. */
  readonly base_string?: string;
  /** The oauth_timestamp that was sent, seconds. */
  readonly timestamp?: number;
  readonly status?: number;
};

export function oauthProblemOf(_response: HttpResponse): OAuthProblem | undefined {
  throw new Error("not built yet");
}
export function problemError(_problem: OAuthProblem, _context: ProblemContext = {}): LatchkeyError {
  throw new Error("not built yet");
}
