import { LatchkeyError } from "../errors.ts";
import { type IssueJson, plainText } from "../jira/index.ts";
import { type Context, LOCAL, pickConnection } from "./context.ts";
import { printable } from "./failure.ts";
import { table } from "./io.ts";

async function open(context: Context) {
  const named = typeof context.flags.connection === "string" ? context.flags.connection : undefined;
  const connection = await pickConnection(context, named);
  const { jiraFor } = await context.parts();
  return { connection, jira: await jiraFor(LOCAL, connection.id) };
}

/** Prints an issue to read; `--json` gives Jira's own document. */
export async function issue(context: Context, key: string): Promise<void> {
  const { jira } = await open(context);
  const found = await jira.issue(key);
  if (context.voice.wantsJson) {
    context.voice.json(found);
    return;
  }
  const { bold, dim } = context.voice.color;
  const fields = found.fields ?? {};
  context.voice.data(`${bold(found.key)}  ${say(fields.summary)}`);
  const facts = [
    ["Status", nameOf(fields.status)],
    ["Type", nameOf(fields.issuetype)],
    ["Priority", nameOf(fields.priority)],
    ["Assignee", nameOf(fields.assignee) || "nobody"],
    ["Reporter", nameOf(fields.reporter)],
    ["Updated", say(fields.updated)],
  ].filter((row) => row[1] !== "");
  for (const [label, value] of facts) context.voice.data(`${dim(`${label}:`.padEnd(10))}${value}`);
  const description = plainText(fields.description);
  if (description) context.voice.data(`\n${printable(description)}`);
  for await (const comment of jira.comments(key)) {
    context.voice.data(
      `\n${dim(`${nameOf(comment.author)}, ${say(comment.created)}`)}\n${printable(plainText(comment.body))}`,
    );
  }
}

export async function search(context: Context, jql: string): Promise<void> {
  const { jira } = await open(context);
  const limit = Number(context.flags.limit ?? 50);
  if (!Number.isInteger(limit) || limit < 1)
    throw new LatchkeyError("usage", "--limit must be a whole number from 1.");
  const fields = typeof context.flags.fields === "string" ? context.flags.fields.split(",") : undefined;
  const issues: IssueJson[] = [];
  for await (const found of jira.search(jql, { limit, ...(fields ? { fields } : {}) })) issues.push(found);
  if (context.voice.wantsJson) {
    context.voice.json(issues);
    return;
  }
  if (issues.length === 0) context.voice.say("No issue matches.");
  const rows = issues.map(({ key, fields: f = {} }) => [
    key,
    nameOf(f.status),
    nameOf(f.assignee),
    say(f.summary),
  ]);
  if (rows.length > 0) context.voice.data(table(rows, context.io.stdout));
}

export async function whoami(context: Context): Promise<void> {
  const { jira, connection } = await open(context);
  const person = await jira.myself();
  if (context.voice.wantsJson) {
    context.voice.json({ ...person, site: connection.site.url, connection: connection.id });
    return;
  }
  const mail = person.email ? ` <${person.email}>` : "";
  context.voice.data(
    `${printable(person.display_name ?? person.name ?? person.account_id)}${printable(mail)}`,
  );
  context.voice.say(`on ${connection.site.url}, account ${person.account_id}`);
}

function nameOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return "";
  const { displayName, name } = value as { displayName?: unknown; name?: unknown };
  return say(displayName ?? name);
}

function say(value: unknown): string {
  return typeof value === "string" ? printable(value) : "";
}
