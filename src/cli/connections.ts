import { scopeWords } from "../protocol/index.ts";
import { type Connection, statusOf } from "../vault/index.ts";
import { type Context, LOCAL, pickConnection } from "./context.ts";
import { table } from "./io.ts";
import { confirmed } from "./secret-input.ts";
import { sayQuarantine } from "./vault.ts";

export async function list(context: Context): Promise<void> {
  const { vault } = await context.parts();
  const all = await vault.connections.list(LOCAL);
  if (context.voice.wantsJson) {
    context.voice.json(all);
    return;
  }
  if (all.length === 0) context.voice.say("There is no connection yet. Next: latchkey connect SITE");
  const rows = all.map((one) => [
    one.id,
    one.name ?? one.site.name,
    health(context, one),
    one.flavor,
    who(one),
    one.site.url,
  ]);
  if (rows.length > 0) context.voice.data(table(rows, context.io.stdout));
  await sayQuarantine(context.voice, vault);
}

function health(context: Context, connection: Connection): string {
  if (connection.state === "exported" || connection.state === "pending") return connection.state;
  const status = statusOf(connection, context.io.now());
  if (status.kind === "soon") return `ends ${day(status.at)}`;
  return status.kind === "dead" ? "reconnect needed" : "well";
}

function who(connection: Connection): string {
  return connection.account?.display_name ?? connection.account?.name ?? connection.account?.account_id ?? "";
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

export async function show(context: Context, named?: string): Promise<void> {
  const connection = await pickConnection(context, named);
  if (context.voice.wantsJson) {
    context.voice.json(connection);
    return;
  }
  const { bold, dim } = context.voice.color;
  await sayQuarantine(context.voice, (await context.parts()).vault);
  context.voice.data(
    `${bold(connection.name ?? connection.site.name)} as ${who(connection)}: ${health(context, connection)}`,
  );
  const rows: [string, string | undefined][] = [
    ["Id", connection.id],
    ["Site", connection.site.url],
    ["Flavor", connection.flavor],
    ["By", KINDS[connection.kind]],
    ["Registration", connection.registration_id],
    ["Asked", connection.scope_asked.join(" ")],
    ["Granted", connection.scope_granted?.join(" ")],
    [isGiven(connection.kind) ? "Given" : "Consent", day(connection.consented_at)],
    [
      "Access token",
      connection.access_expires_at === undefined || isGiven(connection.kind)
        ? undefined
        : `until ${new Date(connection.access_expires_at).toISOString()}`,
    ],
    ["Idle limit", connection.idle_expires_at === undefined ? undefined : day(connection.idle_expires_at)],
    [
      isGiven(connection.kind) ? "Token ends" : "Consent ends",
      connection.absolute_expires_at === undefined ? undefined : day(connection.absolute_expires_at),
    ],
    ["Cause", connection.dead && `${connection.dead.cause}. ${connection.dead.next_step}`],
  ];
  for (const [label, value] of rows) {
    if (value) context.voice.data(`${dim(`${label}:`.padEnd(14))}${value}`);
  }
  for (const scope of connection.scope_granted ?? [])
    context.voice.data(dim(`  ${scope}: ${scopeWords(scope).title}`));
}

/** Asks Jira now; a connection that does not answer ends the command with the code of its cause. */
export async function test(context: Context, named?: string): Promise<void> {
  const connection = await pickConnection(context, named);
  const { jiraFor } = await context.parts();
  const began = context.io.now();
  const person = await (await jiraFor(LOCAL, connection.id)).myself();
  const took = context.io.now() - began;
  if (context.voice.wantsJson)
    context.voice.json({ connection: connection.id, ok: true, account: person, duration_ms: took });
  else
    context.voice.data(
      `${connection.site.url} answers as ${person.display_name ?? person.name ?? person.account_id} (${took} ms).`,
    );
}

export async function refresh(context: Context, named?: string): Promise<void> {
  const connection = await pickConnection(context, named);
  const { vault } = await context.parts();
  const family = await vault.refresh(LOCAL, connection.id);
  if (context.voice.wantsJson) {
    context.voice.json(family);
    return;
  }
  const until =
    family.access_expires_at === undefined
      ? ""
      : ` The access token holds until ${new Date(family.access_expires_at).toISOString()}.`;
  const nothing = NOTHING_TO_REFRESH[family.kind];
  context.voice.data(nothing ?? `Refreshed.${until}`);
}

const GIVEN =
  "A token that a person made is not refreshed: make a new one in Jira, and connect with --reconnect.";
const NOTHING_TO_REFRESH: Readonly<Partial<Record<Connection["kind"], string>>> = {
  oauth1: "OAuth 1.0a has nothing to refresh within five years.",
  "personal-access-token": GIVEN,
  "api-token": GIVEN,
};

const KINDS: Readonly<Record<Connection["kind"], string>> = {
  oauth2: "an approval (OAuth 2.0)",
  oauth1: "an approval (OAuth 1.0a)",
  "personal-access-token": "a personal access token",
  "api-token": "an API token",
  "service-account": "a service account",
};

function isGiven(kind: Connection["kind"]): boolean {
  return kind === "personal-access-token" || kind === "api-token";
}

/** Forgets it here and says where the approval itself is removed: no Jira lets an application do that. */
export async function revoke(context: Context, named: string): Promise<void> {
  const connection = await pickConnection(context, named);
  await confirmed(context, `Forget the connection to ${connection.site.url}?`);
  const { connect } = await context.parts();
  const done = await connect.disconnect(LOCAL, connection.id);
  if (context.voice.wantsJson) {
    context.voice.json({ connection: connection.id, ...done });
    return;
  }
  context.voice.say(done.says);
  context.voice.data(done.where);
}

export async function remove(context: Context, named: string): Promise<void> {
  const connection = await pickConnection(context, named);
  await confirmed(context, `Forget the connection to ${connection.site.url}?`);
  const { connect } = await context.parts();
  await connect.disconnect(LOCAL, connection.id);
  if (context.voice.wantsJson) {
    context.voice.json({ connection: connection.id, removed: true });
    return;
  }
  context.voice.say(`Forgot ${connection.id}. The approval at Jira stays until the person removes it there.`);
}
