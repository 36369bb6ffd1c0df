/**
 * Every option of Latchkey, in one table. The environment name, the flag, the place in the file, validation,
 * `latchkey config` and docs/configuration.md all derive from these rows.
 */

/** What a value may be; `parseValue` turns text into it or says what is wrong. */
export type OptionKind =
  | "text"
  | "port"
  | "url"
  | "database"
  | "path"
  | "choice"
  | "list"
  | "secret"
  | "integer";

export type OptionRow = {
  /** Key in the file, in snake case; the flag is the same with dashes, the variable is `LATCHKEY_` + upper case. */
  readonly name: string;
  readonly kind: OptionKind;
  readonly meaning: string;
  /** As shown in the reference; the effective default is computed in `load.ts` where it depends on others. */
  readonly default?: string;
  readonly values?: readonly string[];
  /** What the value looks like, for messages and docs. */
  readonly example: string;
};

export const OPTIONS = [
  {
    name: "home",
    kind: "path",
    meaning: "Directory of the database, the key and the configuration file.",
    default: "~/.latchkey",
    example: "/var/lib/latchkey",
  },
  {
    name: "database_url",
    kind: "database",
    meaning:
      "The store: sqlite:/path/latchkey.db, or postgres://user:password@host:5432/database for several replicas (docs/storage.md). Unset, an SQLite file in the home directory. The flag takes no password.",
    default: "sqlite:<home>/latchkey.db",
    example: "sqlite:/var/lib/latchkey/latchkey.db",
  },
  {
    name: "key",
    kind: "secret",
    meaning:
      "The key that encrypts the vault, as `latchkey keys vault` prints it. Unset, one is made in <home>/key (mode 0600); a key beside the database does not protect a stolen disk.",
    example: "lkkey1_…",
  },
  {
    name: "old_keys",
    kind: "secret",
    meaning:
      "Earlier keys, separated by spaces: they still open what they sealed, nothing new is sealed with them.",
    example: "lkkey1_… lkkey1_…",
  },
  {
    name: "host",
    kind: "text",
    meaning: "Address to listen on. Anything but loopback needs a sign-in method (owner_header).",
    default: "127.0.0.1",
    example: "127.0.0.1",
  },
  {
    name: "port",
    kind: "port",
    meaning: "Port of the gateway.",
    default: "8080",
    example: "8080",
  },
  {
    name: "public_url",
    kind: "url",
    meaning: "The address people and Jira reach the gateway at; callback addresses begin with it.",
    default: "http://localhost:<port>",
    example: "https://latchkey.example.com",
  },
  {
    name: "application",
    kind: "text",
    meaning: "The application's name, as the connect page shows it to people.",
    default: "Latchkey",
    example: "Idea Board",
  },
  {
    name: "owner_header",
    kind: "text",
    meaning:
      "Sign-in method: the header in which a reverse proxy that signs people in names the owner. Believed only from trusted_proxies.",
    example: "X-Forwarded-User",
  },
  {
    name: "trusted_proxies",
    kind: "list",
    meaning: "Addresses whose owner_header is believed, separated by commas.",
    example: "127.0.0.1,10.0.0.5",
  },
  {
    name: "return_origins",
    kind: "list",
    meaning: "Origins a person may be sent back to after connecting, besides the gateway's own.",
    example: "https://app.example.com",
  },
  {
    name: "policies",
    kind: "path",
    meaning:
      "Directory of the policies that handles may name: analyst.yaml (or .yml, .json) holds the policy analyst.",
    default: "<home>/policies",
    example: "/etc/latchkey/policies",
  },
  {
    name: "psoxy",
    kind: "path",
    meaning:
      "Directory of the instances that answer in Psoxy's place: jira.yaml (or .yml, .json) is the instance jira.",
    default: "<home>/psoxy",
    example: "/etc/latchkey/psoxy",
  },
  {
    name: "max_filtered_bytes",
    kind: "integer",
    meaning:
      "The largest answer of Jira that is looked into, where a policy or a limit to projects asks for it; in bytes.",
    default: "10000000",
    example: "10000000",
  },
  {
    name: "push_index_lag_s",
    kind: "integer",
    meaning:
      "How long the search of a Jira may lag behind what was written, in seconds. After a creation whose outcome is unknown, `push` creates nothing again before it has passed (docs/push.md).",
    default: "30",
    example: "30",
  },
  {
    name: "log_level",
    kind: "choice",
    meaning: "The least level that is written to standard error.",
    default: "info",
    values: ["debug", "info", "warn", "error"],
    example: "info",
  },
] as const satisfies readonly OptionRow[];

export type OptionName = (typeof OPTIONS)[number]["name"];

/** `public_url` → `LATCHKEY_PUBLIC_URL`. Secrets may also be given as `…_FILE` and `…_COMMAND`. */
export function environmentName(name: string): string {
  return `LATCHKEY_${name.toUpperCase()}`;
}

/** Whether the value may be a secret, and so may come from a file or a command instead of the environment. */
export function mayComeFromElsewhere(row: OptionRow): boolean {
  return row.kind === "secret" || row.kind === "database";
}

/** `public_url` → `--public-url`. Secrets have no flag: a command line is read by everyone on the machine. */
export function flagName(row: OptionRow): string | undefined {
  return row.kind === "secret" ? undefined : `--${row.name.replaceAll("_", "-")}`;
}
