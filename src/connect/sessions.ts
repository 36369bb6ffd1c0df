/**
 * Connect sessions: an application sends its user here by a link that works once, and takes the result up for the
 * user who is signed in there. Until then the connection is of no use to anybody, so that nobody approves for
 * somebody else's benefit.
 */
import { createHash } from "node:crypto";
import { LatchkeyError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { type ConnectSessionRow, newId } from "../store/index.ts";
import type { SiteRef } from "../vault/index.ts";
import type {
  ConnectSession,
  ConnectSessionInput,
  ConnectSessionParts,
  ConnectSessions,
  ReconnectLinkInput,
  RedeemInput,
} from "./session-contract.ts";
import { checkLink, checkSession, lifetimeOf, scopesOf } from "./session-input.ts";

const SECRET_BYTES = 32;

export function createConnectSessions(parts: ConnectSessionParts): ConnectSessions {
  const { store, now } = parts;
  return {
    create: (input) => create(parts, input),
    reconnectLink: (input) => reconnectLink(parts, input),
    async get(owner, id) {
      const row = await store.connectSessions.get(owner, id);
      if (!row) throw new LatchkeyError("not_found", "There is no connect session with this id.");
      return sessionFrom(row);
    },
    list: async (owner) => (await store.connectSessions.list(owner)).map(sessionFrom),
    redeem: (input) => redeem(parts, input),
    async open(token) {
      const row = await store.connectSessions.openForOperator(hashOf("link", token), now());
      if (!row) throw new LatchkeyError("connect_session_over");
      return sessionFrom(row);
    },
    async findByLink(token) {
      const row = await store.connectSessions.findByToken(hashOf("link", token));
      return row && sessionFrom(row);
    },
    async find(id) {
      const row = await store.connectSessions.findForOperator(id);
      return row && sessionFrom(row);
    },
    async begun({ owner, id, expires_at: link_ends }, dance_ends) {
      const change = { state: "begun" as const, expires_at: Math.max(link_ends, dance_ends) };
      const { connectSessions } = store;
      if (await connectSessions.move(owner, id, "opened", change)) return;
      if (await connectSessions.move(owner, id, "begun", change)) return;
      throw new LatchkeyError("connect_session_over");
    },
    async issue({ owner, id }) {
      const row = await store.connectSessions.get(owner, id);
      if (row?.state !== "waiting") return undefined;
      const result = secretFrom(parts);
      await store.connectSessions.move(owner, id, "waiting", { result_hash: hashOf("result", result) });
      return result;
    },
    async fail({ owner, id }, code) {
      const change = { state: "failed" as const, error: JSON.stringify({ code }), ended_at: now() };
      for (const from of ["begun", "opened"] as const) {
        if (await store.connectSessions.move(owner, id, from, change)) return;
      }
    },
  };
}

async function create(parts: ConnectSessionParts, input: ConnectSessionInput) {
  await checkSession(parts, input);
  return keep(parts, input.owner, input.expires_in_s, {
    user: input.user,
    user_name: input.user_name ?? null,
    application: input.application ?? null,
    return_url: input.return_url,
    site: input.site ?? null,
    flavor: input.flavor ?? null,
    registration_id: input.registration_id ?? null,
    scope: input.scope === undefined ? null : JSON.stringify(input.scope),
    reconnect_id: null,
  });
}

async function reconnectLink(parts: ConnectSessionParts, input: ReconnectLinkInput) {
  const { owner, connection_id } = input;
  const known = await parts.vault.connections.get(owner, connection_id);
  checkLink(parts, input, known);
  const scope = scopesOf(known.flavor, known.scope_asked, input.scope ?? []);
  return keep(parts, owner, input.expires_in_s, {
    user: input.user ?? null,
    user_name: input.user_name ?? null,
    application: null,
    return_url: input.return_url ?? null,
    site: known.site.id,
    flavor: known.flavor,
    registration_id: known.registration_id,
    scope: scope.length === 0 ? null : JSON.stringify(scope),
    reconnect_id: connection_id,
  });
}

type Asked = Pick<
  ConnectSessionRow,
  | "user"
  | "user_name"
  | "application"
  | "return_url"
  | "site"
  | "flavor"
  | "registration_id"
  | "scope"
  | "reconnect_id"
>;

async function keep(
  parts: ConnectSessionParts,
  owner: string,
  expires_in_s: number | undefined,
  asked: Asked,
) {
  const token = secretFrom(parts);
  const at = parts.now();
  const row: ConnectSessionRow = {
    ...asked,
    id: newId("cse", parts.random),
    owner,
    state: "created",
    token_hash: hashOf("link", token),
    result_hash: null,
    connection_id: null,
    family_id: null,
    granted_site: null,
    error: null,
    created_at: at,
    expires_at: at + lifetimeOf(expires_in_s),
    ended_at: null,
  };
  await parts.store.connectSessions.insert(row);
  const url = new Secret(`${parts.public_url.replace(/\/+$/, "")}/connect?session=${token.reveal()}`);
  return { session: sessionFrom(row), url };
}

async function redeem(parts: ConnectSessionParts, input: RedeemInput) {
  const { owner, id, user } = input;
  const result_hash = hashOf("result", new Secret(input.result));
  const connection = await parts.store.transaction(async (tx) => {
    const row = await tx.connectSessions.redeem(owner, id, { result_hash, user, now: parts.now() });
    if (!row?.connection_id) return undefined;
    const connections = parts.vault.connections.within(tx);
    if (row.reconnect_id !== null && row.family_id !== null) {
      const site = JSON.parse(row.granted_site ?? "null") as SiteRef;
      return await connections.reattach(owner, row.reconnect_id, row.family_id, site);
    }
    const taken = await connections.activate(owner, row.connection_id);
    await tx.connectSessions.move(owner, id, "redeemed", { connection_id: taken.id });
    return taken;
  });
  if (!connection) throw await refusal(parts, input);
  const { reconnect_id, created_at } = (await parts.store.connectSessions.get(owner, id)) ?? {};
  const reconnected = reconnect_id != null || connection.created_at < (created_at ?? 0);
  return { connection, reconnected };
}

/** Why it was refused, told to whoever holds a handle of this owner. */
async function refusal(parts: ConnectSessionParts, { owner, id, user }: RedeemInput): Promise<LatchkeyError> {
  const row = await parts.store.connectSessions.get(owner, id);
  if (!row) return new LatchkeyError("not_found", "There is no connect session with this id.");
  const ended = row.state === "redeemed" || row.state === "failed" || row.state === "expired";
  if (ended || row.expires_at <= parts.now()) return new LatchkeyError("connect_session_over");
  if (row.state !== "waiting") {
    return new LatchkeyError("connect_result_refused", "The person has not come back from Jira yet.");
  }
  if (row.user !== user) parts.log.warn("connect_session_user_differs", { connect_session_id: id });
  return new LatchkeyError("connect_result_refused");
}

function secretFrom({ random }: ConnectSessionParts): Secret {
  return new Secret(Buffer.from(random(SECRET_BYTES)).toString("base64url"));
}

function hashOf(what: "link" | "result", secret: Secret): string {
  return createHash("sha256").update(`latchkey connect ${what}\0`).update(secret.reveal()).digest("hex");
}

export function sessionFrom(row: ConnectSessionRow): ConnectSession {
  const { id, owner, state, created_at, expires_at } = row;
  const { user, user_name, application, return_url, site, flavor, registration_id, reconnect_id } = row;
  const shown = { user, user_name, application, return_url, site, flavor, registration_id, reconnect_id };
  return {
    ...{ id, owner, state, created_at, expires_at },
    ...present(shown),
    ...(row.scope !== null && { scope: JSON.parse(row.scope) as string[] }),
    ...(state === "redeemed" && row.connection_id !== null && { connection_id: row.connection_id }),
    ...(row.error !== null && { error: JSON.parse(row.error) as { code: string; where?: string } }),
    ...(row.ended_at !== null && { ended_at: row.ended_at }),
  };
}

function present<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
