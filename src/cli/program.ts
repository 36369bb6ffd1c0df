import { Command, Option } from "commander";
import { flagName, OPTIONS } from "../config/index.ts";
import type { Act, Action } from "./act.ts";
import { contextOf } from "./context.ts";
import { danceCommands } from "./dance-commands.ts";
import { exportCommands } from "./export-commands.ts";
import { hookCommands } from "./hook-commands.ts";
import type { Io } from "./io.ts";
import { policyCommands } from "./policy-commands.ts";
import { pushCommands } from "./push-commands.ts";
import { vaultCommands } from "./vault-commands.ts";
import { webhookCommands } from "./webhook-commands.ts";

/**
 * The command line as a tree. Each action loads its own file when it runs, so that `latchkey issue` does not
 * pay for what `latchkey serve` needs.
 */
export function programOf(io: Io, version: string, ended: (code: number) => void): Command {
  const program = new Command("latchkey")
    .description("One key to every Jira.")
    .version(version, "-V, --version", "print the version")
    .option("--json", "answer in JSON, for machines")
    .option("--home <dir>", "directory of database, key and configuration (LATCHKEY_HOME)")
    .showHelpAfterError("(--help shows what there is)")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(withoutValues(text)),
    });

  /** Wraps an action: hands it its context, closes what it opened, takes its exit code. */
  const act =
    (load: () => Promise<Action>) =>
    async (...given: unknown[]): Promise<void> => {
      const command = given.at(-1) as Command;
      const args = given.slice(0, -2).flat() as string[];
      const context = contextOf(io, command.optsWithGlobals());
      try {
        const action = await load();
        const code = await action(context, ...args);
        if (typeof code === "number") ended(code);
      } finally {
        await context.close();
      }
    };

  servers(program, act);
  setUp(program, act);
  walks(program, act);
  connections(program, act);
  everyday(program, act);
  exportCommands(program, act);
  pushCommands(program, act);
  policyCommands(program, act);
  webhookCommands(program, act);
  hookCommands(program, act);
  danceCommands(program, act);
  vaultCommands(program, act);
  return program;
}

/** A secret may have been typed behind a flag that does not exist: the complaint names the flag alone. */
export function withoutValues(text: string): string {
  return text.replace(/('--?[A-Za-z][\w-]*=)[^']*/g, "$1…");
}

/** Adds the flags of the option table that a server takes. */
function withOptions(command: Command): Command {
  for (const row of OPTIONS) {
    const flag = flagName(row);
    if (!flag || row.name === "home") continue;
    command.addOption(new Option(`${flag} <value>`, row.meaning));
  }
  return command;
}

function servers(program: Command, act: Act): void {
  withOptions(program.command("serve").description("run the gateway: pages, API and proxy")).action(
    act(async () => (await import("./serve.ts")).serve),
  );
  program
    .command("sandbox")
    .description("run the sandbox: a local Jira with real OAuth (its own --help lists the flags)")
    .allowUnknownOption()
    .helpOption(false)
    .argument("[flags...]")
    .action(act(async () => (await import("./sandbox.ts")).sandbox));
  withOptions(program.command("demo").description("run the gateway and the sandbox, wired together"))
    .option("--sandbox-port <port>", "port of the Cloud sandbox; Data Center is the next one", "8090")
    .action(act(async () => (await import("./demo.ts")).demo));
  program
    .command("config")
    .description("print the effective configuration and where each value comes from")
    .action(act(async () => (await import("./config.ts")).config));
}

