/** Everything that can be refused without reading the body or opening the vault. */
import { LatchkeyError } from "../../errors.ts";
import type { HandleView } from "../../handles/index.ts";
import type { HttpRequest } from "../../http.ts";
import { refusePath, refuseQuery, requestHeaders } from "../../policy/index.ts";
import type { Credential } from "../../protocol/index.ts";
import type { OpenAnswer } from "../../transport.ts";
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
  /** Where Jira has been asked already. */
  readonly begun?: Begun;
};

/** A call that was sent before it came to be looked at more closely. */
export type Begun = {
  /** Milliseconds since the epoch. */
  readonly began: number;
  readonly credential: Credential;
  readonly sent: HttpRequest;
  readonly answer: Promise<OpenAnswer>;
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
  const checked = check(parts, incoming, handle, known);
  const connection = await parts.vault.connections.get(handle.owner, incoming.connection_id);
  parts.handles.permitSite(handle, connection.site);
  return { ...checked, connection };
}

/** The same where nothing has to be read for it; else `undefined`. */
export function admitAtOnce(parts: GatewayParts, incoming: Incoming): Admitted | undefined {
  const handle = parts.handles.verifyAtOnce(keyOf(incoming.headers));
  // Counting a call that may still go the long way would count it twice.
  if (!handle || handle.limits.rate) return undefined;
  const connection = parts.vault.connections.getAtOnce(handle.owner, incoming.connection_id);
  if (!connection) return undefined;
  const { path, query, headers } = check(parts, incoming, handle, {});
  parts.handles.permitSite(handle, connection.site);
  return { handle, connection, path, query, headers };
}

function check(
  parts: GatewayParts,
  incoming: Incoming,
  handle: HandleView,
  known: Known,
): Omit<Admitted, "connection"> {
  const { method, connection_id, query } = incoming;
  if (!METHODS.includes(method)) {
    throw new LatchkeyError("method_not_allowed", undefined, { details: { allow: METHODS.join(", ") } });
  }
  const path = pathOf(incoming.path);
  known.path = path;
  if (query !== "") refuseQuery(query);
  const headers = requestHeaders(incoming.headers);
  parts.handles.permit(handle, { connection_id, method, path });
  return { handle, path, query, headers };
}

/** What was found of the paths that are asked for again and again; a refusal is found anew each time. */
const paths = new Map<string, string>();
const MOST_PATHS = 1_000;
const LONG_PATH = 200;

function pathOf(raw: string): string {
  const known = paths.get(raw);
  if (known !== undefined) return known;
  const path = refusePath(raw);
  if (raw.length > LONG_PATH) return path;
  if (paths.size >= MOST_PATHS) paths.clear();
  paths.set(raw, path);
  return path;
}

/** The site's base, without a slash at its end. */
export function baseOf({ site }: Connection): string {
  const { api_base_url } = site;
  return api_base_url.endsWith("/") ? api_base_url.replace(/\/+$/, "") : api_base_url;
}

export function outgoing(
  connection: Connection,
  path: string,
  query: string,
  headers: Outgoing["headers"],
): Outgoing {
  return { url: `${baseOf(connection)}${path}${query === "" ? "" : `?${query}`}`, query, headers };
}
