/**
 * The one exit filter: what leaves the house about a failure. Inside reasons are rich; a stranger gets a code, a
 * sentence of ours and the next step, never evidence and never another server's words.
 *
 * @see RFC 9457
 */
import { ERRORS, isLatchkeyError, LatchkeyError } from "../errors.ts";
import { NO_PAGE } from "./headers.ts";

export type Problem = {
  /** Where the code is explained. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly fix: string;
  readonly retry: string;
  /** The id under which the log knows this request. */
  readonly instance: string;
  /** Jira's own refusal, bounded; only where the caller may see Jira's answers anyway. */
  readonly jira?: {
    readonly status: number;
    readonly errorMessages: readonly string[];
    readonly errors: Readonly<Record<string, string>>;
  };
};

/** Any thrown value as one of ours; what we did not foresee says nothing about itself. */
export function asLatchkeyError(thrown: unknown): LatchkeyError {
  return isLatchkeyError(thrown) ? thrown : new LatchkeyError("internal", undefined, { cause: thrown });
}

export function toProblem(
  thrown: unknown,
  request_id: string,
  audience: "stranger" | "holder" = "stranger",
): Problem {
  const error = asLatchkeyError(thrown);
  const row = ERRORS[error.code];
  const jira = audience === "holder" ? jiraWords(error.details.jira) : undefined;
  return {
    type: `https://latchkey.dev/errors#${error.code}`,
    title: row.meaning,
    status: row.status,
    code: error.code,
    detail: error.message,
    fix: error.fix,
    retry: row.retry,
    instance: `urn:latchkey:request:${request_id}`,
    ...(jira ? { jira } : {}),
  };
}

function jiraWords(value: unknown): Problem["jira"] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { status, errorMessages, errors } = value as Record<string, unknown>;
  return {
    status: typeof status === "number" ? status : 0,
    errorMessages: Array.isArray(errorMessages) ? errorMessages.filter(isText).slice(0, 20).map(bounded) : [],
    errors: Object.fromEntries(
      Object.entries(typeof errors === "object" && errors ? errors : {})
        .filter((entry): entry is [string, string] => isText(entry[1]))
        .slice(0, 50)
        .map(([field, words]) => [bounded(field), bounded(words)]),
    ),
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function bounded(text: string): string {
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}

export function problemHeaders(problem: Problem, error: unknown): Record<string, string> {
  const wait = isLatchkeyError(error) ? error.retry_after_s : undefined;
  const allow = problem.status === 405 && isLatchkeyError(error) ? error.details.allow : undefined;
  return {
    "content-type": "application/problem+json",
    ...NO_PAGE,
    ...(wait === undefined ? {} : { "retry-after": String(Math.ceil(wait)) }),
    ...(typeof allow === "string" ? { allow } : {}),
    ...(problem.status === 401 ? { "www-authenticate": 'Bearer realm="latchkey"' } : {}),
  };
}
