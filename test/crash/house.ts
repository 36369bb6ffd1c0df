/** A sandbox Jira whose tokens live one second, a store, and connections in it. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "../../src/log.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { Secret } from "../../src/secret.ts";
import { openStore, type Store } from "../../src/store/index.ts";
import { createTransport } from "../../src/transport.ts";
import {
  type Connection,
  type Limits,
  loadKeyring,
  newKeyText,
  openVault,
  type Vault,
} from "../../src/vault/index.ts";

export const OWNER = "crash-suite";
/** Short, so that a run sees many of them end; still longer than an exchange takes on a busy machine. */
export const LIMITS = { lease_ms: 3_000, exchange_ms: 2_500 } as const;
const ACCESS_TTL_S = "1";

export type Flavor = "cloud" | "datacenter-oauth2";

const CLIENTS = {
  cloud: {
    id: "cloud",
    client_id: "sandbox-cloud-app",
    client_secret: "sandbox-cloud-secret",
    redirect_uri: "http://localhost:8080/callback/sandbox-cloud",
    scope: ["read:jira-user", "read:jira-work", "offline_access"],
    token_path: "/oauth/token",
  },
  "datacenter-oauth2": {
    id: "dc",
    client_id: "sandbox-dc-app",
    client_secret: "sandbox-dc-secret",
    redirect_uri: "http://localhost:8080/callback/sandbox-dc2",
    scope: ["WRITE"],
    token_path: "/jira/rest/oauth2/latest/token",
  },
} as const;

export type HouseOptions = {
  readonly flavor: Flavor;
  readonly connections: number;
  /** Default: a SQLite file in the house's directory. */
  readonly database_url?: string;
  readonly switches?: Readonly<Record<string, string>>;
  /** Whether the sandbox's tokens can be asked for afterwards; default true. It costs time where there are many. */
  readonly remembers?: boolean;
  /** Of the house's own vault; default those of the suite. */
  readonly limits?: Limits;
  /** How long the token endpoint takes. */
  readonly delay_ms?: number;
};

export type Pair = {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
};

export type House = {
  readonly directory: string;
  readonly database_url: string;
  readonly key_file: string;
  readonly flavor: Flavor;
  readonly sandbox: RunningSandbox;
  readonly token_path: string;
  readonly allow: readonly { readonly origin: string; readonly base_path: string }[];
  readonly probe_url: string;
  readonly store: Store;
  readonly vault: Vault;
  /** One more consent, and a connection on it. */
  connect(): Promise<Connection>;
  /** The tokens of one more consent. */
  consent(): Promise<Pair>;
  /** Every token the sandbox has ever given out and still remembers. */
  tokens(): string[];
  /** How many refreshes the sandbox was asked for until now. */
  exchanges(): { readonly asked: number; readonly lost: number; readonly refused: number };
  close(): Promise<void>;
};

