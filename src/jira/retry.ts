import { isLatchkeyError, type LatchkeyError } from "../errors.ts";
import type { HttpHeaders } from "../http.ts";

/** What came of a try that brought nothing good: an answer, or none. */
export type Failure =
  | { readonly status: number; readonly headers: HttpHeaders }
  | { readonly thrown: unknown };

/** Codes of a connection that never stood; the same call may find it standing. */
const PASSING_CONNECT = new Set(["connection_refused", "connection_reset", "timed_out", "unreachable"]);
const PASSING_CUT = new Set(["connection_reset", "timed_out"]);
/** A 500 is Jira's own word on this very request and mostly comes again; these are about the moment. */
const PASSING_STATUS = new Set([408, 425, 502, 503, 504]);

/**
 * Whether the failure itself proves that Jira did nothing: nothing was sent, or a limit turned the call away at the
 * door. A 503 proves it only where it names itself a limit; any other may come from behind the work.
 */
export function provenUndone(failure: Failure): boolean {
  if ("thrown" in failure) {
    const error = networkErrorOf(failure.thrown);
    return error !== undefined && error.details.stage === "connect";
  }
  const { status, headers } = failure;
  if (status === 429) return true;
  return (
    status === 503 &&
    (headers["ratelimit-reason"] !== undefined || headers["x-ratelimit-remaining"]?.trim() === "0")
  );
}

/** Whether a later try may fare better. A wrong name, certificate or address stays wrong. */
function mayPass(failure: Failure): boolean {
  if (!("thrown" in failure)) return failure.status === 429 || PASSING_STATUS.has(failure.status);
  const error = networkErrorOf(failure.thrown);
  if (error === undefined) return false;
  const { stage, reason } = error.details;
  if (stage !== "connect") return PASSING_CUT.has(error.code);
  return PASSING_CONNECT.has(error.code) || (error.code === "dns_failed" && reason === "EAI_AGAIN");
}

/**
 * Whether a call may be sent once more. A read always may, where another try can fare better; a write only where
 * it is proven not to have happened. PUT and DELETE count as writes although RFC 9110 calls them idempotent: a
 * second PUT may undo somebody else's change or add a comment twice, and a second DELETE answers 404.
 * @param repeatable sending it twice does no more than sending it once, whatever its method
 */
export function mayRepeat(call: { method: string; repeatable?: boolean }, failure: Failure): boolean {
  if (!mayPass(failure)) return false;
  const harmless = call.repeatable ?? /^(GET|HEAD|OPTIONS)$/.test(call.method);
  return harmless || provenUndone(failure);
}

/** A kept-alive connection that the server closed just then: the next one is as good now as later. */
export function wasCut(failure: Failure): boolean {
  return "thrown" in failure && networkErrorOf(failure.thrown)?.code === "connection_reset";
}

function networkErrorOf(thrown: unknown): LatchkeyError | undefined {
  return isLatchkeyError(thrown) && thrown.origin === "network" ? thrown : undefined;
}