function setUp(program: Command, act: Act): void {
  const keys = program.command("keys").description("make keys");
  keys
    .command("generate")
    .description("make an RSA key pair for an application link; never overwrites")
    .addOption(new Option("--bits <bits>", "size of the key").choices(["2048", "3072"]).default("2048"))
    .option("--out <dir>", "directory for the three files", ".")
    .action(act(async () => (await import("./keys.ts")).generate));
  keys
    .command("vault")
    .description("print a new key for the vault (LATCHKEY_KEY)")
    .action(act(async () => (await import("./keys.ts")).vault));

  const registrations = program
    .command("registrations")
    .description("how each Jira knows Latchkey: client ids, consumer keys, callbacks");
  registrations
    .command("add [id]")
    .description(
      "add a registration; the secret comes from a file, stdin or a prompt, never from the command line",
    )
    .option("--flavor <flavor>", "cloud, datacenter-oauth2 or datacenter-oauth1")
    .option("--site <url>", "base URL of the Data Center, context path included")
    .option("--client-id <id>", "client id (OAuth 2.0)")
    .option("--consumer-key <key>", "consumer key (OAuth 1.0a)")
    .option("--client-secret-file <file>", "file of the client secret; - for stdin")
    .option("--private-key-file <file>", "file of the private key; - for stdin")
    .option("--generate-key", "make a key pair (OAuth 1.0a)")
    .option("--service-account", "client id and secret are a service account's: nobody approves")
    .option("--redirect-uri <uri>", "callback registered at Jira; oob for OAuth 1.0a without one")
    .option(
      "--terminal-redirect-uri <uri>",
      "loopback callback, also registered at Jira, that `latchkey connect` listens on",
    )
    .option("--scope <scopes>", "scopes, separated by spaces")
    .option("--title <title>", "name people see")
    .option("--auth-url <url>", "where Cloud's authorization server is, if elsewhere")
    .option("--api-url <url>", "where Cloud's gateway is, if elsewhere")
    .option(
      "--cloud-sites <pattern>",
      "address of a Cloud site by name, if elsewhere, like https://{name}.example.net",
    )
    .option("--from <file>", "read a config.properties of the classic walk")
    .action(act(async () => (await import("./registrations.ts")).add));
  registrations
    .command("list")
    .description("list them")
    .action(act(async () => (await import("./registrations.ts")).list));
  registrations
    .command("show <id>")
    .description("print exactly what to paste where in Jira's admin pages")
    .action(act(async () => (await import("./registrations.ts")).show));
  registrations
    .command("check <id>")
    .description("prove each mistake that can be proven before the first user sees it")
    .action(act(async () => (await import("./registrations.ts")).check));
  registrations
    .command("remove <id>")
    .description("remove one")
    .option("--yes", "do not ask")
    .action(act(async () => (await import("./registrations.ts")).remove));
}

function walks(program: Command, act: Act): void {
  program
    .command("request-token [site]")
    .description("step 1 of the classic OAuth 1.0a walk: get a request token")
    .option("--registration <id>", "which registration")
    .action(act(async () => (await import("./walk.ts")).requestToken));
  program
    .command("access-token <verifier>")
    .description("step 2 of the classic walk: exchange the verification code for an access token")
    .option("--registration <id>", "which registration")
    .action(act(async () => (await import("./walk.ts")).accessToken));
  program
    .command("request <method-or-path> [path]")
    .description("an authenticated call: latchkey request [METHOD] PATH|URL")
    .option("-c, --connection <connection>", "which connection")
    .option("-d, --data <body>", "request body; @FILE or - for stdin")
    .option("-H, --header <header...>", "a further request header")
    .option("--paginate", "follow the pages and print one array")
    .option("-i, --include", "print status and headers too")
    .action(act(async () => (await import("./request.ts")).request));
  program
    .command("connect <site>")
    .description("connect to a Jira: finds out which kind it is and takes you there to approve")
    .option("--flavor <flavor>", "force cloud, datacenter-oauth2 or datacenter-oauth1")
    .option("--registration <id>", "which registration")
    .option("--no-browser", "print the address instead of opening a browser, and take the pasted answer")
    .option("--choose <site>", "which of several granted sites (address or cloud id)")
    .option("--scope <scopes>", "scopes to ask for, separated by spaces")
    .option("--reconnect <connection>", "renew this connection, keeping its id")
    .option("--token", "with a token made in Jira, asked for or from stdin: no approval is needed")
    .option("--token-file <file>", "file of the token; - for stdin")
    .option("--email <address>", "the account an API token of Cloud belongs to")
    .option("--expires <day>", "when the token ends, as Jira showed it (2027-03-31)")
    .option("--service-account", "with the client credentials of a service account's registration")
    .option("--yes", "do not ask before another account takes the connection over")
    .action(act(async () => (await import("./connect.ts")).connect));
}

