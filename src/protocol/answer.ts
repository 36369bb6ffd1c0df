import { LatchkeyError } from "../errors.ts";
import { bodyText, type HttpResponse, mediaType } from "../http.ts";

const MAX_EVIDENCE = 500;

/** Remote text cut to what an operator needs to see. */
export function bounded(text: string, max = MAX_EVIDENCE): string {
  return text.length > max ? `${text.slice(0, max)}…` : text;
}

/** Seconds of `Retry-After`, where it is a number. @see RFC 9110 section 10.2.3 */
export function retryAfter(response: HttpResponse): number | undefined {
  const text = response.headers["retry-after"]?.trim() ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/**
 * The error for an answer of a token endpoint that says nothing in the protocol's own words: a redirect, a page of
 * a proxy, an empty body.
 */
export function wordlessFailure(response: HttpResponse): LatchkeyError {
  const { status } = response;
  const details = {
    status,
    content_type: bounded(mediaType(response.headers), 100),
    body: bounded(bodyText({ body: response.body.subarray(0, 4 * MAX_EVIDENCE) })),
  };
  if (status >= 300 && status < 400) {
    const location = bounded(response.headers.location ?? "");
    return new LatchkeyError(
      "redirect_refused",
      "The token endpoint redirects; token requests never follow.",
      {
        details: { ...details, location },
        fix: "Register the address that the redirect names, if you trust it.",
      },
    );
  }
  const retry_after_s = retryAfter(response);
  const options = retry_after_s === undefined ? { details } : { details, retry_after_s };
  if (status === 429) return new LatchkeyError("jira_rate_limited", undefined, options);
  if (status === 503) return new LatchkeyError("temporarily_unavailable", undefined, options);
  if (status >= 500) return new LatchkeyError("server_error", undefined, options);
  return new LatchkeyError(
    "token_answer_unreadable",
    `The token endpoint answered ${status} with something that is not a token answer.`,
    { details },
  );
}
