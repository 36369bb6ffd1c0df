/** A failed dance in words: what happened, and what to do next. Pure; pages and commands print what it returns. */
import { ERRORS, type ErrorCode, isLatchkeyError, type LatchkeyError } from "../errors.ts";
import type { Flavor } from "../protocol/flavors.ts";
import { printable } from "../recorder/index.ts";
import { describeClock } from "./clock.ts";
import { FAILURE_WORDS, type Words } from "./failure-words.ts";

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

/** What is known of the dance that failed; each makes a sentence sharper. */
export type FailedDance = {
  readonly flavor?: Flavor;
  /** The site's address or name, as the person knows it. */
  readonly site?: string;
};

const TITLES_BY_ORIGIN = {
  configuration: "Latchkey is not set up for this",
  caller: "That did not work",
  jira: "Jira answered otherwise than expected",
  "authorization-server": "Jira refused the connection",
  network: "Jira could not be reached",
  vault: "The connection cannot be used",
  policy: "That is not allowed",
} as const;

/** Works for any thrown value; what is not a known error gets the plain words for a fault inside. */
export function explainFailure(thrown: unknown, about: FailedDance = {}): Failure {
  if (!isLatchkeyError(thrown)) {
    return {
      code: "internal",
      title: "Something went wrong inside Latchkey",
      happened: "The dance was stopped by a fault that is not Jira's and not yours.",
      next: ["Try again.", "If it stays, give the operator the time and the number of this page."],
      try_again: true,
    };
  }
  const words = wordsFor(thrown, about);
  const jira_word = jiraWordOf(thrown);
  return {
    code: thrown.code,
    title: words.title,
    happened: words.happened,
    next: words.next,
    ...(jira_word === undefined ? {} : { jira_word }),
    try_again: words.try_again ?? thrown.retry !== "never",
  };
}

function wordsFor(error: LatchkeyError, about: FailedDance): Words {
  const row = FAILURE_WORDS[error.code];
  const site = about.site ?? "this Jira";
  const words =
    row === undefined
      ? { title: TITLES_BY_ORIGIN[error.origin], happened: error.message, next: [error.fix] }
      : row({ site, flavor: about.flavor, error });
  const sharper = error.code === "timestamp_refused" ? describeClock(error.details.skew_s) : undefined;
  const hint = error.fix === ERRORS[error.code as ErrorCode]?.fix ? [] : [error.fix];
  return {
    ...words,
    happened: sharper === undefined ? words.happened : `${words.happened} ${sharper}`,
    next: [...new Set([...hint, ...words.next])],
  };
}

/** Jira's own word is data from outside: bounded and printable, never its prose. */
function jiraWordOf(error: LatchkeyError): string | undefined {
  const { oauth_problem, error: word } = error.details;
  if (typeof oauth_problem === "string") return `oauth_problem=${printable(oauth_problem).slice(0, 60)}`;
  if (typeof word === "string") return `error=${printable(word).slice(0, 60)}`;
  return undefined;
}
