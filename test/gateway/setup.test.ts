import { createPublicKey, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGateway } from "../../src/gateway/index.ts";
import type { Browser, Page } from "../connect/browser.ts";
import { decideAt, type House, newBrowser, openHouse } from "./house.ts";

let house: House;
let browser: Browser;
beforeAll(async () => {
  house = await openHouse({ flavors: [] });
  browser = newBrowser();
});
afterAll(() => house.close());

const pasted = (page: Page, label: string) =>
  new RegExp(
    `<p class="label">${label}</p>\\s*<div class="value">\\s*<span class="text" id="value-\\d+">([^<]*)</span`,
  ).exec(page.html)?.[1];

async function propose(flavor: string): Promise<Page> {
  const home = await browser.open(house.url);
  const found = await browser.submit(home, { fields: { site: house.hall.sandbox.dataCenterUrl } });
  expect(found.url).toContain("/registrations/new?site=");
  expect(found.text).toContain("is a self-hosted Jira that Latchkey has no link to yet.");
  return browser.submit(found, { button: "Show me what to paste", fields: { flavor } });
}

describe("the guided set-up of an application link", () => {
  let page: Page;

  it("makes a key pair for this Jira and shows every field to paste, private key excluded", async () => {
    page = await propose("datacenter-oauth1");
    expect(page.url).toMatch(/\/registrations\/[\w.-]+-oauth1-[0-9a-f]{6}/);
    expect(pasted(page, "Consumer Key")).toMatch(/^latchkey-/);
    const key = createPublicKey(pasted(page, "Public Key")!);
    expect(key.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(page.html).not.toContain("PRIVATE KEY");
    expect(page.html).toMatch(/data-copy="value-\d+"/);
  });

  it("speaks the words of the version that is asked for", async () => {
    const old = await browser.follow(page, "8.21 and older");
    expect(old.text).toContain("Create new link");
  });

  it("names the mistake while the link is not made yet", async () => {
    const tested = await browser.submit(page, { button: "Test the link" });
    expect(tested.html).toContain('<span class="state dead">Wrong</span>');
    expect(tested.text).toMatch(/consumer key/i);
  });

  it("finds it right once it is pasted, and goes on to the dance", async () => {
    await house.hall.sandbox.control.register({
      consumers: [
        { key: pasted(page, "Consumer Key")!, name: "Idea Board", public_key: pasted(page, "Public Key")! },
      ],
    });
    const tested = await browser.submit(await browser.open(page.url), { button: "Test again" });
    expect(tested.text).toContain("The link works. Connect to Jira as yourself now.");
    const connected = await decideAt(browser, await browser.submit(tested, { button: "Connect to Jira" }));
    expect(connected.text).toContain("as Alana Example");
  });

  it("comes back to the same key when it is begun again before it is done", async () => {
    const first = await again("datacenter-oauth1");
    const second = await again("datacenter-oauth1");
    expect(second.url.split("?")[0]).toBe(first.url.split("?")[0]);
    expect(pasted(second, "Public Key")).toBe(pasted(first, "Public Key"));
    const home = await browser.open(house.url);
    expect((await browser.follow(home, "Go on")).url).toBe(first.url.split("?")[0]);
  });

  it("can be thrown away by whose it is, after a question; one in use cannot", async () => {
    const draft = await again("datacenter-oauth1");
    const address = draft.url.split("?")[0]!;
    const asked = await browser.follow(draft, "Discard this set-up");
    expect(asked.text).toContain("Discard the set-up of");
    expect((await browser.open(address)).status).toBe(200);
    const stranger = anotherOwner();
    for (const method of ["GET", "POST"]) {
      const headers = { origin: house.url };
      const answer = await stranger.fetch(new Request(`${address}/discard`, { method, headers }));
      expect(answer.status).toBe(404);
    }
    const done = await browser.submit(asked, { button: "Discard it" });
    expect(done.url).toBe(`${house.url}/`);
    expect(done.text).toMatch(/The set-up of .+ is discarded\./);
    expect((await browser.open(address)).status).toBe(404);
    for (const used of [page.url, `${house.url}/registrations/cloud`]) {
      expect((await browser.open(used)).html).not.toContain("/discard");
      expect((await browser.open(`${used.split("?")[0]}/discard`)).status).toBe(404);
    }
  });

  function anotherOwner() {
    const parts = { ...house.hall, connect: house.connect, handles: house.handles, random: randomBytes };
    const jiraFor = () => Promise.reject(new Error("not in this test"));
    return createGateway({ ...parts, jiraFor, public_url: house.url, owner: () => "somebody-else" });
  }

  async function again(flavor: string): Promise<Page> {
    const form = await browser.open(`${house.url}/registrations/new`);
    return browser.submit(form, { fields: { site: house.hall.sandbox.dataCenterUrl, flavor } });
  }

  it("is somebody's own: another owner sees nothing of it", async () => {
    const { pathname } = new URL(page.url);
    const registration = await house.hall.vault.registrations.get(pathname.split("/").at(-1)!);
    expect(registration.owner).toBe("local");
    expect((await anotherOwner().fetch(new Request(`${house.url}${pathname}`))).status).toBe(404);
  });
});

describe("the guided set-up of an incoming link", () => {
  it("takes what Jira showed, tests it, names a wrong secret, and goes on to the dance", async () => {
    const form = await browser.open(`${house.url}/registrations/new`);
    const page = await browser.submit(form, {
      fields: { site: house.hall.sandbox.dataCenterUrl, flavor: "datacenter-oauth2" },
    });
    const redirect = [...page.html.matchAll(/>(http:\/\/localhost:\d+\/callback\/[^<]+)</g)][0]?.[1];
    expect(redirect).toBeDefined();
    await house.hall.sandbox.control.register({ redirect_uris: [redirect!] });

    const wrong = await browser.submit(page, {
      form: "/client",
      fields: { client_id: "sandbox-dc-app", client_secret: "not-the-secret-at-all" },
    });
    expect(wrong.html).toContain('<span class="state dead">Wrong</span>');
    expect(wrong.html).not.toContain("not-the-secret-at-all");

    const right = await browser.submit(wrong, {
      form: "/client",
      fields: { client_id: "sandbox-dc-app", client_secret: "sandbox-dc-secret" },
    });
    expect(right.html).not.toContain('<span class="state dead">Wrong</span>');
    expect(right.html).not.toContain("sandbox-dc-secret");
    const connected = await decideAt(
      browser,
      await browser.submit(right, { form: "/connect", button: "Connect to Jira" }),
    );
    expect(connected.text).toContain("as Alana Example");
  });

  it("says beside the field what is missing", async () => {
    const form = await browser.open(`${house.url}/registrations/new`);
    const page = await browser.submit(form, {
      fields: { site: house.hall.sandbox.dataCenterUrl, flavor: "datacenter-oauth2" },
    });
    const answer = await browser.submit(page, {
      form: "/client",
      fields: { client_id: "x", client_secret: "" },
    });
    expect(answer.status).toBe(400);
    expect(answer.html).toContain('aria-describedby="client_secret-wrong"');
  });
});

describe("an address that cannot be set up", () => {
  it.each(["http://10.0.0.1/jira", "https://no-such-host.invalid", "nonsense with spaces"])(
    "%s is explained beside the field",
    async (site) => {
      const form = await browser.open(`${house.url}/registrations/new`);
      const page = await browser.submit(form, { fields: { site } });
      expect(page.status).toBeGreaterThanOrEqual(400);
      expect(page.html).toContain('id="site-wrong"');
    },
  );
});
