import { LatchkeyError } from "../errors.ts";
import type { Connection, RevealedTokens } from "../vault/index.ts";
import { type Context, LOCAL, pickConnection } from "./context.ts";
import { confirmed } from "./secret-input.ts";

type Names = readonly (readonly [name: string, value: string])[];

/**
 * Prints a connection's credentials for another program. Two programs that refresh one rotating token burn it,
 * so the connection is marked exported and no longer refreshed here.
 */
export async function exportSecrets(context: Context, named?: string): Promise<void> {
  const connection = await pickConnection(context, named);
  const format = String(context.flags.to) as keyof typeof FORMATS;
  await confirmed(
    context,
    `Hand ${connection.site.url} over? It is then no longer used or refreshed here: the other program becomes its only holder.`,
  );
  const { vault } = await context.parts();
  const prefix = prefixOf(context, format);
  const names = async () => namesOf(connection, await vault.reveal(LOCAL, connection.id));
  const written = async () => FORMATS[format](await names(), prefix);
  // Once beforehand: what this format cannot say stays here, untouched.
  await written();
  // Marked before it is shown: a refresh in between would hand over a token that is spent already.
  await vault.connections.markExported(LOCAL, connection.id);
  if (context.voice.wantsJson) {
    const named = (await names()).map(([name, value]) => [spelt(format, prefix + name), value] as const);
    context.voice.json({ connection: connection.id, to: format, values: Object.fromEntries(named) });
  } else context.voice.data(await written());
  context.voice.say(
    `Handed over. ${connection.id} is no longer refreshed here; connect again to use it here.`,
  );
}

/** What a name may be made of where it is going; a prefix that would break the line is refused. */
const PREFIXES = {
  env: /^[A-Za-z_][A-Za-z0-9_]*$/,
  dotenv: /^[A-Za-z_][A-Za-z0-9_]*$/,
  "aws-ssm": /^[A-Za-z0-9_.\-/]+$/,
  gcp: /^[A-Za-z0-9_-]+$/,
  tfvars: /^[A-Za-z_][A-Za-z0-9_-]*$/,
} as const;

function prefixOf(context: Context, format: keyof typeof FORMATS): string {
  const prefix = typeof context.flags.prefix === "string" ? context.flags.prefix : "JIRA_";
  if (prefix === "" || PREFIXES[format].test(prefix)) return prefix;
  throw new LatchkeyError("usage", `--prefix ${JSON.stringify(prefix)} makes no name that ${format} takes.`, {
    fix: "Use letters, digits and underscores.",
  });
}

/** A name as the format writes it. */
function spelt(format: keyof typeof FORMATS, name: string): string {
  return format === "tfvars" ? name.toLowerCase() : name;
}

function namesOf(connection: Connection, tokens: RevealedTokens): Names {
  const site: Names =
    connection.site.deployment === "cloud"
      ? [
          ["SITE_URL", connection.site.url],
          ["CLOUD_ID", connection.site.id],
        ]
      : [["SITE_URL", connection.site.url]];
  if (tokens.kind === "oauth1") {
    return [
      ...site,
      ["CONSUMER_KEY", tokens.consumer_key],
      ["PRIVATE_KEY", tokens.private_key.reveal()],
      ["OAUTH_TOKEN", tokens.oauth_token.reveal()],
      ["OAUTH_TOKEN_SECRET", tokens.oauth_token_secret.reveal()],
    ];
  }
  const reached: Names = [["API_BASE_URL", connection.site.api_base_url]];
  if (tokens.kind === "personal-access-token") return [...site, ["TOKEN", tokens.token.reveal()]];
  if (tokens.kind === "api-token") {
    return [...site, ...reached, ["EMAIL", tokens.email], ["API_TOKEN", tokens.token.reveal()]];
  }
  return [
    ...site,
    ...(tokens.kind === "service-account" ? reached : []),
    ["TOKEN_ENDPOINT", tokens.token_endpoint],
    ["CLIENT_ID", tokens.client_id],
    ...(tokens.client_secret ? ([["CLIENT_SECRET", tokens.client_secret.reveal()]] as const) : []),
    ["ACCESS_TOKEN", tokens.access_token.reveal()],
    ...("refresh_token" in tokens && tokens.refresh_token
      ? ([["REFRESH_TOKEN", tokens.refresh_token.reveal()]] as const)
      : []),
  ];
}

const FORMATS = {
  /** Shell: `eval "$(latchkey secrets export --to env)"`. */
  env: (names: Names, prefix: string) =>
    names.map(([name, value]) => `export ${prefix}${name}=${shellQuoted(value)}`).join("\n"),
  dotenv: (names: Names, prefix: string) =>
    names.map(([name, value]) => `${prefix}${name}=${dotenvQuoted(name, value)}`).join("\n"),
  /** One input of `aws ssm put-parameter --cli-input-json` a line. */
  "aws-ssm": (names: Names, prefix: string) =>
    names
      .map(([name, value]) =>
        JSON.stringify({ Name: `${prefix}${name}`, Value: value, Type: "SecureString", Overwrite: true }),
      )
      .join("\n"),
  /** One body of Secret Manager's `addVersion` a line, with the secret's id beside it. */
  gcp: (names: Names, prefix: string) =>
    names
      .map(([name, value]) =>
        JSON.stringify({
          secretId: `${prefix}${name}`,
          payload: { data: Buffer.from(value).toString("base64") },
        }),
      )
      .join("\n"),
  tfvars: (names: Names, prefix: string) =>
    names.map(([name, value]) => `${spelt("tfvars", prefix + name)} = ${hclQuoted(value)}`).join("\n"),
} as const;

function shellQuoted(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}

/**
 * Parsers of dotenv files agree on this much: between single quotes everything stands for itself, and between double
 * quotes `\n` is a line break. Beyond it each has rules of its own, and a secret must not depend on them.
 */
function dotenvQuoted(name: string, value: string): string {
  if (!/['\\\r\n]/.test(value)) return `'${value}'`;
  if (!/["\\$`\r]/.test(value)) return `"${value.replaceAll("\n", "\\n")}"`;
  throw new LatchkeyError(
    "usage",
    `${name} holds characters that no two readers of dotenv files read alike.`,
    {
      fix: "Use --to env, or one of the JSON formats.",
    },
  );
}

/** HCL reads `${` and `%{` as templates unless doubled, and knows no `\b` and `\f`. */
function hclQuoted(value: string): string {
  return JSON.stringify(value)
    .replace(/[$%]\{/g, (mark) => mark[0] + mark)
    .replace(/\\[\\"bf]/g, (found) => ({ "\\b": "\\u0008", "\\f": "\\u000c" })[found] ?? found);
}
