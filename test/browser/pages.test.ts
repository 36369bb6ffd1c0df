import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FLAVORS, type House, IDS, openHouse } from "../gateway/house.ts";
import { findChromium, launch, look, lookInTheDark, open } from "./chromium.ts";

const chromium = findChromium();
if (chromium === undefined) {
  console.log("No Chromium was found, so the browser tests were skipped; the same dances ran over HTTP.");
}

/** Signs in where Jira asks, and decides. */
async function decide(page: Page, press: "approve" | "deny", user = "alana"): Promise<void> {
  const choice = page.locator(`[name="${press}"], button[value="${press}"]`).first();
  await page.locator('input[name="username"]').or(choice).first().waitFor();
  if (await page.locator('input[name="username"]').count()) {
    await page.fill('input[name="username"]', user);
    await page.fill('input[name="password"]', user);
    await page
      .locator('form:has(input[name="username"]) [type="submit"], form:has(input[name="username"]) button')
      .first()
      .click();
  }
  await choice.waitFor();
  const site = page.locator('select[name="cloud_id"]');
  if (await site.count()) {
    const acme = await site.locator("option", { hasText: "acme" }).first().getAttribute("value");
    await site.selectOption(acme);
  }
  await choice.click();
}

const start = (page: Page, id: string) =>
  page.locator(`form:has(input[value="${id}"]) button`).first().click();

