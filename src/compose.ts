import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Config, databaseUrl, reachFor, vaultKey } from "./config/index.ts";
import { type Connect, type ConnectSessions, createConnect, createConnectSessions } from "./connect/index.ts";
import { createDoctor, type Doctor } from "./doctor/index.ts";
import { createWebhooks, type Webhooks } from "./events/index.ts";
import { createExports, type Exports } from "./export/index.ts";
import type { GatewayParts } from "./gateway/index.ts";
import { createPsoxyInstances, type PsoxyInstances, withInstances } from "./gateway/psoxy/instances.ts";
import {
  createHandles,
  createPolicies,
  createProjects,
  createUseLog,
  type Handles,
  type NamedPolicy,
  type Policies,
  type Projects,
  type UseLog,
} from "./handles/index.ts";
import {
  createGovernor,
  createJira,
  createRetryBudget,
  type GaugePort,
  type Governor,
  type Jira,
  type Priority,
  type Quota,
  type RetryBudget,
} from "./jira/index.ts";
import { createJobs, type Jobs } from "./jobs/index.ts";
import { createLog, type Log } from "./log.ts";
import { createPush, type Push } from "./push/index.ts";
import { createRecorder, type Recorder } from "./recorder/index.ts";
import { openStore, type Store } from "./store/index.ts";
import { createTransport, type Transport } from "./transport.ts";
import { loadKeyring, newKeyText, openVault, publish, type Vault } from "./vault/index.ts";
import { createFollowing, type Following } from "./webhooks/index.ts";
import { allowancesOf, remembered } from "./wiring/allowances.ts";

/** The running parts of Latchkey, wired together once. */
export type Parts = {
  readonly config: Config;
  readonly log: Log;
  readonly store: Store;
  readonly transport: Transport;
  readonly vault: Vault;
  readonly connect: Connect;
  /** Links by which an application sends its users to connect. */
  readonly connectSessions: ConnectSessions;
  /** Who is told of events. */
  readonly webhooks: Webhooks;
  /** What is wrong, why, and the next step. */
  readonly doctor: Doctor;
  readonly handles: Handles;
  /** The log of what was asked through handles. */
  readonly uses: UseLog;
  readonly policies: Policies;
  readonly psoxy: PsoxyInstances;
  readonly projects: Projects;
  /** Ideas into Jira, and what became of them. */
  readonly push: Push;
  /** How changes in Jira become known. */
  readonly following: Following;
  /** Exports as jobs. */
  readonly exports: Exports;
  /** Keep-alive, warnings and the like; they run once they are started. */
  readonly jobs: Jobs;
  /** Lets calls go as Jira's limits allow. */
  readonly governor: Governor;
  /** Calls that failed, and the last trouble. */
  readonly recorder: Recorder;
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  /** The key file was made at this start: worth a word to the operator. */
  readonly made_key: boolean;
  /** The authenticated client of one connection of one owner. `priority`: default `interactive`. */
  jiraFor(owner: string, connection_id: string, options?: { readonly priority?: Priority }): Promise<Jira>;
  close(): Promise<void>;
};

export type ComposeOptions = {
  /** Where log lines go. Default: nowhere, for commands that speak themselves. */
  readonly write?: (line: string) => void;
  readonly now?: () => number;
  readonly random?: (bytes: number) => Uint8Array;
  /** Policies beside those of the directory; one of the same name takes its place. */
  readonly policies?: readonly NamedPolicy[];
};

