import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { createBrowser, type Page } from "../connect/browser.ts";
import { type Terminal, terminal } from "./terminal.ts";

let jira: RunningSandbox;
let callback = "";

beforeAll(async () => {
  callback = `http://localhost:${await freePort()}/callback`;
  jira = await startSandbox({ port: 0, redirectUris: [callback] });
});

afterAll(async () => {
  await jira.stop();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Signs in at the sandbox and presses the button, as a person would. */
async function decide(
  authorize_url: string,
  button: "approve" | "deny",
  browser = createBrowser(),
): Promise<Page> {
  const login = await browser.open(authorize_url);
  const consent = await browser.submit(login, { fields: { username: "alana", password: "alana" } });
  const form = consent.forms.find((one) => one.buttons.some((b) => b.name === button));
  const cloud_id = form?.names.includes("cloud_id")
    ? /value="([0-9a-f-]{36})"[^>]*>[^<]*acme/i.exec(consent.html)?.[1]
    : undefined;
  return browser.submit(consent, {
    button,
    ...(cloud_id && button === "approve" ? { fields: { cloud_id } } : {}),
  });
}

async function registerCloud(shell: Terminal): Promise<void> {
  const added = await shell.run(
    [
      "registrations",
      "add",
      "cloud",
      "--client-id",
      "sandbox-cloud-app",
      "--client-secret-file",
      "-",
      "--redirect-uri",
      callback,
      "--auth-url",
      jira.cloudUrl,
      "--api-url",
      jira.cloudUrl,
      "--cloud-sites",
      `${jira.cloudUrl}/sites/{name}`,
    ],
    { stdin: "sandbox-cloud-secret\n" },
  );
  expect(added).toMatchObject({ code: 0, stdout: "cloud\n" });
}

async function registerDataCenter(shell: Terminal): Promise<void> {
  const added = await shell.run(
    [
      "registrations",
      "add",
      "dc2",
      "--site",
      jira.dataCenterUrl,
      "--client-id",
      "sandbox-dc-app",
      "--client-secret-file",
      "-",
      "--redirect-uri",
      callback,
    ],
    { stdin: "sandbox-dc-secret" },
  );
  expect(added).toMatchObject({ code: 0, stdout: "dc2\n" });
}

async function registerOAuth1(shell: Terminal): Promise<void> {
  const made = await shell.run(["keys", "generate", "--out", shell.home]);
  expect(made.code).toBe(0);
  jira.control.register({
    consumers: [
      {
        key: "OauthKey",
        name: "Example Jira app",
        public_key: readFileSync(join(shell.home, "jira_publickey.pem"), "utf8"),
      },
    ],
  });
  const one_line = made.stdout.trim().split("\n").at(-1)!;
  const properties = join(shell.home, "config.properties");
  writeFileSync(
    properties,
    `# the classic walk\njira_home=${jira.dataCenterUrl.replace(":", "\\:")}\nconsumer_key = OauthKey\nprivate_key: ${one_line}\n`,
  );
  const added = await shell.run(["registrations", "add", "oauth", "--from", properties]);
  expect(added).toMatchObject({ code: 0, stdout: "oauth\n" });
}

async function readsJira(shell: Terminal, site: string): Promise<void> {
  const issue = await shell.run(["issue", "JJ-2"]);
  expect(issue).toMatchObject({ code: 0 });
  expect(issue.stdout).toContain("JJ-2");
  const whoami = await shell.run(["whoami", "--json"]);
  expect(JSON.parse(whoami.stdout)).toMatchObject({ display_name: "Alana Example", site });
  const search = await shell.run(["search", "project = JJ order by key", "--json"]);
  expect((JSON.parse(search.stdout) as { key: string }[]).map((found) => found.key)).toContain("JJ-2");
  const tested = await shell.run(["connections", "test"]);
  expect(tested).toMatchObject({ code: 0 });
}

describe("connecting from a terminal", () => {
  it("catches the redirect on the registration's loopback address (Cloud)", async () => {
    const shell = terminal();
    await registerCloud(shell);
    const session = shell.start(["connect", "acme"]);
    const [, url] = await session.until(/^(http\S+\/authorize\?\S+)$/m);
    const landed = await decide(url!, "approve");
    expect(landed.text).toContain("Latchkey has the answer");
    const ended = await session.ended;
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(/^con_\w+\n$/);
    expect(ended.stderr).toContain("as Alana Example");
    await readsJira(shell, `${jira.cloudUrl}/sites/acme`);
  });

  it("takes the whole failed redirect pasted back, as over ssh (Data Center, OAuth 2.0)", async () => {
    const shell = terminal();
    await registerDataCenter(shell);
    const session = shell.start(["connect", `${jira.dataCenterUrl}/browse/JJ-2`, "--no-browser"]);
    const [, url] = await session.until(/^\s*(http\S+\/rest\/oauth2\/latest\/authorize\?\S+)$/m);
    const failed = await decide(
      url!,
      "approve",
      createBrowser({ stopAt: (at) => at.href.startsWith(callback) }),
    );
    expect(failed.stopped).toBe(true);
    session.write(`${failed.url}\n`);
    expect(await session.ended).toMatchObject({ code: 0 });
    await readsJira(shell, jira.dataCenterUrl);
  });

  it("connects no other site than the one --choose names, even where SITE was granted", async () => {
    const shell = terminal();
    await registerCloud(shell);
    const session = shell.start(["connect", "acme", "--choose", "globex"]);
    const [, url] = await session.until(/^(http\S+\/authorize\?\S+)$/m);
    await decide(url!, "approve");
    const ended = await session.ended;
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("site_not_granted");
  });

  it("says that the person declined, with the code of a failure", async () => {
    const shell = terminal();
    await registerCloud(shell);
    const session = shell.start(["connect", "acme", "--json"]);
    const [, url] = await session.until(/^(http\S+\/authorize\?\S+)$/m);
    await decide(url!, "deny");
    const ended = await session.ended;
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: "access_denied", exit: 1 } });
  });

  it("catches the answer of OAuth 1.0a on any free port", async () => {
    const shell = terminal();
    await registerOAuth1(shell);
    const session = shell.start(["connect", jira.dataCenterUrl]);
    const [, url] = await session.until(/^(http\S+\/plugins\/servlet\/oauth\/authorize\?\S+)$/m);
    await decide(url!, "approve");
    expect(await session.ended).toMatchObject({ code: 0 });
    await readsJira(shell, jira.dataCenterUrl);
  });

  it("refuses a pasted code where only the whole address proves whose it is", async () => {
    const shell = terminal();
    await registerCloud(shell);
    const session = shell.start(["connect", "acme", "--no-browser"]);
    await session.until(/Paste that whole address/);
    session.write("eyJhbGciOiJIUzI1NiJ9.code\n");
    const ended = await session.ended;
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toMatch(/whole/i);
  });
});