function connections(program: Command, act: Act): void {
  const group = program.command("connections").description("what is connected");
  group
    .command("list")
    .description("list them")
    .action(act(async () => (await import("./connections.ts")).list));
  group
    .command("show [connection]")
    .description("health, scopes and dates of one")
    .action(act(async () => (await import("./connections.ts")).show));
  group
    .command("test [connection]")
    .description("ask Jira who we are, now")
    .action(act(async () => (await import("./connections.ts")).test));
  group
    .command("refresh [connection]")
    .description("refresh its tokens now")
    .action(act(async () => (await import("./connections.ts")).refresh));
  group
    .command("reconnect-link [connection]")
    .description("print a link by which its person approves it anew")
    .option("--scope <scopes>", "scopes to ask for besides those it has, separated by spaces")
    .action(act(async () => (await import("./reconnect-link.ts")).reconnectLink));
  for (const [name, words] of [
    ["revoke", "forget it here and say where to remove the approval at Jira"],
    ["remove", "forget it here"],
  ] as const) {
    group
      .command(`${name} <connection>`)
      .description(words)
      .option("--yes", "do not ask")
      .action(act(async () => (await import("./connections.ts"))[name]));
  }
  const handles = program
    .command("handles")
    .description("keys that let a program use a connection within limits");
  handles
    .command("create")
    .description("make one; the key is printed once")
    .option("-c, --connection <connection>", "which connection")
    .option("--name <name>", "what it is for", "command line")
    .option("--methods <methods>", "allowed methods, separated by commas", "GET,HEAD")
    .option(
      "--paths <prefixes>",
      "allowed path prefixes, separated by commas (/rest/api/ unless --path is given)",
    )
    .option("--path <patterns>", "allowed paths, separated by commas: * is one segment, ** any number")
    .option("--project <projects>", "only issues of these projects: keys or ids, separated by commas")
    .option("--site <sites>", "only these sites: addresses or ids, separated by commas")
    .option("--rate <calls>", "calls a minute")
    .addOption(new Option("--priority <priority>", "who goes first").choices(["interactive", "bulk"]))
    .option("--rewrite-links", "let Jira's links to itself lead through the proxy")
    .option(
      "--policy <policy>",
      "in what form answers leave (required): a policy's name; raw: as Jira sent them",
    )
    .option("--api-only", "for a backend: the API, and of Jira only what it connects itself")
    .addOption(new Option("--api <rights>", "also call the gateway's own API").choices(["read", "manage"]))
    .option("--expires <days>", "days until it ends", "30")
    .action(act(async () => (await import("./handles.ts")).create));
  handles
    .command("list")
    .description("list them")
    .action(act(async () => (await import("./handles.ts")).list));
  handles
    .command("revoke <id>")
    .description("end one at once")
    .action(act(async () => (await import("./handles.ts")).revoke));
  handles
    .command("log")
    .description("what was asked through handles, the newest last")
    .option("-n, --limit <n>", "how many at most", "50")
    .option("--verify", "look at every entry: exits 1 and names the first that is not as it was written")
    .option("--against <file>", "with --verify: checkpoints that were kept elsewhere")
    .option("--checkpoint", "print the newest signed checkpoint, to be kept elsewhere")
    .action(act(async () => (await import("./handle-log.ts")).log));
  program
    .command("secrets")
    .description("hand a connection over")
    .command("export [connection]")
    .description("print its credentials for another program; it is then no longer refreshed here")
    .addOption(
      new Option("--to <format>", "format")
        .choices(["env", "dotenv", "aws-ssm", "gcp", "tfvars"])
        .makeOptionMandatory(),
    )
    .option("--prefix <prefix>", "prefix of the names")
    .option("--yes", "do not ask")
    .action(act(async () => (await import("./secrets.ts")).exportSecrets));
}

function everyday(program: Command, act: Act): void {
  program
    .command("doctor [site-or-connection]")
    .description("say what is wrong, why, and the next step; without a name, of everything there is")
    .option("--last", "explain the last dance or call that failed")
    .option("--explain <file>", "name the cause in what another program or a page said; - for stdin")
    .option("--flavor <flavor>", "with --explain: which kind of Jira it came from")
    .action(act(async () => (await import("./doctor.ts")).doctor));
  const connection = ["-c, --connection <connection>", "which connection"] as const;
  program
    .command("issue <key>")
    .description("read an issue")
    .option(...connection)
    .action(act(async () => (await import("./read.ts")).issue));
  program
    .command("search <jql>")
    .description("search issues")
    .option(...connection)
    .option("--limit <n>", "how many at most", "50")
    .option("--fields <fields>", "fields, separated by commas")
    .action(act(async () => (await import("./read.ts")).search));
  program
    .command("whoami")
    .description("who Jira says we are")
    .option(...connection)
    .action(act(async () => (await import("./read.ts")).whoami));
}