/** The composition root: the only place that knows every room. */
export async function compose(config: Config, options: ComposeOptions = {}): Promise<Parts> {
  const now = options.now ?? Date.now;
  const random = options.random ?? randomBytes;
  const log = createLog({ write: options.write ?? (() => {}), level: config.log_level });
  const { key, made } = vaultKey(config, () => newKeyText(random).reveal());
  const keyring = await loadKeyring({ current: key, older: config.old_keys });
  const store = await openStore({ url: databaseUrl(config), now });
  try {
    // The transport asks the vault which private addresses an operator has allowed; the vault sends through it.
    const allowed: { vault?: Vault } = {};
    const allowances = remembered(store, () => allowancesOf(allowed.vault));
    const transport = createTransport({
      allowances,
      reach: (url) => reachFor(config.reach, url),
      log,
    });
    const vault = await openVault({ store, keyring, transport, now, random, log });
    allowed.vault = vault;
    const callbackUrl = (registration_id: string) => `${config.public_url}/callback/${registration_id}`;
    const rooms: { following?: Following } = {};
    const connect = createConnect({
      vault,
      store,
      transport,
      now,
      random,
      log,
      application: config.application,
      callbackUrl,
      parting: async (owner, id) => await rooms.following?.end(owner, id),
    });
    const governor = createGovernor({ now, random, log, gauges: gaugesOf(store, now) });
    const recorder = createRecorder({ store, vault, log, now, random });
    const core = { vault, transport, now, random, log, governor, recorder, budget: createRetryBudget() };
    // A look from time to time is no use of the connection.
    const aside = { touch: () => {} };
    const policies = createPolicies({
      ...core,
      store,
      named: namedPolicies(config, options),
      reader: (connection) => jiraFor(core, connection.owner, connection.id, aside),
    });
    const uses = createUseLog({ store, vault, log, now, random });
    const projects = createProjects({
      reader: (connection) => jiraFor(core, connection.owner, connection.id),
      now,
    });
    const found = {
      find: async (owner: string, id: string, key: string) =>
        projects.find(await vault.connections.get(owner, id), key),
    };
    const psoxy = createPsoxyInstances(config.psoxy_instances);
    const known = withInstances(policies, psoxy);
    const handles = createHandles({ store, now, random, uses, policies: known, projects: found });
    const push = createPush({
      ...core,
      store,
      publish,
      application: config.application,
      limits: { index_lag_ms: config.push_index_lag_s * 1_000 },
      jiraFor: (owner, connection_id, wish) => jiraFor(core, owner, connection_id, wish),
    });
    const following = createFollowing({
      ...core,
      store,
      links: push.links,
      public_url: config.public_url,
      jiraFor: (owner, connection_id) => jiraFor(core, owner, connection_id, { ...aside, priority: "bulk" }),
    });
    rooms.following = following;
    const exports = createExports({
      ...core,
      store,
      policies,
      folder: join(config.home, "exports"),
      jiraFor: (owner, connection_id) => jiraFor(core, owner, connection_id, { priority: "bulk" }),
    });
    const jobs = createJobs({
      ...core,
      store,
      following,
      exports,
      connect,
      uses,
      jiraFor: (owner, connection_id) => jiraFor(core, owner, connection_id, { ...aside, priority: "bulk" }),
      database_url: databaseUrl(config),
    });
    return {
      config,
      log,
      store,
      transport,
      vault,
      connect,
      connectSessions: createConnectSessions({ ...core, store, ...returnsOf(config) }),
      webhooks: createWebhooks({ ...core, store }),
      doctor: createDoctor({
        ...core,
        check: (registration_id) => connect.check({ registration_id }),
        discover: connect.discover,
        latest: recorder.latestTrouble,
        callbackUrl,
      }),
      handles,
      uses,
      policies,
      psoxy,
      projects,
      ...{ push, following, exports, jobs, governor, recorder },
      now,
      random,
      made_key: made,
      jiraFor: (owner, connection_id, options) => jiraFor(core, owner, connection_id, options),
      close: async () => {
        await exports.close();
        await Promise.all([jobs.close(), transport.close()]);
        await governor.close();
        await uses.close();
        await recorder.close();
        await vault.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

function namedPolicies(config: Config, { policies = [] }: ComposeOptions): NamedPolicy[] {
  const given = new Set(policies.map(({ name }) => name));
  return [...config.policy_files.filter(({ name }) => !given.has(name)), ...policies];
}

/** What replicas tell each other about limits goes through the database. */
export function gaugesOf({ gauges }: Store, now: () => number): GaugePort {
  return {
    async read() {
      const rows = await gauges.openForOperator(now());
      return rows.map(({ bucket, kind, until_at, reason, quotas }) => ({
        ...{ bucket, kind, until: until_at, reason: reason ?? undefined },
        quotas: JSON.parse(quotas) as Quota[],
      }));
    },
    write: (told) =>
      gauges.putForOperator(
        told.map(({ bucket, kind, until, reason, quotas }) => ({
          ...{ bucket, kind, until_at: until, reason: reason ?? null },
          quotas: JSON.stringify(quotas),
        })),
        now(),
      ),
  };
}

type Core = Pick<Parts, "vault" | "transport" | "now" | "random" | "log" | "governor" | "recorder"> & {
  readonly budget: RetryBudget;
};

async function jiraFor(
  parts: Core,
  owner: string,
  connection_id: string,
  options: { readonly priority?: Priority; readonly touch?: (status: number) => void } = {},
): Promise<Jira> {
  const { vault } = parts;
  const connection = await vault.connections.get(owner, connection_id);
  return createJira({
    flavor: connection.flavor,
    api_base_url: connection.site.api_base_url,
    site_url: connection.site.url,
    credentials: {
      current: () => vault.credentialFor(owner, connection_id),
      rejected: (token_id) => vault.rejected(owner, connection_id, token_id),
    },
    transport: parts.transport,
    now: parts.now,
    random: parts.random,
    log: parts.log,
    governor: parts.governor,
    budget: parts.budget,
    app: connection.registration_id,
    account: connection.account?.account_id ?? connection.family_id,
    priority: options.priority ?? "interactive",
    ...(connection.flavor === "cloud" && connection.scope_granted
      ? { granted: connection.scope_granted }
      : {}),
    onFailed: (call) => parts.recorder.failed({ connection }, call),
    onAnswer: options.touch ?? ((status) => vault.connections.touch(connection_id, status)),
  });
}

function returnsOf({ public_url, return_origins }: Config) {
  return { public_url, return_origins };
}

/** What the gateway stands on, out of the running parts. */
export function gatewayPartsOf(parts: Parts): GatewayParts {
  const { config } = parts;
  const owner = ownerByHeader(config);
  return {
    vault: parts.vault,
    connect: parts.connect,
    handles: parts.handles,
    doctor: parts.doctor,
    policies: parts.policies,
    psoxy: parts.psoxy,
    projects: parts.projects,
    push: parts.push,
    exports: parts.exports,
    max_filtered_bytes: config.max_filtered_bytes,
    store: parts.store,
    transport: parts.transport,
    jiraFor: parts.jiraFor,
    governor: parts.governor,
    following: parts.following,
    recorder: parts.recorder,
    log: parts.log,
    now: parts.now,
    random: parts.random,
    public_url: config.public_url,
    application: config.application,
    return_origins: config.return_origins,
    ...(owner ? { owner } : {}),
  };
}

/** The owner a reverse proxy names after signing the person in; believed only from the proxies that are trusted. */
function ownerByHeader(config: Config): GatewayParts["owner"] {
  const { owner_header, trusted_proxies } = config;
  if (!owner_header) return undefined;
  return (request, info) => {
    if (!info?.remote || !trusted_proxies.includes(info.remote.replace(/^::ffff:/, ""))) return undefined;
    return request.headers.get(owner_header) ?? undefined;
  };
}
