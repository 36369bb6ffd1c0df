/** What a call leaves behind for the case that it fails. Nothing is gathered while all goes well. */
import { type ErrorCode, isLatchkeyError, type LatchkeyError } from "../errors.ts";
import type { HttpHeaders, HttpRequest } from "../http.ts";
import type { JiraErrors } from "./answers.ts";

export type FailedTry = {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly ended_at: number;
  /** As it was signed; absent where it never was. */
  readonly sent?: HttpRequest | undefined;
  readonly response?:
    | { readonly status: number; readonly headers: HttpHeaders; readonly body?: Uint8Array | undefined }
    | undefined;
  /** Where there was no answer. */
  readonly error_code?: ErrorCode | undefined;
};

/** A call that failed in the end, for whoever records it. Holds secrets: mask it before anything is kept. */
export type FailedCall = {
  readonly method: string;
  /** The whole address, unsigned. */
  readonly url: string;
  readonly api_base_url: string;
  readonly error_code: ErrorCode;
  /** Jira's own words, bounded. */
  readonly words?: readonly string[] | undefined;
  readonly began_at: number;
  /** Empty where nothing was sent. */
  readonly tries: readonly FailedTry[];
};

export type Trail = {
  began_at: number;
  tries: FailedTry[] | undefined;
  /** The try that is under way. */
  at: number;
  sent: HttpRequest | undefined;
};

/** The trail of a call that begins. */
export function newTrail(now: number): Trail {
  return { began_at: now, tries: undefined, at: now, sent: undefined };
}

/** Notes what goes out now. */
export function sending(trail: Trail, now: number, sent: HttpRequest): void {
  trail.at = now;
  trail.sent = sent;
}

/** Adds the try that is under way: it brought no good answer. */
export function leave(
  trail: Trail,
  ended_at: number,
  came: FailedTry["response"] | { readonly thrown: unknown },
): void {
  const { at, sent } = trail;
  trail.tries ??= [];
  if (came === undefined || "status" in came) trail.tries.push({ at, ended_at, sent, response: came });
  else trail.tries.push({ at, ended_at, sent, error_code: codeOf(came.thrown) });
}

function codeOf(thrown: unknown): ErrorCode {
  return isLatchkeyError(thrown) ? thrown.code : "internal";
}

/** The call as it failed. */
export function failedCall(
  trail: Trail,
  call: Pick<FailedCall, "method" | "url" | "api_base_url">,
  error: LatchkeyError,
): FailedCall {
  const { began_at, tries = [] } = trail;
  return { ...call, began_at, tries, error_code: error.code, words: wordsOf(error) };
}

function wordsOf({ details }: LatchkeyError): string[] {
  const { errorMessages = [], errors = {} } = (details.jira ?? {}) as Partial<JiraErrors>;
  return [...errorMessages, ...Object.entries(errors).map(([field, text]) => `${field}: ${text}`)];
}
