/** A home directory with a connection to a sandbox, for real processes of the command line. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compose } from "../../src/compose.ts";
import { loadConfig } from "../../src/config/index.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { Secret } from "../../src/secret.ts";

const PROGRAM = fileURLToPath(new URL("../../src/bin.ts", import.meta.url));
const CALLBACK = "http://localhost:8085/callback";

export type Ended = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
};

export type House = {
  readonly sandbox: RunningSandbox;
  readonly home: string;
  readonly connection_id: string;
  /** A process of the command line; `killed` as soon as it has said so many lines. */
  run(
    args: readonly string[],
    options?: { readonly kill_after_ms?: number; readonly input?: string },
  ): {
    readonly child: ChildProcess;
    readonly ended: Promise<Ended>;
  };
  control(path: string, body?: unknown): Promise<Record<string, unknown>>;
  /** How many issues there are at all sites. */
  issues(): number;
  close(): Promise<void>;
};

export async function openHouse(
  flavor: "cloud" | "datacenter-oauth2",
  lag_s: number,
  home: string,
): Promise<House> {
  const sandbox = await startSandbox({ autoApprove: "alana", redirectUris: [CALLBACK] });
  const env = {
    LATCHKEY_HOME: home,
    LATCHKEY_PUSH_INDEX_LAG_S: String(lag_s),
    LATCHKEY_APPLICATION: "Idea board",
  };
  const connection_id = await connect(env, sandbox, flavor);
  return {
    sandbox,
    home,
    connection_id,
    run(args, { kill_after_ms, input } = {}) {
      const child = spawn(process.execPath, [PROGRAM, ...args], {
        stdio: ["pipe", "pipe", "pipe"],
        env: { ...process.env, ...env, NODE_COMPILE_CACHE: join(home, "compiled") },
      });
      child.stdin.on("error", () => {});
      child.stdin.end(input ?? "");
      const said = { out: "", err: "" };
      child.stdout.on("data", (chunk) => {
        said.out += String(chunk);
      });
      child.stderr.on("data", (chunk) => {
        said.err += String(chunk);
      });
      const ended = new Promise<Ended>((resolve) => {
        child.once("close", (code, signal) => resolve({ code, signal, ...said }));
      });
      if (kill_after_ms !== undefined) {
        const timer = setTimeout(() => child.kill("SIGKILL"), kill_after_ms);
        void ended.then(() => clearTimeout(timer));
      }
      return { child, ended };
    },
    async control(path, body) {
      const answer = await fetch(`${sandbox.cloudUrl}/__sandbox/${path}`, {
        ...(body === undefined
          ? {}
          : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as Record<string, unknown>;
    },
    issues: () => sandbox.control.state().sites.reduce((sum, site) => sum + site.issues, 0),
    close: () => sandbox.stop(),
  };
}

/** The dance, with the sandbox approving as alana. */
async function connect(
  env: Readonly<Record<string, string>>,
  { cloudUrl, dataCenterUrl }: RunningSandbox,
  flavor: "cloud" | "datacenter-oauth2",
): Promise<string> {
  const parts = await compose(loadConfig({ env, flags: {} }));
  const cloud = flavor === "cloud";
  await parts.vault.registrations.add({
    id: "jira",
    flavor,
    client_id: cloud ? "sandbox-cloud-app" : "sandbox-dc-app",
    client_secret: new Secret(cloud ? "sandbox-cloud-secret" : "sandbox-dc-secret"),
    redirect_uri: CALLBACK,
    scope: cloud ? ["read:jira-user", "read:jira-work", "write:jira-work", "offline_access"] : ["WRITE"],
    allowance: true,
    ...(cloud
      ? { auth_url: cloudUrl, api_url: cloudUrl, cloud_sites: `${cloudUrl}/sites/{name}` }
      : { site_base_url: dataCenterUrl }),
  });
  const binding = new Secret(randomBytes(32).toString("base64url"));
  const begun = await parts.connect.begin({ owner: "local", registration_id: "jira", binding });
  const answer = await fetch(begun.authorize_url, { redirect: "manual" });
  const params = new URL(answer.headers.get("location") ?? "").searchParams;
  const done = await parts.connect.complete({ registration_id: "jira", params, binding });
  await parts.close();
  if (done.kind !== "connected") throw new Error(`The dance ended with ${done.kind}.`);
  return done.connection.id;
}
