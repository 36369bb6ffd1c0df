import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../src/secret.ts";
import type { Browser, Page } from "../connect/browser.ts";
import { decideAt, FLAVORS, type House, newBrowser, openHouse, walk } from "./house.ts";

let house: House;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  house = await openHouse();
  browser = newBrowser();
  page = await walk(house, browser, "cloud");
});
afterAll(() => house.close());

describe("the page of a connection", () => {
  it("answers first whether anything needs doing, and says it with a word and a shape", () => {
    expect(page.html).toMatch(/<span class="state well">Well<\/span>/);
    expect(page.text).toContain("Nothing needs doing.");
  });

  it("stands on the first page as a card with its state, and is not offered there as if it were new", async () => {
    const home = await browser.open(house.url);
    expect(home.text).toMatch(/acme Well Jira Cloud · as Alana Example/);
    expect(home.text).toMatch(/Sandbox cloud Jira Cloud Connected already; once more for another account/);
    expect(home.text.match(/Connected already/g)).toHaveLength(1);
  });

  it("says what it may do in words", () => {
    expect(page.text).toContain("What you approved in Jira, and never more than you may do there yourself:");
    expect(page.text).toContain("Read issues read:jira-work");
    expect(page.text).toContain("Stay connected offline_access");
  });

  it("searches with JQL, and shows Jira's own words where it refuses", async () => {
    const searched = await browser.submit(page, { form: "#issues", fields: { jql: "key = JJ-2" } });
    expect(searched.text).toContain("Jira Junior logo is not pink enough");
    const refused = await browser.open(`${page.url}?jql=${encodeURIComponent("colour = pink")}`);
    expect(refused.status).toBe(200);
    expect(refused.text).toMatch(/Jira says: .*colour/);
    expect(refused.html).toContain('aria-invalid="true"');
  });

  it("turns pages without losing or repeating an issue", async () => {
    const seen: string[] = [];
    let at = await browser.open(
      `${page.url}?jql=${encodeURIComponent('updated >= "1970/01/01" ORDER BY key')}`,
    );
    for (let turn = 0; turn < 20; turn++) {
      seen.push(
        ...at.links.flatMap((link) => (/\/issues\/([A-Z]+-\d+)$/.exec(link.href)?.[1] ? [link.text] : [])),
      );
      if (!at.links.some((link) => link.text === "Next page")) break;
      at = await browser.follow(at, "Next page");
    }
    expect(seen.length).toBeGreaterThan(50);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toContain("JJ-2");
  });

  it("tests it by asking Jira who this is", async () => {
    const tested = await browser.submit(page, { button: "Test now" });
    expect(tested.text).toMatch(/It works\. Jira answered in \d+\sms: this is Alana Example\./);
    expect((await browser.open(page.url)).text).not.toContain("It works.");
  });

  it("says that an issue is not there, or not visible, without a fault", async () => {
    expect((await browser.open(`${page.url}/issues/JJ-9999`)).status).toBe(404);
    expect((await browser.open(`${page.url}/issues/..%2F..`)).status).toBe(404);
  });

  it("shows comments, and links elsewhere only where they are http", async () => {
    const { control } = house.hall.sandbox;
    await control.world({
      id: "990001",
      key: "JJ-77",
      fields: {
        project: { key: "JJ", id: "10200", name: "Jira Junior" },
        issuetype: { id: "1", name: "Bug" },
        status: { id: "1", name: "Open" },
        summary: "<img src=x onerror=alert(1)>",
        description: "plain <b>text</b>",
        created: "2016-08-01T11:23:38.022+1000",
        updated: "2016-08-01T11:23:38.022+1000",
        comment: {
          total: 1,
          comments: [
            {
              id: "1",
              author: { displayName: "William Example" },
              body: "Pinker <script>alert(1)</script>",
              created: "2016-08-01T11:23:38.022+1000",
              updated: "2016-08-01T11:23:38.022+1000",
            },
          ],
        },
      },
    });
    const issue = await browser.open(`${page.url}/issues/JJ-77`);
    expect(issue.status).toBe(200);
    expect(issue.html).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(issue.html).not.toMatch(/<img|<script>/);
    expect(issue.text).toContain("1 comment WE William Example");
  });
});

