/** The room of the dances on real ground: a sandbox Jira, a database in a temporary folder, a real outward door. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Connect, createConnect } from "../../src/connect/index.ts";
import { createLog, type Log } from "../../src/log.ts";
import type { Flavor } from "../../src/protocol/index.ts";
import { type RunningSandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/index.ts";
import { Secret } from "../../src/secret.ts";
import { openStore, type Store } from "../../src/store/index.ts";
import { type Allowance, createTransport, type Transport } from "../../src/transport.ts";
import {
  generateKeyPair,
  type KeyPair,
  loadKeyring,
  newKeyText,
  openVault,
  type RegistrationInput,
  type Vault,
} from "../../src/vault/index.ts";
import { type Browser, createBrowser, type Page } from "./browser.ts";

export const OWNER = "alana@product.example";
/** Nobody listens here: the browser stops before it, and the test plays the callback page. */
export const CALLBACK = "http://localhost:8085/callback";

export type Hall = {
  readonly sandbox: RunningSandbox;
  readonly connect: Connect;
  readonly vault: Vault;
  readonly store: Store;
  readonly transport: Transport;
  readonly log: Log;
  readonly lines: string[];
  readonly keys: KeyPair;
  /** Where the database lies. */
  readonly folder: string;
  readonly clock: { ahead_ms: number };
  /** A further allowance of the operator. */
  readonly allow: (url: string) => void;
  now(): number;
  close(): Promise<void>;
};

let sharedKeys: Promise<KeyPair> | undefined;

/** One pair for all tests of a file: making one takes a while. */
export function keyPair(): Promise<KeyPair> {
  sharedKeys ??= generateKeyPair({ now: Date.now });
  return sharedKeys;
}

export async function openHall(options: SandboxOptions = {}): Promise<Hall> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-connect-"));
  const clock = { ahead_ms: 0 };
  const now = () => Date.now() + clock.ahead_ms;
  const lines: string[] = [];
  const log = createLog({ write: (line) => lines.push(line), level: "debug", now });
  const keys = await keyPair();
  const sandbox = await startSandbox({
    redirectUris: [CALLBACK],
    consumers: [{ key: "OauthKey", public_key: keys.public_pem, name: "Example Jira app" }],
    ...options,
  });
  const allowances: Allowance[] = [];
  const allow = (text: string) => {
    const url = new URL(text);
    allowances.push({ origin: url.origin, base_path: url.pathname });
  };
  allow(sandbox.cloudUrl);
  allow(sandbox.dataCenterUrl);
  const store = await openStore({ url: `sqlite:${join(folder, "latchkey.db")}`, now });
  const transport = createTransport({ allowances: () => allowances, log });
  const keyring = await loadKeyring({ current: newKeyText(randomBytes) });
  const vault = await openVault({ store, keyring, transport, now, random: randomBytes, log });
  const parts = { vault, store, transport, now, random: randomBytes, log, probe_timeout_ms: 2_000 };
  return {
    ...parts,
    sandbox,
    connect: createConnect(parts),
    lines,
    keys,
    folder,
    clock,
    allow,
    async close() {
      await transport.close();
      await store.close();
      await sandbox.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The three registrations a demo has, at the sandbox. */
export function registrationInput(hall: Hall, flavor: Flavor): RegistrationInput {
  const { cloudUrl, dataCenterUrl } = hall.sandbox;
  if (flavor === "cloud") {
    return {
      id: "cloud",
      flavor,
      client_id: "sandbox-cloud-app",
      client_secret: new Secret("sandbox-cloud-secret"),
      cloud_sites: `${cloudUrl}/sites/{name}`,
      redirect_uri: CALLBACK,
      scope: ["read:jira-user", "read:jira-work", "write:jira-work", "offline_access"],
      auth_url: cloudUrl,
      api_url: cloudUrl,
      allowance: true,
    };
  }
  if (flavor === "datacenter-oauth2") {
    return {
      id: "dc2",
      flavor,
      client_id: "sandbox-dc-app",
      client_secret: new Secret("sandbox-dc-secret"),
      site_base_url: dataCenterUrl,
      redirect_uri: CALLBACK,
      scope: ["WRITE"],
      allowance: true,
    };
  }
  return {
    id: "dc1",
    flavor,
    client_id: "OauthKey",
    private_key: hall.keys.private_pem,
    site_base_url: dataCenterUrl,
    redirect_uri: CALLBACK,
    scope: [],
    allowance: true,
  };
}

export async function register(
  hall: Hall,
  flavor: Flavor,
  change: Partial<RegistrationInput> = {},
): Promise<string> {
  const { id } = await hall.vault.registrations.add({ ...registrationInput(hall, flavor), ...change });
  return id;
}

export function newBinding(): Secret {
  return new Secret(randomBytes(32).toString("base64url"));
}

/** A browser that stops at the callback, so that the test holds the answer in its hands. */
export function personsBrowser(): Browser {
  return createBrowser({ stopAt: (url) => url.pathname.startsWith("/callback") });
}

export type Decision = {
  readonly user?: string;
  /** `approve` or `deny`. */
  readonly press?: "approve" | "deny";
  /** Name of the Cloud site to choose on the consent page; default `acme`. */
  readonly site?: string;
};

/** Signs in where asked, decides on the consent page, and returns where that leads. */
export async function decide(
  browser: Browser,
  authorize_url: string,
  decision: Decision = {},
): Promise<Page> {
  const { user = "alana", press = "approve", site = "acme" } = decision;
  let page = await browser.open(authorize_url);
  if (page.forms.some((form) => form.names.includes("username"))) {
    page = await browser.submit(page, { fields: { username: user, password: user }, form: "login" });
  }
  if (page.stopped) return page;
  const fields = cloudIdFields(page, site);
  return browser.submit(page, { button: press, fields });
}

/** The consent page of Cloud asks for a site, the others do not. */
function cloudIdFields(page: Page, site: string): Record<string, string> {
  const form = page.forms.find((one) => one.names.includes("cloud_id"));
  if (form === undefined) return {};
  const ids = (form.options.get("cloud_id") ?? []).filter((id) => id !== "");
  const labels = ids.map((id) => ({ id, at: page.html.indexOf(`value="${id}"`) }));
  const named = labels.find(({ at }) => page.html.slice(at, at + 400).includes(site));
  return { cloud_id: (named ?? labels[0])?.id ?? "" };
}

/** The parameters Jira sent the browser back with. */
export function answerOf(page: Page): URLSearchParams {
  if (!page.stopped)
    throw new Error(`The browser did not come back, but stands at ${page.url}: ${page.text}`);
  return new URL(page.url).searchParams;
}
