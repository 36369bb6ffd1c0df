/**
 * The process that is attacked: Latchkey as `latchkey serve` runs it, with the embedded database on disk, a Jira that
 * is one origin elsewhere, and a handle for each kind of limit. It is told that origin, and answers what it holds.
 */
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compose, gatewayPartsOf } from "../../src/compose.ts";
import { loadConfig } from "../../src/config/index.ts";
import { answerUnreadable, createGateway, LISTENING } from "../../src/gateway/index.ts";
import type { HandleLimitsInput } from "../../src/handles/index.ts";
import { Secret } from "../../src/secret.ts";
import type { Connection } from "../../src/vault/index.ts";

/** What an attacker has: addresses, and keys that are too narrow for what is tried with them. */
export type Target = {
  readonly port: number;
  readonly connection: string;
  /** Of another owner. */
  readonly foreign: string;
  readonly keys: {
    readonly raw: string;
    readonly narrow: string;
    readonly projects: string;
    readonly policy: string;
    readonly psoxy: string;
    readonly reads: string;
    readonly manages: string;
    readonly revoked: string;
    readonly expired: string;
  };
};

/** What the process holds, for comparing before and after. */
export type Holding = {
  readonly heap_mb: number;
  readonly rss_mb: number;
  /** Everything that a call could have made or changed. */
  readonly rows: Readonly<Record<string, number>>;
  /** Entries of the log of use. */
  readonly log_rows: number;
};

const OWNER = "local";
const EVERYTHING: HandleLimitsInput = {
  methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
  path_prefixes: ["/"],
  policy: "raw",
};

const { upstream, token } = JSON.parse(process.argv[2] ?? "{}") as { upstream: string; token: string };
const examples = join(import.meta.dirname, "../../examples");
const home = mkdtempSync(join(tmpdir(), "latchkey-bad-requests-"));
const away = openSync("/dev/null", "w");
furnish();
const parts = await compose(loadConfig({ env: { LATCHKEY_HOME: home }, flags: {} }), {
  write: (line) => void writeSync(away, line),
});
await parts.vault.registrations.add({
  id: "acme",
  flavor: "cloud",
  client_id: "acme",
  client_secret: new Secret(randomBytes(16).toString("hex")),
  redirect_uri: "http://localhost:8080/callback/acme",
  scope: ["read:jira-work"],
  auth_url: upstream,
  api_url: upstream,
  allowance: true,
});
const own = await connected(OWNER);
const foreign = await connected("somebody-else");
const gateway = createGateway(gatewayPartsOf(parts));
const server = createServer(LISTENING, gateway.listener).on("clientError", answerUnreadable);
server.listen(0, "127.0.0.1", async () => {
  const keys = await allKeys();
  const { port } = server.address() as AddressInfo;
  process.send?.({ port, connection: own.id, foreign: foreign.id, keys } satisfies Target);
});
process.on("message", async () => process.send?.(await holding()));
process.on("disconnect", () => {
  rmSync(home, { recursive: true, force: true });
  process.exit(0);
});

function furnish(): void {
  for (const folder of ["policies", "psoxy", "psoxy/rules"]) mkdirSync(join(home, folder));
  const copies = [
    ["policies/analyst-cloud.yaml", "policies/analyst.yaml"],
    ["psoxy/jira.yaml", "psoxy/jira.yaml"],
    ["psoxy/rules/jira-cloud.yaml", "psoxy/rules/jira-cloud.yaml"],
  ] as const;
  for (const [from, to] of copies) copyFileSync(join(examples, from), join(home, to));
  for (const secret of ["salt", "encryption-key"])
    writeFileSync(join(home, "psoxy", secret), randomBytes(16).toString("hex"), { mode: 0o600 });
}

async function connected(owner: string): Promise<Connection> {
  const family = await parts.vault.families.create({
    owner,
    registration_id: "acme",
    scope_asked: [],
    tokens: {
      access_token: new Secret(token),
      token_type: "Bearer",
      scope: ["read:jira-work"],
      expires_at: Date.now() + 36_000_000,
    },
    account: { account_id: owner, display_name: owner },
    consented_at: Date.now(),
  });
  const site = { id: "acme", url: upstream, name: "acme", api_base_url: `${upstream}/ex/jira/acme` };
  return await parts.vault.connections.create({
    owner,
    family_id: family.id,
    site: { ...site, deployment: "cloud" },
  });
}

async function allKeys(): Promise<Target["keys"]> {
  const make = async (limits: HandleLimitsInput, expires_at?: number) =>
    await parts.handles.create({
      owner: OWNER,
      name: "attacked",
      connection_ids: [own.id],
      limits,
      ...(expires_at === undefined ? {} : { expires_at }),
    });
  const key = async (limits: HandleLimitsInput) => (await make(limits)).key.reveal();
  const revoked = await make(EVERYTHING);
  await parts.handles.revoke(OWNER, revoked.handle.id);
  const expired = await make(EVERYTHING, Date.now() + 50);
  await new Promise((done) => setTimeout(done, 60));
  return {
    raw: await key(EVERYTHING),
    narrow: await key({ methods: ["GET"], path_prefixes: ["/rest/api/3/issue"], policy: "raw" }),
    projects: await key({ ...EVERYTHING, projects: ["JJ"] }),
    policy: await key({ ...EVERYTHING, policy: "analyst" }),
    psoxy: await key({ ...EVERYTHING, policy: "psoxy:jira" }),
    reads: await key({ api: "read" }),
    manages: await key({ api: "manage" }),
    revoked: revoked.key.reveal(),
    expired: expired.key.reveal(),
  };
}

const TABLES = [
  "connections",
  "registrations",
  "families",
  "handles",
  "webhook_endpoints",
  "connect_sessions",
];

async function holding(): Promise<Holding> {
  await parts.uses.flush();
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const count = async (table: string) => {
    const all = parts.store.kysely.selectFrom(table as "handles");
    const { n } = await all.select((one) => one.fn.countAll<number>().as("n")).executeTakeFirstOrThrow();
    return Number(n);
  };
  const rows: Record<string, number> = {};
  for (const table of TABLES) rows[table] = await count(table);
  return {
    heap_mb: Math.round(heapUsed / 1e6),
    rss_mb: Math.round(rss / 1e6),
    rows,
    log_rows: await count("uses"),
  };
}
