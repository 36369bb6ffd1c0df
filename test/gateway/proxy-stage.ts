/**
 * The proxy between real servers: both skins listening on loopback, a sandbox Jira behind them, and small upstream
 * servers that behave as no Jira should.
 */
import { randomBytes } from "node:crypto";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createConnect } from "../../src/connect/index.ts";
import { createGateway, type Gateway, type GatewayParts } from "../../src/gateway/index.ts";
import {
  createHandles,
  createPolicies,
  createProjects,
  createUseLog,
  type HandleLimits,
  type HandleLimitsInput,
  type Handles,
  type NamedPolicy,
} from "../../src/handles/index.ts";
import { createJira } from "../../src/jira/index.ts";
import type { Flavor } from "../../src/protocol/index.ts";
import { Secret } from "../../src/secret.ts";
import type { Connection } from "../../src/vault/index.ts";
import {
  answerOf,
  decide,
  type Hall,
  newBinding,
  openHall,
  personsBrowser,
  register,
  registrationInput,
} from "../connect/hall.ts";
import { onWeb } from "./web-adapter.ts";

export const OWNER = "local";
export const FLAVORS: readonly Flavor[] = ["cloud", "datacenter-oauth2", "datacenter-oauth1"];
/** `node`: the fast path on node:http. `web`: the fetch handler, behind an adapter as frameworks have it. */
export const SKINS = ["node", "web"] as const;
export type Skin = (typeof SKINS)[number];

export type Upstream = {
  /** Base URL, with a context path. */
  readonly url: string;
  readonly connection: Connection;
  /** What it does with everything but the token endpoint. */
  handle: RequestListener;
  /** How often a token was renewed at it. */
  readonly renewals: () => number;
};

export type Stage = {
  readonly hall: Hall;
  readonly handles: Handles;
  readonly gateway: Gateway;
  readonly skins: Readonly<Record<Skin, string>>;
  /** Dances with the sandbox as alana. */
  connect(flavor: Flavor, owner?: string): Promise<Connection>;
  /** A Data Center that is one function. */
  upstream(handle: RequestListener): Promise<Upstream>;
  /** A key for these connections; raw and with every method unless limited. */
  key(connections: readonly Connection[], limits?: HandleLimitsInput, owner?: string): Promise<string>;
  close(): Promise<void>;
};

export const EVERYTHING: HandleLimits = {
  methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
  path_prefixes: ["/"],
  policy: "raw",
};

export async function openStage(
  more: Partial<GatewayParts> = {},
  named: readonly NamedPolicy[] = [],
): Promise<Stage> {
  const hall = await openHall();
  const servers: Server[] = [];
  const ready: { gateway?: Gateway } = {};
  const serve = async (listener: RequestListener) => {
    const server = createServer(listener);
    servers.push(server);
    return `http://localhost:${await listen(server)}`;
  };
  const node = await serve((request, response) => ready.gateway!.listener(request, response));
  const web = await serve((request, response) => void onWeb(ready.gateway!, request, response));
  const uses = createUseLog({ ...hall, random: randomBytes });
  const reader = ({ owner, id }: Connection) => jiraFor(hall, owner, id);
  const policies = createPolicies({ ...hall, random: randomBytes, named, reader });
  const projects = createProjects({ reader, now: hall.now });
  const handles = createHandles({
    store: hall.store,
    now: hall.now,
    random: randomBytes,
    uses,
    policies,
    projects: {
      find: async (owner, id, key) => projects.find(await hall.vault.connections.get(owner, id), key),
    },
  });
  ready.gateway = createGateway({
    ...hall,
    connect: createConnect({ ...hall, random: randomBytes }),
    handles,
    policies,
    projects,
    random: randomBytes,
    public_url: node,
    jiraFor: (owner, id) => jiraFor(hall, owner, id),
    ...more,
  });
  const { gateway } = ready;
  return {
    hall,
    handles,
    gateway,
    skins: { node, web },
    connect: (flavor, owner = OWNER) => connect(hall, flavor, owner),
    upstream: (handle) => openUpstream(hall, serve, handle),
    async key(connections, limits = EVERYTHING, owner = OWNER) {
      const connection_ids = connections.map(({ id }) => id);
      const made = await handles.create({ owner, name: "a test", connection_ids, limits });
      return made.key.reveal();
    },
    async close() {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
      await uses.close();
      await hall.close();
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

async function jiraFor(hall: Hall, owner: string, id: string) {
  const connection = await hall.vault.connections.get(owner, id);
  return createJira({
    flavor: connection.flavor,
    api_base_url: connection.site.api_base_url,
    site_url: connection.site.url,
    credentials: {
      current: () => hall.vault.credentialFor(owner, id),
      rejected: (token) => hall.vault.rejected(owner, id, token),
    },
    transport: hall.transport,
    now: hall.now,
    random: randomBytes,
  });
}

async function connect(hall: Hall, flavor: Flavor, owner: string): Promise<Connection> {
  const { id: registration_id } = registrationInput(hall, flavor);
  if (!(await hall.vault.registrations.find(registration_id))) await register(hall, flavor);
  const binding = newBinding();
  const begun = await hall.connect.begin({ owner, registration_id, binding });
  const page = await decide(personsBrowser(), begun.authorize_url);
  const done = await hall.connect.complete({ registration_id, params: answerOf(page), binding });
  if (done.kind !== "connected") throw new Error(`The dance ended with ${done.kind}.`);
  return done.connection;
}

async function openUpstream(
  hall: Hall,
  serve: (listener: RequestListener) => Promise<string>,
  handle: RequestListener,
): Promise<Upstream> {
  let renewals = 0;
  const ready: { upstream?: { handle: RequestListener } } = {};
  const origin = await serve((request, response) => {
    if (request.url !== "/jira/rest/oauth2/latest/token") return ready.upstream!.handle(request, response);
    renewals++;
    const pair = { access_token: `renewed-access-${renewals}`, refresh_token: `renewed-refresh-${renewals}` };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ ...pair, token_type: "bearer", expires_in: 7200, scope: "WRITE" }));
  });
  const url = `${origin}/jira`;
  hall.allow(url);
  const id = `up-${new URL(origin).port}`;
  await register(hall, "datacenter-oauth2", { id, site_base_url: url });
  const { vault, now } = hall;
  const tokens = {
    access_token: new Secret("first-access-token"),
    refresh_token: new Secret("first-refresh-token"),
    token_type: "Bearer",
    expires_at: now() + 7_200_000,
    scope: ["WRITE"],
  };
  const family = await vault.families.create({
    owner: OWNER,
    registration_id: id,
    scope_asked: ["WRITE"],
    tokens,
    consented_at: now(),
  });
  const site = { id: url, url, name: id, api_base_url: url, deployment: "datacenter" as const };
  const connection = await vault.connections.create({ owner: OWNER, family_id: family.id, site });
  const upstream = { url, connection, handle, renewals: () => renewals };
  ready.upstream = upstream;
  return upstream;
}
