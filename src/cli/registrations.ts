import { LatchkeyError } from "../errors.ts";
import { FLAVORS, type Flavor } from "../protocol/index.ts";
import { Secret } from "../secret.ts";
import { generateKeyPair, type RegistrationInput } from "../vault/index.ts";
import { isAtlassianCloud } from "./cloud-name.ts";
import { type Context, LOCAL } from "./context.ts";
import { table } from "./io.ts";
import { parseProperties } from "./properties.ts";
import { confirmed, readText, secretFrom } from "./secret-input.ts";

type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** Adds a registration. The flavor is said with `--flavor`, or follows from what was given. */
export async function add(context: Context, id?: string): Promise<void> {
  const flags = context.flags as Flags;
  const from = typeof flags.from === "string" ? parseProperties(readText(flags.from)) : {};
  const flavor = flavorOf(flags, from);
  const input =
    flavor === "datacenter-oauth1"
      ? await oauth1(context, id, flags, from)
      : await oauth2(context, id, flavor, flags);
  const { vault } = await context.parts();
  const added = await vault.registrations.add(input);
  if (context.voice.wantsJson) {
    context.voice.json(added);
    return;
  }
  context.voice.say(`Registered ${added.id}: ${FLAVORS[added.flavor].title}.`);
  for (const warning of await warningsOf(context, added.id, added.flavor))
    context.voice.say(`Mind: ${warning}`);
  if (added.credential === "dance") {
    context.voice.say(`Next: latchkey registrations show ${added.id}   (what to paste where)`);
    context.voice.say(`      latchkey registrations check ${added.id}  (what can be proven now)`);
  } else {
    context.voice.say(`Next: latchkey registrations check ${added.id}`);
    context.voice.say(`      latchkey connect SITE --service-account --registration ${added.id}`);
  }
  context.voice.data(added.id);
}

async function warningsOf(context: Context, id: string, flavor: Flavor): Promise<readonly string[]> {
  if (flavor !== "datacenter-oauth1") return [];
  const { vault } = await context.parts();
  return (await vault.registrations.signingKey(id)).warnings;
}

function flavorOf(flags: Flags, from: Record<string, string>): Flavor {
  const asked = flags.flavor;
  if (typeof asked === "string") {
    if (asked in FLAVORS) return asked as Flavor;
    throw new LatchkeyError(
      "usage",
      `--flavor must be one of ${Object.keys(FLAVORS).join(", ")}, not ${JSON.stringify(asked)}.`,
    );
  }
  if (flags.consumerKey || from.consumer_key) return "datacenter-oauth1";
  if (flags.clientId) return flags.site ? "datacenter-oauth2" : "cloud";
  throw new LatchkeyError("usage", "Nothing says which kind of Jira this is.", {
    fix: "Give --client-id (Cloud), --client-id and --site (Data Center, OAuth 2.0), or --consumer-key and --site (OAuth 1.0a).",
  });
}

async function oauth1(
  context: Context,
  id: string | undefined,
  flags: Flags,
  from: Record<string, string>,
): Promise<RegistrationInput> {
  const site = text(flags.site) ?? from.jira_home;
  if (!site)
    throw new LatchkeyError("usage", "The base URL of the Jira is missing.", { fix: "Give it with --site." });
  const consumer_key = text(flags.consumerKey) ?? from.consumer_key;
  if (!consumer_key)
    throw new LatchkeyError("usage", "The consumer key is missing.", { fix: "Give it with --consumer-key." });
  if (flags.flavor === undefined && isAtlassianCloud(site)) {
    throw new LatchkeyError(
      "oauth1_on_cloud",
      `${site} is Jira Cloud, which has no application links for this.`,
      {
        fix: "Register an app of Jira Cloud with --client-id; --flavor datacenter-oauth1 forces the old dance.",
      },
    );
  }
  const private_key = await privateKey(context, flags, from);
  return {
    ...named(id, flags, site),
    flavor: "datacenter-oauth1",
    site_base_url: withoutSlash(site),
    client_id: consumer_key,
    private_key,
    redirect_uri: text(flags.redirectUri) ?? "oob",
    scope: [],
    allowance: true,
  };
}

async function privateKey(context: Context, flags: Flags, from: Record<string, string>): Promise<Secret> {
  if (flags.generateKey) return (await generateKeyPair({ now: context.io.now })).private_pem;
  if (from.private_key && !flags.privateKeyFile) return new Secret(from.private_key);
  return secretFrom(
    context,
    flags.privateKeyFile,
    "The private key (PEM, or its one line)",
    "--private-key-file",
  );
}

