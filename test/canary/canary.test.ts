import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Session, type Terminal, terminal } from "../cli/terminal.ts";
import { createBrowser, type Page } from "../connect/browser.ts";

/**
 * The whole product in real processes, used as a person uses it, with everything it says collected: pages,
 * headers, log, command output, metrics, files. Afterwards every secret that existed is looked for in all of it.
 */
type Said = { readonly where: string; readonly text: string };
const said: Said[] = [];
const secrets = new Map<string, string>();
let shell: Terminal;
let demo: Session;
let addresses: { address: string; cloud: string; datacenter: string; home: string };

const browser = createBrowser();

function heard(page: Page): Page {
  // The way to Jira and back must carry state, code and verifier; what is searched is what a page shows.
  const ours = page.url.startsWith(addresses.address);
  if (ours)
    said.push({
      where: `page ${page.url.split("?")[0]}`,
      text: `${page.html}\n${JSON.stringify({ ...page.headers, "set-cookie": undefined })}`,
    });
  for (const url of page.visited) collectFrom(new URL(url));
  return page;
}

function collectFrom(url: URL): void {
  for (const name of ["state", "code", "oauth_token", "oauth_verifier"]) {
    const value = url.searchParams.get(name);
    if (value && value.length >= 6) secrets.set(`${name} of ${url.pathname}`, value);
  }
}

async function connect(registration: string): Promise<void> {
  const home = heard(await browser.open(`${addresses.address}/connect`));
  const form = home.forms.findIndex((one) =>
    one.fields.some(([name, value]) => name === "registration" && value === registration),
  );
  let page = heard(await browser.submit(home, { form }));
  if (page.forms.some((one) => one.names.includes("username"))) {
    page = heard(await browser.submit(page, { fields: { username: "alana", password: "alana" } }));
  }
  const cloud_id = /value="([0-9a-f-]{36})"[^>]*>[^<]*acme/i.exec(page.html)?.[1];
  page = heard(
    await browser.submit(page, { button: "approve", ...(cloud_id ? { fields: { cloud_id } } : {}) }),
  );
  expect(page.text).toContain("Alana Example");
}

beforeAll(async () => {
  shell = terminal();
  demo = shell.start(["demo", "--port", "0", "--sandbox-port", "0", "--json", "--log-level", "debug"]);
  const [json] = await demo.until(/\{[\s\S]*?\n\}/);
  addresses = JSON.parse(json) as typeof addresses;
  for (const registration of ["sandbox-cloud", "sandbox-dc2", "sandbox-dc1"]) await connect(registration);
}, 60_000);

afterAll(async () => {
  await demo.stop();
});

/** Every token the sandbox gave out, from its own books. */
async function collectTokens(): Promise<void> {
  const { readFile } = await import("node:fs/promises");
  await fetch(`${addresses.cloud}/__sandbox/clock`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"advance_s": 0}',
  });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const text = await readFile(join(addresses.home, "sandbox.json"), "utf8");
  const walk = (value: unknown, name: string): void => {
    if (
      typeof value === "string" &&
      /token|secret|code|verifier|handle|cookie|session/i.test(name) &&
      value.length >= 20 &&
      !/redirect_uri$|scope$|_url$|public_key$/.test(name)
    )
      secrets.set(`sandbox ${name}`, value);
    else if (typeof value === "object" && value)
      for (const [key, inner] of Object.entries(value)) walk(inner, `${name}.${key}`);
  };
  walk((JSON.parse(text) as { auth?: unknown }).auth ?? JSON.parse(text), "auth");
}

type Listed = { id: string; flavor: string; error_code?: string };

