/** The product with ideas, walked by two customers with a Jira each: over HTTP, and in a browser where there is one. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser as Chromium, Page as ChromiumPage } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { findChromium, launch, look, open } from "../browser/chromium.ts";
import { type Browser, createBrowser, type Page } from "../connect/browser.ts";
import { decideAt } from "../gateway/house.ts";
import { freePort, type Program, startProgram } from "./program.ts";

let folder = "";
let sandbox: RunningSandbox;
let board: Program;
let url = "";
let homes = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "latchkey-board-"));
  url = `http://localhost:${await freePort()}`;
  sandbox = await startSandbox({ redirectUris: [`${url}/latchkey/callback/cloud`] });
});
afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
});
/** A board of its own, where nobody has connected anything yet. */
async function startBoard(): Promise<void> {
  board = startProgram("examples/idea-board/app.ts", {
    cwd: folder,
    env: {
      PORT: new URL(url).port,
      BOARD_HOME: join(folder, `board-${++homes}`),
      SANDBOX_CLOUD: sandbox.cloudUrl,
      PRIVATE_JIRAS: sandbox.dataCenterUrl,
      LOOK_EVERY_S: "1",
    },
  });
  await board.says(url);
}

/** What Jira itself says, asked as its administrator. */
type Face = "cloud" | "datacenter";

