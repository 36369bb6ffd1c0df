/**
 * Latchkey inside an Express application.
 *
 * ```ts
 * app.use("/latchkey", expressHandler(latchkey)); // before any body parser
 * ```
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Latchkey } from "../index.ts";

/** The part of Express that is needed; also fits Connect and plain node:http. */
export type Mounted = IncomingMessage & { originalUrl?: string };

/**
 * Mounts the pages, the API and the proxy of a {@link Latchkey} below a path. `publicUrl` of `createLatchkey`
 * must be the same address, path included. Mount it before body parsers: the proxy passes bodies on as they come.
 */
export function expressHandler(
  latchkey: Pick<Latchkey, "listener">,
): (request: Mounted, response: ServerResponse) => void {
  return (request, response) => {
    // Express cuts the mount path off `url`; the gateway knows itself by its whole address.
    if (request.originalUrl !== undefined) request.url = request.originalUrl;
    latchkey.listener(request, response);
  };
}
