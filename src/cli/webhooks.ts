import type { DeliveryQuery, DeliveryView, EndpointView, Webhooks } from "../events/index.ts";
import type { Context } from "./context.ts";
import { table } from "./io.ts";

/** Who runs the command line is the operator: every owner's endpoints are its business. */
const OPERATOR = undefined;

/** Adds an endpoint and prints its secret: the only time it is shown. */
export async function add(context: Context, url: string): Promise<void> {
  const { flags, voice } = context;
  const { webhooks } = await context.parts();
  const types = String(flags.types ?? "")
    .split(",")
    .map((type) => type.trim())
    .filter(Boolean);
  const made = await webhooks.add({
    url,
    types,
    // What an operator types may be private, as everywhere on the command line.
    allowance: true,
    ...(flags.owner !== undefined && { owner: String(flags.owner) }),
    ...(flags.description !== undefined && { description: String(flags.description) }),
  });
  tellSecret(context, made.endpoint, made.secret.reveal());
  if (!voice.wantsJson) voice.say("What runs by itself sends them: `latchkey serve`, or your own process.");
}

export async function rotate(context: Context, id: string): Promise<void> {
  const { webhooks } = await context.parts();
  const made = await webhooks.rotate(OPERATOR, id);
  tellSecret(context, made.endpoint, made.secret.reveal());
  if (!context.voice.wantsJson) context.voice.say("The secret before it goes on signing for a day.");
}

function tellSecret({ voice }: Context, endpoint: EndpointView, secret: string): void {
  if (voice.wantsJson) {
    voice.json({ ...endpoint, secret });
    return;
  }
  voice.say(`${endpoint.id} is told of ${typesOf(endpoint)}. Keep the secret: it is not shown again.`);
  voice.data(secret);
}

function typesOf({ types }: EndpointView): string {
  return types.length === 0 ? "every event" : types.join(", ");
}

export async function list(context: Context): Promise<void> {
  const { webhooks } = await context.parts();
  const all = await webhooks.list(OPERATOR);
  if (context.voice.wantsJson) return context.voice.json(all);
  if (all.length === 0) context.voice.say("There is no endpoint. Next: latchkey webhooks add --help");
  const rows = all.map((one) => [
    one.id,
    one.url,
    one.owner ?? "everybody",
    typesOf(one),
    one.state,
    one.last_status === undefined ? "" : `last answer ${one.last_status}`,
  ]);
  if (rows.length > 0) context.voice.data(table(rows, context.io.stdout));
}

export async function remove(context: Context, id: string): Promise<void> {
  const { webhooks } = await context.parts();
  await webhooks.remove(OPERATOR, id);
  if (context.voice.wantsJson) context.voice.json({ id, removed: true });
  else context.voice.say(`Removed ${id}, with what was on its way to it.`);
}

export async function enable(context: Context, id: string): Promise<void> {
  const { webhooks } = await context.parts();
  const endpoint = await webhooks.enable(OPERATOR, id);
  if (context.voice.wantsJson) context.voice.json(endpoint);
  else context.voice.say(`${id} is told of ${typesOf(endpoint)} again.`);
}

export async function deliveries(context: Context): Promise<void> {
  const { flags, voice, io } = context;
  const { webhooks } = await context.parts();
  const query: DeliveryQuery = {
    ...(flags.endpoint !== undefined && { endpoint_id: String(flags.endpoint) }),
    ...(flags.state !== undefined && { state: flags.state as DeliveryView["state"] }),
  };
  const found = await webhooks.deliveries(OPERATOR, query);
  if (voice.wantsJson) return voice.json(found);
  if (found.length === 0) voice.say("There is none.");
  const rows = found.map((one) => [
    one.id,
    new Date(one.created_at).toISOString(),
    one.type,
    one.state === "waiting" ? `next attempt ${new Date(one.due_at).toISOString()}` : one.state,
    `${one.attempts} ${one.attempts === 1 ? "attempt" : "attempts"}`,
    one.last_status === undefined ? (one.last_error ?? "") : String(one.last_status),
  ]);
  if (rows.length > 0) voice.data(table(rows, io.stdout));
}

/** One, or with `dead` every dead letter. */
export async function redeliver(context: Context, id: string): Promise<void> {
  const { webhooks } = await context.parts();
  const ids = id === "dead" ? await deadLetters(webhooks) : [id];
  for (const one of ids) await webhooks.redeliver(OPERATOR, one);
  if (context.voice.wantsJson) context.voice.json(ids.map((one) => ({ id: one, redelivered: true })));
  else context.voice.say(`${ids.length} ${ids.length === 1 ? "delivery goes" : "deliveries go"} out again.`);
}

/** Those whose endpoint is not disabled. */
async function deadLetters(webhooks: Webhooks): Promise<string[]> {
  const active = (await webhooks.list(OPERATOR)).filter(({ state }) => state === "active");
  const ids = new Set(active.map(({ id }) => id));
  const dead = await webhooks.deliveries(OPERATOR, { state: "dead", limit: 500 });
  return dead.filter(({ endpoint_id }) => ids.has(endpoint_id)).map(({ id }) => id);
}