describe("the classic walk of OAuth 1.0a", () => {
  it("prints the tutorial's lines and ends with a connection named oauth1-walk", async () => {
    const shell = terminal();
    await registerOAuth1(shell);
    const step1 = await shell.run(["request-token"]);
    expect(step1.code).toBe(0);
    const [, token] = /^Token: {12}([A-Za-z0-9]{32})$/m.exec(step1.stdout)!;
    expect(step1.stdout).toMatch(/^Token Secret: {3}[A-Za-z0-9]{32}$/m);
    const authorize_url = `${jira.dataCenterUrl}/plugins/servlet/oauth/authorize?oauth_token=${token}`;
    expect(step1.stdout).toContain(`Retrieved request token. go to ${authorize_url} to authorize it\n`);

    const approved = await decide(authorize_url, "approve");
    expect(approved.text).toContain("You have successfully authorized 'Example Jira app'");
    const [, verifier] = /verification code is '(\w{6})'/.exec(approved.text)!;

    const step2 = await shell.run(["access-token", verifier!]);
    expect(step2.code).toBe(0);
    expect(step2.stdout).toMatch(/^Access Token: {9}[A-Za-z0-9]{32}\n$/);

    const url = `${jira.dataCenterUrl}/rest/api/latest/issue/JJ-2`;
    const step3 = await shell.run(["request", url, "-c", "oauth1-walk"]);
    expect(JSON.parse(step3.stdout)).toMatchObject({
      key: "JJ-2",
      fields: { project: { name: "Jira Junior" } },
    });
    expect(await shell.run(["request", "GET", url])).toMatchObject({ code: 0, stdout: step3.stdout });

    const twice = await shell.run(["access-token", verifier!]);
    expect(twice.code).not.toBe(0);
    expect(twice.stdout).toBe("");

    const json = async (...args: string[]) =>
      JSON.parse((await shell.run([...args, "--json"])).stdout) as unknown;
    const handle = await json("handles", "create", "-c", "oauth1-walk", "--policy", "raw");
    const { id } = handle as { id: string };
    expect(await json("handles", "revoke", id)).toEqual({ id, revoked: true });
    expect(await json("secrets", "export", "oauth1-walk", "--to", "tfvars", "--yes")).toMatchObject({
      to: "tfvars",
      values: { jira_consumer_key: "OauthKey", jira_site_url: jira.dataCenterUrl },
    });
    expect(await json("connections", "remove", "oauth1-walk", "--yes")).toMatchObject({ removed: true });
    expect(await json("registrations", "remove", "oauth", "--yes")).toEqual({ id: "oauth", removed: true });
  });
});

