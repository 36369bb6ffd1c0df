/** Everything that can be refused without reading the body or opening the vault. */
import { LatchkeyError } from "../../errors.ts";
import type { HandleView } from "../../handles/index.ts";
import { refusePath, refuseQuery, requestHeaders } from "../../policy/index.ts";
import type { Connection } from "../../vault/index.ts";
import type { GatewayParts } from "../parts.ts";
import { type Incoming, keyOf } from "./incoming.ts";
import type { Known } from "./refused.ts";

export type Admitted = {
  readonly handle: HandleView;
  readonly connection: Connection;
  /** Below the site's base, as it was checked. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly headers: Record<string, string>;
};

/** A call as it is sent. */
export type Outgoing = {
  readonly url: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
};

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** @param known takes what was proven, also where the call is refused then */
export async function admit(parts: GatewayParts, incoming: Incoming, known: Known): Promise<Admitted> {
  const handle = await parts.handles.verify(keyOf(incoming.headers));
  known.handle = handle;
  if (!METHODS.includes(incoming.method)) {
    throw new LatchkeyError("method_not_allowed", undefined, { details: { allow: METHODS.join(", ") } });
  }
  const path = refusePath(incoming.path);
  known.path = path;
  refuseQuery(incoming.query);
  const headers = requestHeaders(incoming.headers);
  parts.handles.permit(handle, { connection_id: incoming.connection_id, method: incoming.method, path });
  const connection = await parts.vault.connections.get(handle.owner, incoming.connection_id);
  parts.handles.permitSite(handle, connection.site);
  return { handle, connection, path, query: incoming.query, headers };
}

export function outgoing(
  connection: Connection,
  path: string,
  query: string,
  headers: Outgoing["headers"],
): Outgoing {
  const base = connection.site.api_base_url.replace(/\/+$/, "");
  return { url: `${base}${path}${query === "" ? "" : `?${query}`}`, query, headers };
}
