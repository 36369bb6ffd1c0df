/** A failed dance in words: what happened, and what to do next. */
import type { Flavor } from "../protocol/flavors.ts";

export type Failure = {
  readonly code: string;
  readonly title: string;
  readonly happened: string;
  /** One or more steps, in order. */
  readonly next: readonly string[];
  /** The word Jira used, when it used one (`oauth_problem=…`, `error=…`). */
  readonly jira_word?: string;
  /** Whether pressing "try again" makes sense. */
  readonly try_again: boolean;
};

/** Works for any thrown value; what is not a known error gets the plain words for an inside fault. */
export function explainFailure(
  _thrown: unknown,
  _about: { readonly flavor?: Flavor; readonly site?: string } = {},
): Failure {
  throw new Error("not built yet");
}
