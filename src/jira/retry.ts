import { isLatchkeyError } from "../errors.ts";

/**
 * Whether a failed exchange may be sent once more. Reading again is harmless, so GET and HEAD are, where the
 * connection was cut: mostly a kept-alive connection that the server had just closed. A write is never sent again,
 * since nobody can know whether it happened.
 */
export function mayRepeat(method: string, thrown: unknown): boolean {
  return (
    (method === "GET" || method === "HEAD") && isLatchkeyError(thrown) && thrown.code === "connection_reset"
  );
}