describe.each(FLAVORS)("revoked at Jira, %s", (flavor) => {
  it("says that a reconnect is needed, why, and keeps the id when it is done", async () => {
    const person = newBrowser();
    const before = await walk(house, person, flavor);
    const id = /con_\w+/.exec(before.url)?.[0] ?? "";
    const connection = await house.hall.vault.connections.get("local", id);
    await house.hall.vault.families.kill("local", connection.family_id, {
      cause: "token_rejected",
      not_excluded: ["revoked_by_user", "account_deactivated"],
      evidence: {},
      at: house.hall.now(),
      next_step: "Reconnect; the approval was revoked in Jira.",
    });
    const dead = await person.open(before.url);
    expect(dead.html).toContain('<span class="state dead">Reconnect needed</span>');
    expect(dead.text).toContain("Reconnect; the approval was revoked in Jira.");
    expect(dead.text).toContain(
      "It may be that: The approval was taken back in Jira. revoked_by_user The account",
    );
    expect(dead.text).toContain("They come back once you have reconnected.");
    expect((await person.open(house.url)).text).toContain("Reconnect needed");
    const back = await decideAt(person, await person.submit(dead, { button: "Reconnect" }));
    expect(back.url).toBe(before.url);
    expect(back.text).toContain("Nothing needs doing.");
  });
});

describe.each(FLAVORS)("what %s keeps secret", (flavor) => {
  it("stands on no page", async () => {
    const person = newBrowser();
    const at = await walk(house, person, flavor);
    const id = /con_\w+/.exec(at.url)?.[0] ?? "";
    const tokens = await house.hall.vault.reveal("local", id);
    const secrets = Object.values(tokens).flatMap((value) =>
      value instanceof Secret ? [value.reveal()] : [],
    );
    secrets.push("sandbox-cloud-secret", "sandbox-dc-secret", "PRIVATE KEY");
    expect(secrets.length).toBeGreaterThan(4);
    const { registration_id } = await house.hall.vault.connections.get("local", id);
    const pages = [at, await person.open(house.url), await person.follow(at, "Last dance")];
    for (const path of ["/connect", "/dances", `/registrations/${registration_id}`]) {
      pages.push(await person.open(`${house.url}${path}`));
    }
    for (const page of pages) {
      expect(page.status).toBe(200);
      for (const secret of secrets) expect(page.html).not.toContain(secret);
    }
  });
});

describe("disconnecting", () => {
  it("asks first, then forgets the tokens and says where Jira still lists the approval", async () => {
    const person = newBrowser();
    const at = await walk(house, person, "datacenter-oauth1");
    const asked = await person.follow(at, "Disconnect");
    expect(asked.text).toContain("Jira goes on listing the approval.");
    const done = await person.submit(asked, { button: "Disconnect" });
    expect(done.url).toBe(`${house.url}/`);
    expect(done.text).toContain("is disconnected, and its tokens are forgotten here.");
    const link = done.links.find((one) => one.text === "Remove the approval at Jira");
    expect(link?.href.startsWith(house.hall.sandbox.dataCenterUrl)).toBe(true);
    expect((await person.open(at.url)).status).toBe(404);
  });
});

describe("a reconnect that another account approves", () => {
  it("changes nothing until it is confirmed", async () => {
    const person = newBrowser();
    const at = await walk(house, person, "datacenter-oauth2", { user: "alana" });
    const other = newBrowser();
    other.jar.take(new URL(house.url), cookiesOf(person));
    const asked = await decideAt(
      other,
      await other.submit(await other.open(at.url), { button: "Reconnect" }),
      {
        user: "william",
      },
    );
    expect(asked.title).toContain("Another account");
    expect((await person.open(at.url)).text).toContain("as Alana Example");
    const confirmed = await other.submit(asked, { form: "account" });
    expect(confirmed.url).toBe(at.url);
    expect(confirmed.text).toContain("as William");
  });
});

function cookiesOf(from: Browser): string[] {
  const header = from.jar.header({ url: new URL(house.url), method: "GET", crossSite: false }) ?? "";
  return header
    .split("; ")
    .filter((pair) => pair.startsWith("__Host-latchkey"))
    .map((pair) => `${pair}; Path=/; Secure; HttpOnly; SameSite=Lax`);
}
