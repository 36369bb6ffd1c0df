import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "../connect/browser.ts";
import { decideAt, FLAVORS, type House, IDS, newBrowser, openHouse, walk } from "./house.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const idOf = (page: Page) => /\/connections\/(con_\w+)/.exec(page.url)?.[1] ?? "";

describe.each(FLAVORS)("the way through %s, over HTTP with a cookie jar", (flavor) => {
  it("approved: ends at the connection, with the person's name and their issues, JJ-2 among them", async () => {
    const page = await walk(house, newBrowser(), flavor);
    expect(page.status).toBe(200);
    expect(page.url).toBe(`${house.url}/connections/${idOf(page)}`);
    expect(page.text).toMatch(/ (Connected|Reconnected)\. /);
    expect(page.text).toContain("as Alana Example");
    expect(page.text).toContain("Nothing needs doing.");
    expect(page.text).toContain("JJ-2 Jira Junior logo is not pink enough");
  });

  it("shows the issue itself: description, people, status, and the way to Jira", async () => {
    const browser = newBrowser();
    const page = await browser.follow(await walk(house, browser, flavor), "JJ-2");
    expect(page.status).toBe(200);
    expect(page.text).toContain("I'd like to see it with a deep pink color.");
    expect(page.text).toContain("Assignee AE Alana Example");
    expect(page.text).toContain("Open, with Alana Example.");
    expect(page.links.find((link) => link.text === "Open in Jira")?.href).toMatch(/^http.*\/browse\/JJ-2$/);
  });

  it("denied: says so, what to do next, and connects nothing", async () => {
    const before = (await house.hall.vault.connections.list("local")).length;
    const browser = newBrowser();
    const page = await walk(house, browser, flavor, { press: "deny" });
    expect(page.status).toBe(409);
    expect(page.title).toContain("The request was declined");
    expect(page.text).toContain("What to do next");
    expect(await house.hall.vault.connections.list("local")).toHaveLength(before);

    const dance = await browser.follow(page, "See the dance");
    expect(dance.title).toMatch(/The dance stopped at step \d of \d/);
    expect(dance.html).toContain('class="arrow bad"');

    const again = await decideAt(browser, await browser.submit(page, { button: "Try again" }));
    expect(again.text).toMatch(/ (Connected|Reconnected)\. /);
  });

  it("keeps the connection's id when it is reconnected", async () => {
    const browser = newBrowser();
    const page = await walk(house, browser, flavor);
    const back = await decideAt(browser, await browser.submit(page, { button: "Reconnect" }));
    expect(idOf(back)).toBe(idOf(page));
    expect(back.text).toContain("Reconnected.");
  });

  it("shows the whole dance as a picture that needs no script", async () => {
    const browser = newBrowser();
    const page = await browser.follow(await walk(house, browser, flavor), "Last dance");
    expect(page.text).toContain("The dance went as it should");
    expect(page.html).toMatch(/<svg[^>]*role="img" aria-label="Sequence of the dance\./);
    expect(page.html).not.toContain('class="arrow bad"');
  });
});

describe("typing an address", () => {
  const type = async (site: string) => {
    const browser = newBrowser();
    const home = await browser.open(house.url);
    return browser.submit(home, { button: "Connect to Jira", fields: { site } });
  };

  it("leads to Jira Cloud's own page, found by its name", async () => {
    const page = await type(`${house.hall.sandbox.cloudUrl}/sites/acme/browse/JJ-2`);
    expect(page.url.startsWith(house.hall.sandbox.cloudUrl)).toBe(true);
  });

  it("offers both ways where a Data Center has two, and takes neither by guess", async () => {
    const page = await type(house.hall.sandbox.dataCenterUrl);
    expect(page.url).toBe(`${house.url}/connect`);
    expect(page.title).toContain("Which way in");
    expect(page.forms[0]?.options.get("registration")?.toSorted()).toEqual(["dc1", "dc2"]);
  });

  it.each([
    ["http://no-such-host.invalid/jira", 422],
    ["", 400],
    ["   ", 400],
    ["http://10.1.2.3/jira", 403],
    ["ftp://x", 400],
  ])("%j is answered beside the field, with what to do", async (site, status) => {
    const page = await type(site);
    expect(page.html).toContain('aria-invalid="true"');
    expect(page.html).toContain('role="alert"');
    expect(page.forms[0]?.fields.find(([name]) => name === "site")?.[1]).toBe(site.trim());
    expect(page.status).toBe(status);
  });

  it("never shows what was typed as markup", async () => {
    const page = await type('"><script>alert(1)</script>');
    expect(page.html).not.toContain("<script>alert");
  });
});

describe("several granted sites", () => {
  it("are offered after consent, and the one chosen is taken", async () => {
    const other = await openHouse({ sandbox: { autoApprove: "alana@acme,globex" }, flavors: ["cloud"] });
    try {
      const browser = newBrowser();
      const home = await browser.open(`${other.url}/connect`);
      const form = home.forms.findIndex((one) => one.fields.some(([name]) => name === "registration"));
      const choice = await browser.submit(home, { form });
      expect(choice.url).toMatch(/\/connect\/att_\w+\/site$/);
      expect(choice.text).toContain("none is taken by guess");
      const ids = choice.forms[0]?.options.get("site_id") ?? [];
      expect(ids).toHaveLength(2);
      const page = await browser.submit(choice, { button: "Use this site", fields: { site_id: ids[1]! } });
      expect(page.text).toContain("Connected.");
      const [connection] = await other.hall.vault.connections.list("local");
      expect(connection?.site.id).toBe(ids[1]);
    } finally {
      await other.close();
    }
  });
});

describe("the bare callback", () => {
  it("works while exactly one registration is configured, and not otherwise", async () => {
    const one = await openHouse({ flavors: ["cloud"] });
    try {
      await one.hall.vault.registrations.update(IDS.cloud, { redirect_uri: `${one.url}/callback` });
      const page = await walk(one, newBrowser(), "cloud");
      expect(page.visited.some((url) => new URL(url).pathname === "/callback")).toBe(true);
      expect(page.text).toContain("Connected.");
    } finally {
      await one.close();
    }
    const page = await newBrowser().open(`${house.url}/callback?code=x&state=y`);
    expect(page.status).toBe(400);
  });
});