async function oauth2(
  context: Context,
  id: string | undefined,
  flavor: "cloud" | "datacenter-oauth2",
  flags: Flags,
): Promise<RegistrationInput> {
  const client_id = text(flags.clientId);
  if (!client_id)
    throw new LatchkeyError("usage", "The client id is missing.", { fix: "Give it with --client-id." });
  const site = text(flags.site);
  if (flavor === "datacenter-oauth2" && !site) {
    throw new LatchkeyError("usage", "The base URL of the Jira is missing.", { fix: "Give it with --site." });
  }
  const client_secret = await secretFrom(
    context,
    flags.clientSecretFile,
    "The client secret",
    "--client-secret-file",
  );
  const own = flags.serviceAccount === true;
  // Atlassian keeps the scopes of a service account with its credential.
  const usual = own && flavor === "cloud" ? [] : FLAVORS[flavor].default_scopes;
  const scope = text(flags.scope)?.split(/\s+/) ?? usual;
  return {
    ...named(id, flags, site ?? "cloud"),
    flavor,
    client_id,
    client_secret,
    ...(own ? { credential: "service-account" } : {}),
    redirect_uri: own ? "" : (text(flags.redirectUri) ?? "http://localhost:8085/callback"),
    scope,
    allowance: true,
    ...(site ? { site_base_url: withoutSlash(site) } : {}),
    ...pick(flags, {
      authUrl: "auth_url",
      apiUrl: "api_url",
      cloudSites: "cloud_sites",
      terminalRedirectUri: "terminal_redirect_uri",
    }),
  };
}

/** The id stands in the callback path; where none is given, the host of the site makes a readable one. */
function named(id: string | undefined, flags: Flags, site: string): { id: string; title?: string } {
  const host = URL.canParse(site) ? new URL(site).host : site;
  const made =
    host
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "") || "jira";
  const title = text(flags.title);
  return { id: id ?? made, ...(title ? { title } : {}) };
}

function pick(flags: Flags, names: Readonly<Record<string, string>>): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [flag, field] of Object.entries(names)) {
    const value = text(flags[flag]);
    if (value) out[field] = value;
  }
  return out;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

const CREDENTIALS = { token: "tokens", "service-account": "service account" } as const;

export async function list(context: Context): Promise<void> {
  const { vault } = await context.parts();
  const all = await vault.registrations.list(LOCAL);
  if (context.voice.wantsJson) {
    context.voice.json(all);
    return;
  }
  if (all.length === 0)
    context.voice.say("There is no registration yet. Next: latchkey registrations add --help");
  const rows = all.map((one) => [
    one.id,
    one.credential === "dance" ? one.flavor : `${one.flavor}, ${CREDENTIALS[one.credential]}`,
    one.state,
    one.site_base_url ?? one.auth_url ?? "Jira Cloud",
    one.title,
  ]);
  if (rows.length > 0) context.voice.data(table(rows, context.io.stdout));
}

/** Prints what to paste where, with the addresses of this Jira's own pages. */
export async function show(context: Context, id: string): Promise<void> {
  const { vault, connect } = await context.parts();
  const registration = await vault.registrations.get(id);
  const instructions = await connect.setup.instructions(registration);
  if (context.voice.wantsJson) {
    context.voice.json({ registration, instructions });
    return;
  }
  const { bold, dim } = context.voice.color;
  let where = "";
  for (const step of instructions) {
    if (step.where !== where)
      context.voice.data(`\n${bold(step.where)}${step.url ? `\n${dim(step.url)}` : ""}`);
    where = step.where;
    const value = step.value.includes("\n") ? `\n${step.value.trimEnd()}` : ` ${step.value}`;
    context.voice.data(`  ${step.label}:${value}`);
    if (step.note) context.voice.data(dim(`    ${step.note}`));
  }
}

const SIGNS = { ok: "ok", wrong: "WRONG", unproven: "not proven" } as const;

/** Proves each mistake it can; ends with 0 only when nothing is wrong. */
export async function check(context: Context, id: string): Promise<number> {
  const { connect } = await context.parts();
  const report = await connect.check({ registration_id: id });
  if (context.voice.wantsJson) {
    context.voice.json(report);
    return report.outcome === "wrong" ? 1 : 0;
  }
  const { red, green, yellow } = context.voice.color;
  const paint = { ok: green, wrong: red, unproven: yellow };
  for (const finding of report.findings) {
    context.voice.data(`${paint[finding.outcome](SIGNS[finding.outcome].padEnd(10))}  ${finding.says}`);
    if (finding.fix && finding.outcome !== "ok") context.voice.data(`            ${finding.fix}`);
  }
  if (report.outcome === "wrong")
    context.voice.say("Something is wrong; the first line marked WRONG comes first.");
  return report.outcome === "wrong" ? 1 : 0;
}

export async function remove(context: Context, id: string): Promise<void> {
  const { vault } = await context.parts();
  await vault.registrations.get(id);
  await confirmed(
    context,
    `Remove ${id} with its connections? Approvals at Jira stay until the people remove them there.`,
  );
  await vault.registrations.remove(id);
  if (context.voice.wantsJson) context.voice.json({ id, removed: true });
  else context.voice.say(`Removed ${id}.`);
}
