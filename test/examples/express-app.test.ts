import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { type Browser, createBrowser, type Page } from "../connect/browser.ts";
import { freePort, type Program, startProgram } from "./program.ts";

const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
let folder = "";
let sandbox: RunningSandbox;
let port = 0;

beforeAll(async () => {
  port = await freePort();
  folder = await mkdtemp(join(tmpdir(), "latchkey-express-"));
  const public_key = keys.publicKey.export({ type: "spki", format: "pem" }).toString();
  await writeFile(
    join(folder, "key.pem"),
    keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    { mode: 0o600 },
  );
  sandbox = await startSandbox({
    redirectUris: [`http://localhost:${port}/sessions/callback`],
    consumers: [{ key: "OauthKey", public_key, name: "Forty Lines" }],
  });
});
afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
});

type Kind = { readonly name: string; readonly env: () => NodeJS.ProcessEnv; readonly person: string };
const KINDS: readonly Kind[] = [
  {
    name: "Cloud",
    env: () => ({
      JIRA_AUTH_URL: sandbox.cloudUrl,
      JIRA_API_URL: sandbox.cloudUrl,
      CLIENT_ID: "sandbox-cloud-app",
      CLIENT_SECRET: "sandbox-cloud-secret",
    }),
    person: "Alana Example",
  },
  {
    name: "Data Center with OAuth 2.0",
    env: () => ({
      JIRA_BASE_URL: sandbox.dataCenterUrl,
      CLIENT_ID: "sandbox-dc-app",
      CLIENT_SECRET: "sandbox-dc-secret",
    }),
    person: "alana",
  },
  {
    name: "Data Center with OAuth 1.0a",
    env: () => ({
      JIRA_BASE_URL: sandbox.dataCenterUrl,
      CONSUMER_KEY: "OauthKey",
      PRIVATE_KEY_FILE: join(folder, "key.pem"),
    }),
    person: "alana",
  },
];

/** Presses the button of the product and of the connect page, signs in, and stops before the consent. */
async function toConsent(browser: Browser): Promise<Page> {
  const home = await browser.open(`http://localhost:${port}/`);
  const connect = await browser.follow(home, "Connect to Jira");
  expect(connect.text).toContain("Forty Lines");
  const login = await browser.submit(connect, { button: "Connect to Jira", form: 1 });
  return browser.submit(login, { fields: { username: "alana", password: "alana" } });
}

/** Cloud asks on its consent page for which site. */
function siteOn(consent: Page): Record<string, string> {
  const acme = sandbox.control.state().sites.find((site) => site.id === "acme")?.cloudId ?? "";
  return consent.forms.some((form) => form.names.includes("cloud_id")) ? { cloud_id: acme } : {};
}

describe.each(KINDS)("the Express product on $name", { timeout: 60_000 }, ({ name, env, person }) => {
  let app: Program;
  beforeEach(async () => {
    const home = join(folder, name.replaceAll(" ", "-"));
    app = startProgram("examples/express-app/app.ts", {
      cwd: folder,
      env: { PORT: String(port), LATCHKEY_HOME: home, ...env() },
    });
    await app.says(`http://localhost:${port}`);
  });
  afterEach(() => app.stop());

  test("connects, greets the person by name and shows JJ-2; another visitor sees nothing of it", async () => {
    const browser = createBrowser();
    const consent = await toConsent(browser);
    const back = await browser.submit(consent, { button: "approve", fields: siteOn(consent) });
    expect(back.url).toBe(`http://localhost:${port}/`);
    expect(back.text).toContain(`Authorized username: ${person}`);
    expect(back.text).toContain("JJ-2: Jira Junior logo is not pink enough");

    const connections = await browser.open(`http://localhost:${port}/sessions/`);
    const link = connections.links.find((one) => one.href.startsWith("/sessions/connections/con_"));
    const address = `http://localhost:${port}${link?.href}`;
    expect((await browser.open(address)).status).toBe(200);

    const other = createBrowser();
    const first = await other.open(`http://localhost:${port}/`);
    expect(first.text).toBe("Connect to Jira");
    expect((await other.open(address)).status).toBe(404);
  });

  test("says on a page of its own that the person refused", async () => {
    const browser = createBrowser();
    const refused = await browser.submit(await toConsent(browser), { button: "deny" });
    expect(refused.url).toContain(`http://localhost:${port}/sessions/connect/failed`);
    expect(refused.text).toMatch(/refused|denied|not approve/i);
    const again = await browser.submit(refused, { button: "Try again" });
    expect(new URL(again.url).origin).not.toBe(`http://localhost:${port}`);
  });
});
