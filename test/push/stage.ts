/** Pushes on real ground: a sandbox Jira with Cloud and Data Center, connections by real dances, a database on disk. */
import { randomBytes } from "node:crypto";
import { createJira, type Jira } from "../../src/jira/index.ts";
import type { Flavor } from "../../src/protocol/index.ts";
import { createPush, type Idea, type Push, type PushLimits } from "../../src/push/index.ts";
import { type Connection, publish } from "../../src/vault/index.ts";
import { type Hall, register } from "../connect/hall.ts";
import { OWNER, openStage, type Stage } from "../gateway/proxy-stage.ts";

export { OWNER };

/** As quick as a test wants it; the stated bound of the index stays longer than the sandbox's lag. */
export const LIMITS: PushLimits = { index_lag_ms: 600, send_ms: 4_000, at_once: 8 };

export type Ground = {
  readonly stage: Stage;
  readonly push: Push;
  readonly connections: Readonly<Record<"cloud" | "datacenter", Connection>>;
  jira(connection: Connection): Promise<Jira>;
  control(path: string, body?: unknown, method?: string): Promise<unknown>;
  close(): Promise<void>;
};

export async function openGround(): Promise<Ground> {
  // The gateway is made before the room it is handed.
  const late: { push?: Push } = {};
  const push: Push = {
    push: (...given) => late.push!.push(...given),
    pushMany: (...given) => late.push!.pushMany(...given),
    get links() {
      return late.push!.links;
    },
  };
  const stage = await openStage({ push });
  const { hall } = stage;
  late.push = pushOf(hall);
  const scope = ["read:jira-user", "read:jira-work", "write:jira-work", "offline_access"];
  const desk = ["read:servicedesk-request", "write:servicedesk-request"];
  await register(hall, "cloud", { scope: [...scope, ...desk] });
  const [cloud, datacenter] = [
    await stage.connect("cloud"),
    await stage.connect("datacenter-oauth2" as Flavor),
  ];
  return {
    stage,
    push: late.push,
    connections: { cloud, datacenter },
    jira: ({ owner, id }) => jiraFor(hall, owner, id),
    control: (path, body, method = body === undefined ? "GET" : "POST") =>
      control(hall.sandbox.cloudUrl, path, body, method),
    close: () => stage.close(),
  };
}

export function pushOf(hall: Hall, limits: Partial<PushLimits> = {}): Push {
  return createPush({
    ...hall,
    random: randomBytes,
    application: "Idea board",
    icon_url: "https://ideas.example/icon.png",
    publish,
    jiraFor: (owner, id) => jiraFor(hall, owner, id),
    limits: { ...LIMITS, ...limits },
  });
}

export async function control(origin: string, path: string, body: unknown, method: string): Promise<unknown> {
  const answer = await fetch(`${origin}/__sandbox/${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return await answer.json();
}

async function jiraFor(hall: Hall, owner: string, id: string): Promise<Jira> {
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

export const idea = (id: string, change: Partial<Idea> = {}): Idea => ({
  id,
  title: `Idea ${id}`,
  description: `As a **user** I want ${id}.\n\n- one\n- two`,
  url: `https://ideas.example/${id}`,
  status: "planned",
  labels: ["from-ideas"],
  project: "JJ",
  issueType: "Task",
  ...change,
});