// biome-ignore lint/suspicious/noExplicitAny: JSON as Jira sends it
async function inJira(face: Face, path: string, body?: unknown, method = "POST"): Promise<any> {
  const [base, who] =
    face === "cloud"
      ? [`${sandbox.cloudUrl}/sites/acme/rest/api/2`, "admin@example.com:sandbox-api-token-admin"]
      : [`${sandbox.dataCenterUrl}/rest/api/2`, "admin:admin"];
  const answer = await fetch(`${base}${path}`, {
    method: body === undefined ? "GET" : method,
    headers: {
      authorization: `Basic ${Buffer.from(who).toString("base64")}`,
      "content-type": "application/json",
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  expect(answer.ok, `${path} ${answer.status}`).toBe(true);
  return answer.status === 204 ? undefined : await answer.json();
}

/** The issue an idea became, asked of Jira itself: it is there once, says what the idea says, and leads back to it. */
async function issueInJira(face: Face, key: string) {
  const { fields } = await inJira(face, `/issue/${key}`);
  const links = await inJira(face, `/issue/${key}/remotelink`);
  expect(links).toHaveLength(1);
  return { summary: String(fields.summary), description: String(fields.description), back: links[0].object };
}

type Transition = { readonly to: { readonly statusCategory: { readonly key: string } } };

/** Somebody else finishes the issue; the name of its last status. */
async function finish(face: Face, key: string): Promise<string> {
  const { transitions } = await inJira(face, `/issue/${key}/transitions`);
  const { id, to } = transitions.find((one: Transition) => one.to.statusCategory.key === "done");
  await inJira(face, `/issue/${key}/transitions`, { transition: { id } });
  return to.name;
}

describe("over HTTP", { timeout: 60_000 }, () => {
  beforeAll(startBoard);
  afterAll(() => board.stop());

  test("nobody signed in, no other site and no unsigned word changes anything", async () => {
    const stranger = createBrowser();
    expect((await stranger.open(url)).text).toContain("Whose ideas?");
    expect((await stranger.open(`${url}/ideas/x`)).status).toBe(401);
    const nora = await signedIn("northwind");
    const { id } = ideaOn(await nora.open(url));
    const cookie = nora.jar.header({ url: new URL(url), method: "POST", crossSite: false }) ?? "";
    const foreign = await fetch(`${url}/ideas/${id}/vote`, {
      method: "POST",
      headers: { cookie, origin: "https://evil.example" },
    });
    expect(foreign.status).toBe(403);
    const told = { type: "link.updated", data: { owner: "northwind", link: { id: "lnk_1", idea_id: id } } };
    const forged = await fetch(`${url}/hooks/latchkey`, { method: "POST", body: JSON.stringify(told) });
    expect(forged.status).toBe(401);
    expect((await nora.open(url)).text).toContain("Being built 0");
  });

  test("two customers push ideas into a Jira each, see how they get on, and nothing of each other", async () => {
    const nora = await signedIn("northwind");
    const first = await nora.follow(await nora.open(url), "Connect Jira Cloud");
    const connected = await decideAt(nora, await nora.submit(first, { button: "Connect to Jira", form: 1 }));
    expect(connected.url).toBe(`${url}/`);
    expect(connected.text).toContain("Connected: acme as Alana Example");

    const hugo = await signedIn("harbour");
    await setUpServer(hugo);
    expect((await hugo.open(url)).text).toMatch(/Connected: .+ as Alana Example/);

    const pushed: Record<string, string> = {};
    for (const [browser, face] of [
      [nora, "cloud"],
      [hugo, "datacenter"],
    ] as const) {
      const idea = ideaOn(await browser.open(url));
      const page = await browser.submit(await browser.open(url), { form: `/ideas/${idea.id}/push` });
      const key = /\b[A-Z]+-\d+\b/.exec(page.text)?.[0] ?? "";
      pushed[face] = idea.id;
      expect(await issueInJira(face, key)).toMatchObject({
        summary: idea.title,
        back: { url: `${url}/ideas/${idea.id}`, status: { resolved: false } },
      });
      expect(page.text).toContain(`${key} Open`);
      const told = live(browser);
      const done = await finish(face, key);
      await told;
      expect((await browser.open(url)).text).toMatch(new RegExp(`Shipped 1 .*${key} ${done}`));

      const again = await browser.submit(await browser.open(url), { form: `/ideas/${idea.id}/push` });
      expect(again.text).toContain(`${key} ${done}`);
    }

    const theirs = await nora.open(url);
    expect(theirs.text).not.toContain("ferry");
    expect((await nora.open(`${url}/ideas/${pushed.datacenter}`)).status).toBe(404);
    const links = (await hugo.open(url)).links.find(({ text }) => text === "Links")?.href ?? "";
    const list = await hugo.open(`${url}${links}`);
    expect(list.text).toContain("Say why a ferry is late");
    const one = list.links.find(({ href }) => href.includes("/links/lnk_"))?.href ?? "";
    expect((await hugo.open(`${url}${one}`)).text).toMatch(/Status: Open → (Done|Closed|Resolved)/);
    for (const address of [links, one]) expect((await nora.open(`${url}${address}`)).status).toBe(404);
  });
});

const chromium = findChromium();

describe.skipIf(chromium === undefined)("in Chromium", { timeout: 90_000 }, () => {
  beforeAll(startBoard);
  afterAll(() => board.stop());

  test("one customer connects to Cloud, pushes an idea, and watches it move", async () => {
    const browser = await launch(chromium!);
    const { page, complaints } = await open(browser);
    await page.goto(url);
    await page.click('button[value="northwind"]');
    await page.getByRole("link", { name: "Connect Jira Cloud" }).click();
    await page.locator('form:has(input[value="cloud"]) button').first().click();
    await signInToJira(page, "alana");
    const site = page.locator('select[name="cloud_id"]');
    await site.selectOption(await site.locator("option", { hasText: "acme" }).first().getAttribute("value"));
    await page.locator('[name="approve"], button[value="approve"]').first().click();
    await page.waitForURL(`${url}/`);
    await pushAndWatch(page, "cloud", "Order rye bread a day ahead");
    expect(await page.content()).not.toContain("ferry");
    expect(complaints).toEqual([]);
    await browser.close();
  });

  test("another sets up a server by hand, pushes an idea, watches it move, and settles what differs", async () => {
    const browser = await launch(chromium!);
    const { page, complaints } = await open(browser);
    await page.goto(url);
    await page.click('button[value="harbour"]');
    await page.getByRole("link", { name: "Connect our own Jira server" }).click();
    await page.fill("#site", sandbox.dataCenterUrl);
    await page.getByRole("button", { name: "Show me what to paste" }).click();
    const pasted = async (name: string) =>
      (await page.locator(`li:has(p.label:text-is("${name}")) .text`).textContent()) ?? "";
    await pasteAsAdministrator(browser, await pasted("Consumer Key"), await pasted("Public Key"));
    await page.getByRole("button", { name: "Test the link" }).click();
    await page.getByRole("button", { name: "Connect to Jira" }).click();
    await signInToJira(page, "alana");
    await page.locator('[name="approve"], button[value="approve"]').first().click();
    await page.waitForURL(/\/connections\/con_/);

    await page.goto(url);
    const key = await pushAndWatch(page, "datacenter", "Say why a ferry is late");
    await look(page, "board-pushed");

    await inJira("datacenter", `/issue/${key}`, { fields: { summary: "Tell people of the fog" } }, "PUT");
    await page.getByRole("link", { name: "Say why a ferry is late" }).click();
    await page.fill("#title", "Say why a ferry is late, in one word");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Push again" }).click();
    await page.locator(".odd", { hasText: "edited on both sides" }).waitFor();
    await page.getByRole("link", { name: "Links" }).click();
    await look(page, "links");
    await page.locator("td a.key").click();
    await look(page, "link-differs");
    await page.getByLabel("As the product has it").check();
    await page.getByRole("button", { name: "Settle it" }).click();
    expect(await page.locator(".note.well").textContent()).toContain("The issue is up to date.");
    expect(await issueInJira("datacenter", key)).toMatchObject({
      summary: "Say why a ferry is late, in one word",
    });
    expect(complaints).toEqual([]);
    await browser.close();
  });
});

/** Pushes the first idea, has somebody finish its issue in Jira, and sees that on the page as it stands. */
async function pushAndWatch(page: ChromiumPage, face: Face, title: string): Promise<string> {
  await page.getByRole("button", { name: "Push to Jira" }).first().click();
  const key = (await page.locator("article", { hasText: title }).locator(".key").textContent()) ?? "";
  await page.evaluate("window.kept = true");
  const done = await finish(face, key);
  await page.locator(".status.is-done", { hasText: done }).waitFor();
  expect(await page.evaluate("window.kept"), "the page was not loaded again").toBe(true);
  return key;
}

async function signInToJira(page: ChromiumPage, user: string): Promise<void> {
  await page.fill('input[name="username"]', user);
  await page.fill('input[name="password"]', user);
  await page.locator('form:has(input[name="password"]) button').first().click();
}

/** The administrator of that Jira, in a browser of their own, pastes what the guided page shows. */
async function pasteAsAdministrator(browser: Chromium, key: string, public_key: string): Promise<void> {
  const { page, context } = await open(browser);
  await page.goto(`${sandbox.dataCenterUrl}/plugins/servlet/applinks/listApplicationLinks`);
  await signInToJira(page, "admin");
  await page.getByRole("link", { name: "Add a consumer" }).click();
  await page.fill('[name="consumer_key"]', key);
  await page.fill('[name="consumer_name"]', "Idea Board");
  await page.fill('[name="public_key"]', public_key);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText(key).first().waitFor();
  await context.close();
}

async function signedIn(customer: string): Promise<Browser> {
  const browser = createBrowser();
  await browser.submit(await browser.open(url), { button: customer });
  return browser;
}

/** Latchkey's guided page for a Jira that nobody has set up: paste, test, connect. */
async function setUpServer(browser: Browser): Promise<void> {
  const start = await browser.follow(await browser.open(url), "Connect our own Jira server");
  const site = sandbox.dataCenterUrl;
  const page = await browser.submit(start, { fields: { site, flavor: "datacenter-oauth1" } });
  const pasted = (label: string) =>
    new RegExp(`<p class="label">${label}</p>[^§]*?id="value-\\d+">([^<]*)<`).exec(page.html)?.[1] ?? "";
  sandbox.control.register({
    consumers: [{ key: pasted("Consumer Key"), name: "Idea Board", public_key: pasted("Public Key") }],
  });
  const tested = await browser.submit(page, { button: "Test the link" });
  expect(tested.text).toContain("The link works.");
  const connected = await decideAt(browser, await browser.submit(tested, { button: "Connect to Jira" }));
  expect(connected.text).toContain("as Alana Example");
}

function ideaOn(page: Page): { id: string; title: string } {
  const link = page.links.find(({ href }) => href.startsWith("/ideas/"));
  return { id: link?.href.slice("/ideas/".length) ?? "", title: link?.text ?? "" };
}

/** An open board that is told of a change; resolves at the first. */
async function live(browser: Browser): Promise<void> {
  const cookie = browser.jar.header({ url: new URL(url), method: "GET", crossSite: false }) ?? "";
  const stop = new AbortController();
  const { body } = await fetch(`${url}/live`, { headers: { cookie }, signal: stop.signal });
  for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
    if (chunk.includes("data: changed")) break;
  }
  stop.abort();
}
