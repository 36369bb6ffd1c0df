import { LatchkeyError } from "../errors.ts";
import type { FollowView, HookView } from "../webhooks/index.ts";
import type { Context } from "./context.ts";
import { table } from "./io.ts";

/** Makes an address for an administrator's webhook and prints it, with its secret: the only time they are shown. */
export async function add(context: Context, registration: string): Promise<void> {
  const { flags, voice } = context;
  if (flags.signed === true && flags.unsigned === true) {
    throw new LatchkeyError("bad_request", "--signed and --unsigned exclude each other.");
  }
  const signed = flags.signed === true ? true : flags.unsigned === true ? false : undefined;
  const { following } = await context.parts();
  const { hook, url, secret, steps } = await following.hooks.add(registration, signed);
  if (voice.wantsJson) {
    voice.json({ ...hook, url: url.reveal(), ...(secret && { secret: secret.reveal() }), steps });
    return;
  }
  for (const [at, step] of steps.entries()) voice.say(`${at + 1}. ${step}`);
  voice.say(`${hook.id} is not shown again:`);
  voice.data(`url ${url.reveal()}`);
  if (secret) voice.data(`secret ${secret.reveal()}`);
}

export async function list(context: Context): Promise<void> {
  const { voice, io } = context;
  const { following } = await context.parts();
  const [connections, hooks] = [await following.listForOperator(), await following.hooks.list()];
  if (voice.wantsJson) return voice.json({ connections, hooks });
  if (connections.length === 0) voice.say("No connection has links yet. Next: latchkey push --help");
  const rows = [...connections.map(connectionLine), ...hooks.map(hookLine)];
  if (rows.length > 0) voice.data(table(rows, io.stdout));
  for (const one of new Set(connections.map(({ advice }) => advice).filter(Boolean))) voice.say(String(one));
}

function connectionLine(one: FollowView): string[] {
  const how = { app: "told by Jira", admin: "told by an administrator's webhook", poll: "asked" }[one.mode];
  const last = one.mode === "poll" ? ["asked", one.polled_at] : ["heard", one.heard_at];
  return [one.connection_id, how, one.reason ?? "", `${last[0]} ${timeOf(last[1] as number | undefined)}`];
}

function hookLine(one: HookView): string[] {
  return [
    one.id,
    `for ${one.registration_id}`,
    one.signed ? "signed" : "unsigned",
    `heard ${timeOf(one.heard_at)}`,
  ];
}

function timeOf(at: number | undefined): string {
  return at === undefined ? "never" : new Date(at).toISOString();
}

export async function remove(context: Context, id: string): Promise<void> {
  const { following } = await context.parts();
  await following.hooks.remove(id);
  if (context.voice.wantsJson) context.voice.json({ id, removed: true });
  else
    context.voice.say(`Removed ${id}. Delete the webhook in Jira too: what it sends is refused from now on.`);
}
