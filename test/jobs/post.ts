/** A store, a vault, an endpoint that listens, and what sends events to it. */
import { onTestFinished } from "vitest";
import { createWebhooks, type Webhooks } from "../../src/events/index.ts";
import { runPieces } from "../../src/jobs/pieces.ts";
import { createLog } from "../../src/log.ts";
import type { Store } from "../../src/store/index.ts";
import { createTransport } from "../../src/transport.ts";
import { publish, type Vault } from "../../src/vault/index.ts";
import { makeWorld, random, type World } from "../vault/world.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

export const log = createLog({ write: () => {}, level: "error" });

export function webhooksOver(world: Pick<World, "clock">, store: Store, vault: Vault): Webhooks {
  const transport = createTransport({ allowances: () => [], log });
  onTestFinished(() => transport.close());
  return createWebhooks({ store, vault, transport, log, now: () => world.clock.now, random });
}

export async function stage(input: { types?: string[]; owner?: string } = {}) {
  const world = await makeWorld();
  const receiver = await startReceiver();
  const webhooks = webhooksOver(world, world.store, world.vault);
  const made = await webhooks.add({ ...input, url: receiver.url, allowance: true });
  return { world, receiver, webhooks, ...made, run: () => runDue(webhooks) };
}

/** What the job does at one look. */
export async function runDue(webhooks: Webhooks): Promise<void> {
  for (const { id } of await webhooks.due(100)) await webhooks.deliver(id);
}

export const tell = (world: World, type = "connection.dead", data = {}) =>
  world.store.transaction((tx) => publish(tx, random, { owner: "alice", type, at: world.clock.now, data }));

export const typesOf = ({ received }: Receiver) =>
  received.map(({ body }) => JSON.parse(body).type as string);

/** The same as a process's own job does it: several at once, until nothing new is due. */
export function runAsJob(webhooks: Webhooks): Promise<unknown> {
  const job = { name: "outbox", every_s: 60, concurrency: 4, lease_s: 60, shared: false } as const;
  const work = { due: webhooks.due, run: ({ id }: { id: string }) => webhooks.deliver(id) };
  return runPieces({ ...job, ...work }, log, new AbortController().signal);
}