export async function openHouse(options: HouseOptions): Promise<House> {
  const directory = mkdtempSync(join(tmpdir(), "latchkey-crash-"));
  const state = join(directory, "sandbox.json");
  const sandbox = await startSandbox({
    autoApprove: "alana@acme",
    ...(options.remembers !== false && { state }),
    switches: { access_ttl_s: ACCESS_TTL_S, ...options.switches },
  });
  const { cloudUrl, dataCenterUrl } = sandbox;
  const cloud = options.flavor === "cloud";
  const client = CLIENTS[options.flavor];
  const base = new URL(cloud ? cloudUrl : dataCenterUrl);
  const allow = [{ origin: base.origin, base_path: base.pathname }];
  const key_file = join(directory, "key");
  const random = (bytes: number) => new Uint8Array(randomBytes(bytes));
  const key = newKeyText(random);
  writeFileSync(key_file, key.reveal(), { mode: 0o600 });
  const database_url = options.database_url ?? `sqlite:${join(directory, "latchkey.db")}`;
  const log = createLog({ write: () => {} });
  const now = Date.now;
  const store = await openStore({ url: database_url, now });
  const transport = createTransport({ allowances: () => allow, log });
  const keyring = await loadKeyring({ current: key });
  const vault = await openVault({
    store,
    keyring,
    transport,
    now,
    random,
    log,
    limits: options.limits ?? LIMITS,
  });
  const { client_id, redirect_uri, scope } = client;
  await vault.registrations.add({
    id: client.id,
    flavor: options.flavor,
    client_id,
    redirect_uri,
    scope,
    client_secret: new Secret(client.client_secret),
    ...(cloud ? { auth_url: cloudUrl, api_url: cloudUrl } : { site_base_url: dataCenterUrl }),
  });
  const { asks, exchanges } = counter(sandbox, client.token_path);
  const house: House = {
    directory,
    database_url,
    key_file,
    flavor: options.flavor,
    sandbox,
    token_path: client.token_path,
    allow,
    probe_url: cloud ? `${cloudUrl}/oauth/token/accessible-resources` : `${dataCenterUrl}/rest/api/2/myself`,
    store,
    vault,
    connect: () => connect(house, client, base.href.replace(/\/$/, "")),
    consent: () => consent(house, client, base.href.replace(/\/$/, "")),
    tokens: () => tokensOf(state),
    exchanges,
    async close() {
      clearInterval(asks);
      await transport.close();
      await vault.close();
      await store.close();
      await sandbox.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  for (let n = 0; n < options.connections; n++) await house.connect();
  exchanges();
  if (options.delay_ms) {
    sandbox.control.faults({ match: { path: client.token_path }, delay_ms: options.delay_ms });
  }
  return house;
}

async function consent(house: House, client: (typeof CLIENTS)[Flavor], base: string): Promise<Pair> {
  const { redirect_uri, client_id, client_secret, scope } = client;
  const cloud = house.flavor === "cloud";
  const authorize = `${base}${cloud ? "/authorize" : "/rest/oauth2/latest/authorize"}`;
  const query = new URLSearchParams({
    ...(cloud && { audience: "api.atlassian.com", prompt: "consent" }),
    client_id,
    redirect_uri,
    scope: scope.join(" "),
    state: "s",
    response_type: "code",
  });
  const approved = await fetch(`${authorize}?${query}`, { redirect: "manual" });
  await approved.arrayBuffer();
  const code = new URL(approved.headers.get("location") ?? "").searchParams.get("code") ?? "";
  const grant = { grant_type: "authorization_code", client_id, client_secret, redirect_uri, code };
  const answer = await fetch(`${new URL(base).origin}${client.token_path}`, {
    method: "POST",
    body: new URLSearchParams(grant),
  });
  const pair = (await answer.json()) as Pair;
  if (!pair.access_token || !pair.refresh_token) throw new Error(`no tokens: ${answer.status}`);
  return pair;
}

async function connect(house: House, client: (typeof CLIENTS)[Flavor], base: string): Promise<Connection> {
  const { redirect_uri, scope, id } = client;
  const cloud = house.flavor === "cloud";
  const { access_token, refresh_token, expires_in } = await consent(house, client, base);
  const at = Date.now();
  const family = await house.vault.families.create({
    owner: OWNER,
    registration_id: id,
    scope_asked: scope,
    tokens: {
      access_token: new Secret(access_token),
      refresh_token: new Secret(refresh_token),
      token_type: "Bearer",
      expires_at: at + expires_in * 1000,
      scope,
    },
    consented_at: at,
    redirect_uri,
  });
  const site = {
    id: base,
    url: base,
    name: "acme",
    api_base_url: base,
    deployment: cloud ? ("cloud" as const) : ("datacenter" as const),
  };
  return await house.vault.connections.create({ owner: OWNER, family_id: family.id, site });
}

/** The request log holds the last two thousand only: it is read often enough to miss none. */
function counter(sandbox: RunningSandbox, path: string) {
  const seen = new Set<number>();
  const counts = { asked: 0, lost: 0, refused: 0 };
  const read = () => {
    for (const request of sandbox.control.requests()) {
      if (request.path !== path || seen.has(request.id)) continue;
      seen.add(request.id);
      counts.asked++;
      if (request.outcome === "lose_answer") counts.lost++;
      else if (request.status !== 200) counts.refused++;
    }
    return { ...counts };
  };
  const asks = setInterval(read, 300);
  // The exchanges of the dances themselves do not count: the first reading after them is the zero.
  let zero: typeof counts | undefined;
  return {
    asks,
    exchanges: () => {
      const total = read();
      zero ??= total;
      const { asked, lost, refused } = zero;
      return { asked: total.asked - asked, lost: total.lost - lost, refused: total.refused - refused };
    },
  };
}

function tokensOf(state_file: string): string[] {
  const { auth } = JSON.parse(readFileSync(state_file, "utf8"));
  const grants = Object.values(auth.datacenter.grants) as { access_token?: string; refresh_token?: string }[];
  return [
    ...Object.keys(auth.cloud.refresh),
    ...Object.keys(auth.cloud.access),
    ...grants.flatMap(({ access_token, refresh_token }) => [access_token ?? "", refresh_token ?? ""]),
  ].filter((token) => token !== "");
}
