import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { createBrowser } from "../connect/browser.ts";
import { type Ended, freePort, type Program, runProgram, startProgram } from "./program.ts";

const FILE = "examples/service-desk/desk.ts";

let folder = "";
let port = 0;
let sandbox: RunningSandbox;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "latchkey-desk-"));
  port = await freePort();
  sandbox = await startSandbox({ redirectUris: [`http://localhost:${port}/callback/jsm`] });
});
afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
});

function options(...args: string[]) {
  const env = {
    PORT: String(port),
    LATCHKEY_HOME: join(folder, "home"),
    JIRA_AUTH_URL: sandbox.cloudUrl,
    JIRA_API_URL: sandbox.cloudUrl,
    CLIENT_ID: "sandbox-cloud-app",
    CLIENT_SECRET: "sandbox-cloud-secret",
  };
  return { cwd: folder, env, args };
}

/** Goes from the connect page through Jira and back. */
async function approve(program: Program): Promise<void> {
  await program.says(`Open http://localhost:${port}/connect`);
  const browser = createBrowser();
  const page = await browser.open(`http://localhost:${port}/connect`);
  const login = await browser.submit(page, { form: 1 });
  const consent = await browser.submit(login, { fields: { username: "alana", password: "alana" } });
  expect(consent.text).toContain("read:servicedesk-request");
  const acme = sandbox.control.state().sites.find((site) => site.id === "acme")?.cloudId ?? "";
  const back = await browser.submit(consent, { button: "approve", fields: { cloud_id: acme } });
  expect(back.status).toBe(200);
}

const raised = ({ stdout }: Ended) => /^Raised (HELP-\d+): (.*)$/m.exec(stdout);

describe("examples/service-desk", { timeout: 90_000 }, () => {
  test("a person connects; the program knows her by /me, lists what can be asked, raises a request", async () => {
    const program = startProgram(FILE, options("Request access", "The wiki, please"));
    await approve(program);
    const ended = await program.ended;
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout).toMatch(
      /^I am Alana Example <alana@example\.com>, account \S+, at \S+\/sites\/acme\n/,
    );
    expect(sandbox.control.requests().some((request) => request.path === "/me")).toBe(true);
    for (const name of ["Get IT help", "Report a bug", "Request access", "Order equipment"]) {
      expect(ended.stdout).toContain(`  ${name}: `);
    }
    const [, key, summary] = raised(ended) ?? [];
    expect(summary).toBe("The wiki, please");
    expect(ended.stdout).toMatch(new RegExp(`My requests\\n(?:.*\\n)*  ${key}  \\S`));
  });

  test("a second run uses the connection it has, and asks for nothing more than its scopes allow", async () => {
    const ended = await runProgram(FILE, options());
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stderr).toBe("");
    expect(raised(ended)).toBeNull();
    const refused = sandbox.control.requests().filter((request) => /scope/.test(request.reason ?? ""));
    expect(refused).toEqual([]);
  });

  test("a type that no desk offers is said, and nothing is raised", async () => {
    const ended = await runProgram(FILE, options("Buy a pony", "Now"));
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('No desk offers "Buy a pony".');
    expect(raised(ended)).toBeNull();
  });
});