describe("latchkey request", () => {
  it("refuses a URL outside every connection's base before any credential is attached", async () => {
    const shell = terminal();
    await registerOAuth1(shell);
    const step1 = await shell.run(["request-token"]);
    const approved = await decide(/go to (\S+)/.exec(step1.stdout)![1]!, "approve");
    await shell.run(["access-token", /code is '(\w{6})'/.exec(approved.text)![1]!]);
    const seen: (string | undefined)[] = [];
    const stranger = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end("{}");
    });
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    const { port } = stranger.address() as AddressInfo;
    for (const url of [
      `http://127.0.0.1:${port}/jira/rest/api/2/myself`,
      `${jira.dataCenterUrl}x/rest/api/2/myself`,
      `${jira.dataCenterUrl.replace("//", "//me@")}/rest`,
    ]) {
      const ended = await shell.run(["request", url]);
      expect(ended).toMatchObject({ code: 2, stdout: "" });
      expect(ended.stderr).toContain("url_outside_connections");
    }
    stranger.close();
    expect(seen).toEqual([]);
  });

  it("asks which connection where several fit, with a list and exit code 2", async () => {
    const shell = terminal();
    await registerOAuth1(shell);
    await registerDataCenter(shell);
    const step1 = await shell.run(["request-token"]);
    const approved = await decide(/go to (\S+)/.exec(step1.stdout)![1]!, "approve");
    await shell.run(["access-token", /code is '(\w{6})'/.exec(approved.text)![1]!]);
    const session = shell.start(["connect", jira.dataCenterUrl, "--registration", "dc2"]);
    const [, url] = await session.until(/^(http\S+authorize\?\S+)$/m);
    await decide(url!, "approve");
    await session.ended;
    const ended = await shell.run(["request", "/rest/api/2/myself"]);
    expect(ended.code).toBe(2);
    expect(ended.stderr.match(/con_\w+/g)).toHaveLength(2);
    expect((await shell.run(["request", "/rest/api/2/myself", "-c", "oauth1-walk"])).code).toBe(0);
  });

  it("writes with a method and a body, follows pages, and passes Jira's refusal on", async () => {
    const shell = terminal();
    await registerCloud(shell);
    const session = shell.start(["connect", "acme"]);
    await decide((await session.until(/^(http\S+\/authorize\?\S+)$/m))[1]!, "approve");
    await session.ended;
    const body = JSON.stringify({
      body: {
        type: "doc",
        version: 1,
        content: [{ type: "paragraph", content: [{ type: "text", text: "said from a terminal" }] }],
      },
    });
    const posted = await shell.run(["request", "POST", "/rest/api/3/issue/JJ-2/comment", "--data", "-"], {
      stdin: body,
    });
    expect(posted.code).toBe(0);
    const comments = await shell.run(["request", "/rest/api/3/issue/JJ-2/comment", "--paginate"]);
    expect(comments.stdout).toContain("said from a terminal");
    expect((await shell.run(["request", "/rest/api/3/issue/JJ-2/comment", "--data", "{}"])).code).toBe(2);
    expect((await shell.run(["request", "post", "/rest/api/3/issue"])).code).toBe(2);
    const wrong = await shell.run(["search", "nonsense = 1"]);
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/Jira says: .*nonsense/);
    const inJson = await shell.run(["search", "nonsense = 1", "--json"]);
    expect(JSON.parse(inJson.stdout)).toMatchObject({
      error: { code: "jira_bad_request", details: { status: 400, jira: expect.anything() } },
    });
    const missing = await shell.run(["request", "/rest/api/3/issue/NOPE-1"]);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain("jira_not_found");
  });
});

describe("keys generate", () => {
  it("writes three files, the private one for its owner only, and never overwrites", async () => {
    const shell = terminal();
    const first = await shell.run(["keys", "generate", "--json"]);
    expect(JSON.parse(first.stdout)).toMatchObject({ bits: 2048 });
    const private_key = readFileSync(join(shell.home, "jira_privatekey.pem"), "utf8");
    expect(private_key).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(readFileSync(join(shell.home, "jira_publickey.pem"), "utf8")).toMatch(
      /^-----BEGIN PUBLIC KEY-----/,
    );
    expect(readFileSync(join(shell.home, "jira_publickey.cer"), "utf8")).toMatch(
      /^-----BEGIN CERTIFICATE-----/,
    );
    expect((await import("node:fs")).statSync(join(shell.home, "jira_privatekey.pem")).mode & 0o777).toBe(
      0o600,
    );
    const body = private_key.replace(/-----[^-]+-----|\s/g, "");
    expect(JSON.parse(first.stdout)).toMatchObject({ private_one_line: body });
    const again = await shell.run(["keys", "generate"]);
    expect(again.code).toBe(2);
    expect(readFileSync(join(shell.home, "jira_privatekey.pem"), "utf8")).toBe(private_key);
    expect((await shell.run(["keys", "generate", "--out", "/proc/nowhere"])).code).toBe(78);
  });
});