/** Calls that fail with secrets in every corner, and all that is shown of them and of the dances. */
async function failures(connections: readonly Listed[]): Promise<void> {
  const canary = "planted-In-A-Call-7Hq2/+=";
  secrets.set("planted in a call", canary);
  for (const place of [addresses.cloud, addresses.datacenter]) {
    await fetch(`${new URL(place).origin}/__sandbox/faults`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify([
        { match: { path: "*/project/*" }, rewrite_url: "https://elsewhere.example" },
        {
          match: { path: "*/issue/*" },
          status: 500,
          headers: { "x-leak": canary, "set-cookie": `a=${canary}` },
        },
      ]),
    });
  }
  const about = encodeURIComponent(canary);
  const { id } = connections.find(({ flavor }) => flavor === "datacenter-oauth1")!;
  const made = await shell.run(["handles", "create", "-c", id, "--policy", "raw"]);
  const key = made.stdout.trim();
  secrets.set(`handle key of ${id}`, key);
  for (const path of ["project/JJ?a=1", `issue/JJ-2?jql=${about}`, `issue/JJ-2?startAt=${about}`]) {
    await fetch(`${addresses.address}/jira/${id}/rest/api/2/${path}`, {
      headers: { authorization: `Bearer ${key}`, "if-none-match": canary, cookie: canary },
    });
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  const list = heard(await browser.open(`${addresses.address}/calls`));
  const links = list.links.filter((one) => one.href.includes("/calls/cal_"));
  expect(links.length).toBeGreaterThanOrEqual(3);
  for (const link of links) heard(await browser.follow(list, link.href));
  const listed = JSON.parse((await shell.run(["dances", "list", "--json"])).stdout) as Listed[];
  const told = listed.find(({ error_code }) => error_code === "signature_invalid")!.id;
  for (const form of [[], ["--json"], ["--har", "-"]]) {
    const ended = await shell.run(["dances", "show", told, ...form]);
    said.push({ where: `latchkey dances show ${form.join(" ")}`, text: ended.stdout + ended.stderr });
  }
  const shown = said
    .filter(({ where }) => where.includes("dances show"))
    .map(({ text }) => text)
    .join("");
  for (const word of ["signature refused", "base string of step", '"_base_string"', "here it stopped"])
    expect(shown).toContain(word);
}

/** The forms in which a value could have leaked. */
function formsOf(value: string): string[] {
  const once = encodeURIComponent(value);
  return [
    ...new Set([
      value,
      once,
      encodeURIComponent(once),
      Buffer.from(value).toString("base64"),
      Buffer.from(value).toString("base64url"),
    ]),
  ];
}

describe("no secret is in any output", () => {
  it("of pages, refusals, the log, the command line, the metrics and the files, in any encoding", async () => {
    for (const path of [
      "/",
      "/dances",
      "/metrics",
      "/openapi.json",
      "/nothing-here",
      "/callback/sandbox-cloud?state=wrong&code=x",
      "/admin",
    ]) {
      heard(await browser.open(addresses.address + path));
    }
    const connections = JSON.parse((await shell.run(["connections", "list", "--json"])).stdout) as Listed[];
    expect(connections).toHaveLength(3);
    for (const { id } of connections) heard(await browser.open(`${addresses.address}/connections/${id}`));
    const dances = heard(await browser.open(`${addresses.address}/dances`));
    for (const link of dances.links.filter((one) => one.href.includes("/dances/dnc_")))
      heard(await browser.follow(dances, link.href));
    for (const args of [
      ["connections", "list"],
      ["connections", "list", "--json"],
      ["registrations", "list", "--json"],
      ["registrations", "show", "sandbox-dc1"],
      ["registrations", "check", "sandbox-cloud", "--json"],
      ["config"],
      ["handles", "list"],
    ]) {
      const ended = await shell.run(args);
      said.push({ where: `latchkey ${args.join(" ")}`, text: ended.stdout + ended.stderr });
    }
    const made = await shell.run(["handles", "create", "-c", connections[0]!.id, "--policy", "raw"]);
    secrets.set("handle key", made.stdout.trim());
    for (const path of ["rest/api/3/myself", "rest/auth/1/session", "rest/api/3/issue/NOPE-1"]) {
      const answer = await fetch(`${addresses.address}/jira/${connections[0]!.id}/${path}`, {
        headers: { authorization: `Bearer ${made.stdout.trim()}` },
      });
      said.push({
        where: `proxy ${path}`,
        text: `${await answer.text()}${JSON.stringify([...answer.headers])}`,
      });
    }
    await failures(connections);
    await collectTokens();
    secrets.set("vault key", readFileSync(join(addresses.home, "key"), "utf8").trim());
    secrets
      .set("client secret", "sandbox-cloud-secret")
      .set("client secret of Data Center", "sandbox-dc-secret");
    const { stdout, stderr } = await demo.stop();
    said.push({ where: "log", text: stderr + stdout.replace(/"admin": "[^"]*"/, "") });
    for (const name of readdirSync(addresses.home)) {
      if (!name.startsWith("latchkey.db")) continue;
      said.push({ where: name, text: readFileSync(join(addresses.home, name), "latin1") });
    }

    expect(said.length).toBeGreaterThan(25);
    expect(secrets.size).toBeGreaterThan(15);
    expect(said.find((one) => one.where === "log")?.text).toContain("http_exchange");
    const leaks = said.flatMap(({ where, text }) =>
      [...secrets].flatMap(([name, value]) =>
        formsOf(value).some((form) => text.includes(form)) ? [`${name} in ${where}`] : [],
      ),
    );
    expect(leaks).toEqual([]);
  }, 60_000);
});