describe.skipIf(chromium === undefined)("in Chromium", { timeout: 90_000 }, () => {
  let house: House;
  let browser: Browser;
  beforeAll(async () => {
    house = await openHouse();
    browser = await launch(chromium!);
  });
  afterAll(async () => {
    await browser?.close();
    await house?.close();
  });

  it("the first page asks for an address, and works in the dark", async () => {
    const { page, context, complaints } = await open(browser);
    await page.goto(house.url);
    await look(page, "first");
    await lookInTheDark(page, "first");
    await page.goto(`${house.url}/connect`);
    await look(page, "connect");
    await page.fill("#site", "http://10.1.2.3/jira");
    await page.click("button.first");
    await look(page, "connect-wrong");
    await page.getByRole("link", { name: "use a token that you made in Jira" }).click();
    await look(page, "connect-token");
    await page.fill("#site", house.hall.sandbox.dataCenterUrl);
    await page.fill("#token", "not-a-token");
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    expect(await page.locator(".note.dead").textContent()).toContain("does not take this token");
    await look(page, "connect-token-wrong");
    expect(complaints).toEqual([]);
    await context.close();
  });

  it.each(FLAVORS)("%s: approved, and every page of the connection", async (flavor) => {
    const { page, context, complaints } = await open(browser);
    await page.goto(`${house.url}/connect`);
    await start(page, IDS[flavor]);
    await decide(page, "approve");
    await page.waitForURL(/\/connections\/con_/);
    expect(await page.locator("h1").textContent()).toContain("as Alana Example");
    await look(page, `connection-${flavor}`);
    if (flavor === "cloud") await lookInTheDark(page, `connection-${flavor}`);
    await page.getByRole("link", { name: "JJ-2" }).click();
    expect(await page.locator("h1").textContent()).toContain("Jira Junior logo is not pink enough");
    if (flavor !== "datacenter-oauth2") await look(page, `issue-${flavor}`);
    await page.goBack();
    await page.click("text=Last dance");
    if (flavor !== "datacenter-oauth2") await look(page, `dance-${flavor}`);
    await page.goBack();
    await page.getByRole("button", { name: "Test now" }).click();
    expect(await page.locator(".note.well").textContent()).toContain("It works.");
    await page.getByRole("link", { name: "Disconnect" }).click();
    await look(page, `disconnect-${flavor}`);
    await page.getByRole("link", { name: "Keep it" }).click();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it.each(FLAVORS)("%s: denied, and the page that says what to do next", async (flavor) => {
    const { page, context, complaints } = await open(browser, { phone: true });
    await page.goto(`${house.url}/connect`);
    await start(page, IDS[flavor]);
    await decide(page, "deny");
    await page.waitForURL(/\/connect\/failed/);
    expect(await page.locator("h1").textContent()).toContain("declined");
    await look(page, `denied-${flavor}`);
    await page.click("text=See the dance");
    await look(page, `denied-dance-${flavor}`);
    if (flavor === "cloud") await lookInTheDark(page, "denied-dance");
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("the lists of connections and dances", async () => {
    const { page, context } = await open(browser);
    await page.goto(house.url);
    await look(page, "connections");
    await lookInTheDark(page, "connections");
    await page.getByRole("link", { name: "Dances" }).click();
    await look(page, "dances");
    await page.goto(`${house.url}/nowhere`);
    await look(page, "not-found");
    await context.close();
  });

  it("a handle is made, copied, used up by one look, and revoked", async () => {
    const { page, context, complaints } = await open(browser);
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: house.url });
    await page.goto(house.url);
    await page.getByRole("link", { name: "Open acme" }).click();
    await page.getByRole("link", { name: "Make a handle" }).click();
    await look(page, "handles-none");
    await page.fill("#name", "nightly report");
    await page.fill("#paths", "rest/api/");
    await page.check("#raw");
    await page.getByRole("button", { name: "Make the handle" }).click();
    await look(page, "handles-wrong");
    await page.fill("#paths", "/rest/api/");
    await page.getByRole("button", { name: "Make the handle" }).click();
    const key = (await page.locator("#handle-key").textContent()) ?? "";
    expect(key).toMatch(/^lk_[\w-]{43}$/);
    await look(page, "handles-made");
    await lookInTheDark(page, "handles-made");
    await page.getByRole("button", { name: "Copy Key" }).click();
    await expect.poll(() => page.evaluate("navigator.clipboard.readText()")).toBe(key);
    await page.reload();
    expect(await page.content()).not.toContain(key);
    await page.goto(house.url);
    await page.getByRole("link", { name: "Open acme" }).click();
    await page.getByRole("link", { name: "Handles", exact: true }).click();
    await page.getByRole("link", { name: "Revoke nightly report" }).click();
    await look(page, "handles-revoke");
    await page.getByRole("button", { name: "Revoke the handle" }).click();
    await page.locator("summary").click();
    await look(page, "handles-revoked");
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("works without a script, and with the keyboard alone", async () => {
    const { page, context } = await open(browser, { script: false });
    await page.goto(house.url);
    await page.keyboard.press("Tab");
    expect(await page.locator(":focus").textContent()).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    await page.locator("#site").focus();
    await page.keyboard.type(`${house.hall.sandbox.cloudUrl}/sites/acme`);
    await page.keyboard.press("Enter");
    await decide(page, "approve");
    await page.waitForURL(/\/connections\/con_/);
    await context.close();
  });

  it("the guided set-up copies what it shows", async () => {
    const { page, context, complaints } = await open(browser);
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: house.url });
    await page.goto(`${house.url}/registrations/new`);
    await look(page, "set-up");
    await page.fill("#site", house.hall.sandbox.dataCenterUrl);
    await page.getByRole("button", { name: "Show me what to paste" }).click();
    await look(page, "set-up-application-link");
    const button = page.locator("button", { hasText: "Public Key" });
    await button.click();
    await expect.poll(() => button.textContent()).toBe("Copied Public Key");
    await expect.poll(() => page.locator('p[role="status"]').textContent()).toBe("Copied: Public Key");
    expect(await page.evaluate("navigator.clipboard.readText()")).toContain("BEGIN PUBLIC KEY");
    await page.getByRole("button", { name: "Test the link" }).click();
    await look(page, "set-up-tested");
    await page.goto(`${house.url}/registrations/new`);
    await page.fill("#site", house.hall.sandbox.dataCenterUrl);
    await page.check('input[value="datacenter-oauth2"]');
    await page.getByRole("button", { name: "Show me what to paste" }).click();
    await look(page, "set-up-incoming-link");
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("a call that failed, as its owner and as an operator sees it", async () => {
    const { page, context, complaints } = await open(browser);
    const all = await house.hall.vault.connections.list("local");
    const connection = all.find(({ flavor }) => flavor === "datacenter-oauth1")!;
    const { sandbox } = house.hall;
    sandbox.control.faults({ match: { path: "*/myself" }, status: 503, headers: { "retry-after": "1" } });
    await page.goto(`${house.url}/connections/${connection.id}`);
    await page.getByRole("button", { name: "Test now" }).click();
    sandbox.control.clearFaults();
    sandbox.control.faults({ match: { path: "*/search*" }, rewrite_url: "https://10.0.0.5:8443" });
    await page.goto(`${house.url}/connections/${connection.id}`);
    sandbox.control.clearFaults();
    await house.recorder.flush();
    await page.goto(`${house.url}/connections/${connection.id}`);
    await page.locator("section", { hasText: "Calls that failed" }).scrollIntoViewIfNeeded();
    await page.goto(`${house.url}/calls`);
    await look(page, "calls");
    await page.locator("a.key", { hasText: "myself" }).click();
    await look(page, "call-retried");
    await page.goto(await house.gateway.adminAddress());
    await page.getByRole("button", { name: "Open the admin page" }).click();
    await page.goto(`${house.url}/admin/records`);
    await look(page, "records");
    await page.locator("a.key", { hasText: "search" }).click();
    await look(page, "call-signature");
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("the admin page, behind its one-time link", async () => {
    const { page, context } = await open(browser);
    await page.goto(await house.gateway.adminAddress());
    await look(page, "admin-enter");
    await page.getByRole("button", { name: "Open the admin page" }).click();
    await look(page, "admin");
    await page.locator("a", { hasText: "Remove" }).first().click();
    await look(page, "admin-remove");
    await context.close();
  });

  it("the choice among several granted sites", async () => {
    const other = await openHouse({ sandbox: { autoApprove: "alana@acme,globex" }, flavors: ["cloud"] });
    const { page, context, complaints } = await open(browser);
    try {
      await page.goto(`${other.url}/connect`);
      await start(page, "cloud");
      await look(page, "choose-site");
      await page.locator("label", { hasText: "globex" }).click();
      await page.getByRole("button", { name: "Use this site" }).click();
      await page.waitForURL(/\/connections\/con_/);
      expect(complaints).toEqual([]);
    } finally {
      await context.close();
      await other.close();
    }
  });

  it("goes through with Jira on another site, where cookies are cross-site", async () => {
    const other = await openHouse();
    const elsewhere = (url: string) => url.replace("localhost", "127.0.0.1");
    const { cloudUrl, dataCenterUrl } = other.hall.sandbox;
    other.hall.allow(elsewhere(cloudUrl));
    other.hall.allow(elsewhere(dataCenterUrl));
    const { registrations } = other.hall.vault;
    await registrations.update(IDS.cloud, { auth_url: elsewhere(cloudUrl), api_url: elsewhere(cloudUrl) });
    await registrations.update(IDS["datacenter-oauth2"], { site_base_url: elsewhere(dataCenterUrl) });
    await registrations.update(IDS["datacenter-oauth1"], { site_base_url: elsewhere(dataCenterUrl) });
    const { page, context, complaints } = await open(browser);
    try {
      for (const flavor of FLAVORS) {
        await page.goto(`${other.url}/connect`);
        await start(page, IDS[flavor]);
        await page.waitForURL((url) => url.hostname === "127.0.0.1");
        await decide(page, "approve");
        await page.waitForURL(/localhost:\d+\/connections\/con_/);
        expect(await page.locator("h1").textContent()).toContain("as Alana Example");
      }
      expect(complaints).toEqual([]);
    } finally {
      await context.close();
      await other.close();
    }
  });
});
