/** The proxy's stage with Psoxy instances: the example rules for both kinds of Jira, and some that make reversible tokens. */
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPsoxyInstances } from "../../src/config/index.ts";
import { createPsoxyInstances, withInstances } from "../../src/gateway/index.ts";
import { createHandles, createProjects, createUseLog, type HandleInput } from "../../src/handles/index.ts";
import { createJira } from "../../src/jira/index.ts";
import type { Connection } from "../../src/vault/index.ts";
import { OWNER, openStage, type Stage, type Upstream } from "./proxy-stage.ts";

export const EXAMPLES = join(import.meta.dirname, "../../examples/psoxy");
export const SALT = "the salt of the Psoxy before";
const REVERSIBLE = `
endpoints:
  - pathTemplate: /rest/api/{apiVersion}/issue/{issueId}
    allowedMethods: [GET]
    allowedQueryParams: [fields]
    transforms:
      - !<pseudonymize> { jsonPaths: ["$.id"], includeReversible: true }
      - !<redact> { jsonPaths: ["$.self"] }
  - pathTemplate: /rest/{word}/thing
    allowedMethods: [GET, POST]
    allowedQueryParams: [user]
    transforms:
      - !<pseudonymize> { jsonPaths: ["$.user"], includeReversible: true }
`;

export type PsoxyStage = {
  readonly stage: Stage;
  readonly cloud: Connection;
  readonly datacenter: Connection;
  readonly upstream: Upstream;
  /** A handle's key; name the instance as its policy. */
  key(connections: readonly Connection[], limits: NonNullable<HandleInput["limits"]>): Promise<string>;
  close(): Promise<void>;
};

export async function openPsoxyStage(): Promise<PsoxyStage> {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-psoxy-"));
  mkdirSync(join(folder, "rules"));
  for (const name of ["jira.yaml", "rules/jira-cloud.yaml", "rules/jira-datacenter.yaml"])
    copyFileSync(join(EXAMPLES, name), join(folder, name));
  writeFileSync(join(folder, "salt"), `${SALT}\n`);
  writeFileSync(join(folder, "encryption-key"), "the key of the Psoxy before\n");
  writeFileSync(join(folder, "rules/reversible.yaml"), REVERSIBLE);
  const other = (rules: string) =>
    JSON.stringify({
      rules: `rules/${rules}.yaml`,
      salt_file: "salt",
      encryption_key_file: "encryption-key",
    });
  writeFileSync(join(folder, "dc.json"), other("jira-datacenter"));
  writeFileSync(join(folder, "back.json"), other("reversible"));
  const problems: string[] = [];
  const psoxy = createPsoxyInstances(readPsoxyInstances(folder, {}, problems));
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const ready: { hall?: Stage["hall"] } = {};
  const projects = createProjects({ reader: (connection) => reader(ready.hall!, connection), now: Date.now });
  const stage = await openStage({ psoxy, projects });
  const { hall } = stage;
  ready.hall = hall;
  const uses = createUseLog({ ...hall, random: randomBytes });
  const none = { names: () => [], flavorOf: () => "cloud" as const };
  const policies = withInstances(none, psoxy);
  const finder = {
    find: async (owner: string, id: string, name: string) =>
      projects.find(await hall.vault.connections.get(owner, id), name),
  };
  const handles = createHandles({
    store: hall.store,
    now: hall.now,
    random: randomBytes,
    uses,
    policies,
    projects: finder,
  });
  return {
    stage,
    async key(connections, limits) {
      const connection_ids = connections.map(({ id }) => id);
      return (await handles.create({ owner: OWNER, name: "psoxy", connection_ids, limits })).key.reveal();
    },
    cloud: await stage.connect("cloud"),
    datacenter: await stage.connect("datacenter-oauth2"),
    upstream: await stage.upstream((_, response) => response.end("{}")),
    async close() {
      await uses.close();
      await stage.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Asks as the project limits do. */
async function reader({ vault, transport, now }: Stage["hall"], { owner, id, flavor, site }: Connection) {
  return createJira({
    flavor,
    api_base_url: site.api_base_url,
    site_url: site.url,
    credentials: {
      current: () => vault.credentialFor(owner, id),
      rejected: (used) => vault.rejected(owner, id, used),
    },
    transport,
    now,
    random: randomBytes,
  });
}
