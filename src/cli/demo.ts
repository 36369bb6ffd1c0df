import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Config, loadConfig, makeDirectory } from "../config/index.ts";
import { LatchkeyError } from "../errors.ts";
import { FLAVORS } from "../protocol/index.ts";
import { type RunningSandbox, SandboxRefusal, startSandbox } from "../sandbox/index.ts";
import { Secret } from "../secret.ts";
import { generateKeyPair, type RegistrationInput, type Vault } from "../vault/index.ts";
import { type Context, demoHome, optionsOnly } from "./context.ts";
import { startGateway, untilStopped } from "./serve.ts";

/** The consumer key under which the sandbox's Data Center knows the demo. */
const CONSUMER_KEY = "latchkey-demo";
/** The loopback callback that both OAuth 2.0 applications of the sandbox know besides the gateway's. */
const TERMINAL = "http://localhost:8085/callback";

/** `latchkey demo`, which `npm start` runs: the gateway and a sandbox Jira, wired together; kept between starts. */
export async function demo(context: Context): Promise<void> {
  const config = demoConfig(context);
  // Before the sandbox writes there: the home of a vault is its owner's alone.
  makeHome(config.home);
  const jira = await sandboxFor(config, Number(context.flags.sandboxPort ?? 8090));
  try {
    const serving = await startGateway(config, context.io, {
      demo: { cloud: jira.cloudUrl, datacenter: jira.dataCenterUrl },
    });
    try {
      await register(serving.parts.vault, serving.address, jira, context.io.now);
      announce(context, config, serving.address, jira, await serving.gateway.adminAddress());
      await untilStopped();
    } finally {
      await serving.close();
    }
  } finally {
    await jira.stop();
  }
}

/** The demo keeps its own home beside the clone unless one was named, and says little on the log. */
function demoConfig(context: Context): Config {
  const flags = optionsOnly(context.flags);
  const config = loadConfig({ env: context.io.env, flags, default_home: demoHome(process.cwd()) });
  const quiet = config.sources.log_level === "default" ? { log_level: "warn" as const } : {};
  return {
    ...config,
    ...quiet,
    application: config.sources.application === "default" ? "Latchkey demo" : config.application,
  };
}

function makeHome(path: string): void {
  try {
    makeDirectory(path);
  } catch (cause) {
    throw new LatchkeyError("home_unwritable", `${path} cannot be made.`, { cause });
  }
}

async function sandboxFor(config: Config, port: number): Promise<RunningSandbox> {
  if (!Number.isInteger(port) || port < 0 || port > 65_534) {
    throw new LatchkeyError("usage", `--sandbox-port must be a port, not ${port}.`);
  }
  try {
    return await startSandbox({ port, state: join(config.home, "sandbox.json") });
  } catch (error) {
    if (!(error instanceof SandboxRefusal)) throw error;
    throw new LatchkeyError(/in use/.test(error.message) ? "port_in_use" : "config_invalid", error.message, {
      cause: error,
      fix: "Stop what uses it, or choose another with --sandbox-port.",
    });
  }
}

/** The demo is known to both Jiras: two OAuth 2.0 applications and one application link. */
async function register(
  vault: Vault,
  address: string,
  jira: RunningSandbox,
  now: () => number,
): Promise<void> {
  const callback = (id: string) => `${address}/callback/${id}`;
  await upsert(vault, {
    id: "sandbox-cloud",
    title: "Sandbox Jira Cloud",
    flavor: "cloud",
    client_id: "sandbox-cloud-app",
    client_secret: new Secret("sandbox-cloud-secret"),
    redirect_uri: callback("sandbox-cloud"),
    terminal_redirect_uri: TERMINAL,
    scope: [...FLAVORS.cloud.default_scopes, "read:servicedesk-request", "write:servicedesk-request"],
    auth_url: jira.cloudUrl,
    api_url: jira.cloudUrl,
    cloud_sites: `${jira.cloudUrl}/sites/{name}`,
    allowance: true,
  });
  await upsert(vault, {
    id: "sandbox-dc2",
    title: "Sandbox Jira Data Center (OAuth 2.0)",
    flavor: "datacenter-oauth2",
    site_base_url: jira.dataCenterUrl,
    client_id: "sandbox-dc-app",
    client_secret: new Secret("sandbox-dc-secret"),
    redirect_uri: callback("sandbox-dc2"),
    terminal_redirect_uri: TERMINAL,
    scope: ["WRITE"],
    allowance: true,
  });
  await oauth1(vault, callback("sandbox-dc1"), jira, now);
  jira.control.register({ redirect_uris: [callback("sandbox-cloud"), callback("sandbox-dc2"), TERMINAL] });
}

async function oauth1(
  vault: Vault,
  redirect_uri: string,
  jira: RunningSandbox,
  now: () => number,
): Promise<void> {
  const known = await vault.registrations.find("sandbox-dc1");
  const pair = known ? undefined : await generateKeyPair({ now });
  await upsert(vault, {
    id: "sandbox-dc1",
    title: "Sandbox Jira Data Center (OAuth 1.0a)",
    flavor: "datacenter-oauth1",
    site_base_url: jira.dataCenterUrl,
    client_id: CONSUMER_KEY,
    redirect_uri,
    scope: [],
    allowance: true,
    ...(pair ? { private_key: pair.private_pem } : {}),
  });
  const { public_key } = await vault.registrations.get("sandbox-dc1");
  if (!public_key) return;
  jira.control.register({
    consumers: [
      { key: CONSUMER_KEY, name: "Latchkey demo", public_key: public_key.public_pem, callback: redirect_uri },
    ],
  });
}

async function upsert(vault: Vault, input: RegistrationInput): Promise<void> {
  if (await vault.registrations.find(input.id)) await vault.registrations.update(input.id, input);
  else await vault.registrations.add(input);
}

function announce(
  context: Context,
  config: Config,
  address: string,
  jira: RunningSandbox,
  admin: string,
): void {
  if (context.voice.wantsJson) {
    context.voice.json({
      address,
      admin,
      cloud: jira.cloudUrl,
      datacenter: jira.dataCenterUrl,
      home: config.home,
    });
    return;
  }
  const { bold, dim } = context.voice.color;
  const bin = existsSync("package.json") ? "npx --no-install latchkey" : "latchkey";
  context.voice.say(
    [
      "",
      `${bold("Latchkey is running.")} Open ${bold(address)} and press Connect to Jira.`,
      "",
      `  Jira Cloud         ${jira.cloudUrl}   ${dim("sites acme and globex")}`,
      `  Jira Data Center   ${jira.dataCenterUrl}`,
      `  Sign in there as   alana / alana   ${dim("also william / william, admin / admin")}`,
      `  Admin page         ${admin}   ${dim("opens once")}`,
      "",
      "  From a terminal, in this directory:",
      `    export LATCHKEY_HOME=${config.home}`,
      `    ${bin} connect acme`,
      `    ${bin} issue JJ-2`,
      "",
      dim(`  Both Jiras are a sandbox on this machine. Everything is kept in ${config.home}; Ctrl+C stops.`),
    ].join("\n"),
  );
}
