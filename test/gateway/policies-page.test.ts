import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPolicyText } from "../../src/config/index.ts";
import { createPolicies, type Policies } from "../../src/handles/index.ts";
import { createJira } from "../../src/jira/index.ts";
import { findChromium, launch, look, open } from "../browser/chromium.ts";
import type { Browser, Page } from "../connect/browser.ts";
import { type House, newBrowser, openHouse, walk } from "./house.ts";

const chromium = findChromium();
const examples = new URL("../../examples/policies/", import.meta.url);
let house: House;
let admin: Browser;

/** The policies of the examples over the vault of the house, which is there only after the house is. */
function policiesOf({ hall }: House): Policies {
  const named = ["analyst-cloud", "analyst-datacenter", "service-desk"].map((name) => {
    const text = readFileSync(new URL(`${name}.yaml`, examples), "utf8");
    return readPolicyText(name === "service-desk" ? onDataCenter(text) : text, `${name}.yaml`, [])!;
  });
  return createPolicies({
    ...hall,
    random: randomBytes,
    named,
    reader: async ({ owner, id, flavor, site }) =>
      createJira({
        ...hall,
        flavor,
        random: randomBytes,
        api_base_url: site.api_base_url,
        site_url: site.url,
        credentials: {
          current: () => hall.vault.credentialFor(owner, id),
          rejected: (token) => hall.vault.rejected(owner, id, token),
        },
      }),
  });
}

/** The desk of the sandbox is asked as a Data Center answers, where no further scope is needed. */
function onDataCenter(text: string): string {
  return text
    .replace("flavor: cloud", "flavor: datacenter")
    .replace("accountId: reversible", "userName: reversible")
    .replaceAll(".accountId", ".name");
}

beforeAll(async () => {
  const late: { policies?: Policies } = {};
  const policies = new Proxy({} as Policies, {
    get: (_, name) => late.policies?.[name as keyof Policies],
  });
  house = await openHouse({ parts: { policies } });
  late.policies = policiesOf(house);
  await walk(house, newBrowser(), "cloud");
  admin = await operator();
});
afterAll(() => house.close());

async function operator(): Promise<Browser> {
  const browser = newBrowser();
  const offer = await browser.open(await house.gateway.adminAddress());
  await browser.submit(offer, { button: "Open the admin page" });
  return browser;
}

async function show(path: string, policy = "analyst-cloud"): Promise<Page> {
  const page = await admin.open(`${house.url}/admin/policies/${policy}`);
  return admin.submit(page, { button: "Show both sides", fields: { path } });
}

/** The lines on the side that leaves. */
function leavingOf(page: Page): string {
  const rows = page.html.matchAll(/<td class="sign">.*?<\/td><td>(.*?)<\/td><\/tr>/gs);
  return [...rows].map((row) => row[1]!.replaceAll("&quot;", '"')).join("\n");
}

describe("the pages of policies", () => {
  it("list them with what they let out, and lead from the admin page", async () => {
    const list = await admin.follow(await admin.open(`${house.url}/admin`), "Policies");
    expect(list.text).toMatch(/analyst-cloud[\s\S]*Jira Cloud[\s\S]*fields of 16 endpoints/);
    const page = await admin.follow(list, "analyst-datacenter");
    expect(page.text).toContain("Nobody has connected a Jira of this kind yet.");
  });

  it("name every field that leaves, with its rule", async () => {
    const page = await admin.open(`${house.url}/admin/policies/analyst-cloud`);
    expect(page.text).toMatch(
      /issues\.fields\.summary\s*free text\s*its length\s*issues\.fields\.summary, treat: digest/,
    );
    expect(page.text).toMatch(/GET, POST \/rest\/api\/3\/search\/jql/);
    expect(page.headers["cache-control"]).toContain("no-store");
    expect(page.html).not.toMatch(/<script(?![^>]*\bsrc=)|\sstyle=/);
  });

  it("show both sides of an answer to the operator, and nobody's name on the side that leaves", async () => {
    const page = await show("/rest/api/3/issue/JJ-2");
    expect(page.status).toBe(200);
    expect(page.headers["cache-control"]).toContain("no-store");
    const rows = [
      ...page.html.matchAll(
        /<tr class="(same|changed|left-out)"><td>(.*?)<\/td><td class="sign">.*?<\/td><td>(.*?)<\/td><\/tr>/gs,
      ),
    ];
    expect(rows.length).toBeGreaterThan(40);
    const side = (at: 2 | 3) => rows.map((row) => row[at]).join("\n");
    expect(side(2)).toContain("Alana");
    expect(side(2)).toContain("not pink enough");
    expect(side(3)).not.toMatch(/Alana|pink/);
    expect(side(3)).toMatch(/lkp_accountId_/);
    expect(side(3)).toContain("JJ-2");
  });

  it("do so for a Data Center, and for a service desk", async () => {
    await walk(house, newBrowser(), "datacenter-oauth2");
    const found = await show(
      "/rest/api/2/search?jql=project%20%3D%20JJ&expand=changelog",
      "analyst-datacenter",
    );
    expect(leavingOf(found)).toMatch(/lkp_userName_[\s\S]*"updated": /);
    expect(leavingOf(found)).not.toMatch(/Alana|alana|pink/);
    const requests = await show("/rest/servicedeskapi/request", "service-desk");
    expect(leavingOf(requests)).toMatch(/"issueKey": [\s\S]*lkr_userName_/);
    expect(leavingOf(requests)).not.toMatch(/Alana|Example|@/);
  });

  it.each([
    ["/rest/api/3/myself", "The policy does not allow this endpoint."],
    ["/rest/api/3/issue/NOPE-1", "It does not exist"],
    ["/rest/pat/latest/tokens", "hands out or changes credentials"],
    ["/rest/api/3/search/jql?jql=text~x", "compares a field that is not allowed"],
  ])("say why %s is not shown", async (path, why) => {
    const page = await show(path);
    expect(page.status).toBe(422);
    expect(/<div class="note dead" role="alert">(.*?)<\/div>/s.exec(page.html)?.[1]).toContain(why);
    expect(page.html).not.toContain('class="sides"');
  });

  it("are closed to everybody else, and a preview belongs to a connection of the list", async () => {
    const stranger = newBrowser();
    expect((await stranger.open(`${house.url}/admin/policies`)).status).toBe(403);
    expect((await stranger.open(`${house.url}/admin/policies/analyst-cloud`)).status).toBe(404);
    expect((await admin.open(`${house.url}/admin/policies/nobody`)).status).toBe(404);
    const answer = await house.gateway.fetch(
      new Request(`${house.url}/admin/policies/analyst-cloud/preview`, {
        method: "POST",
        headers: { origin: house.url, "content-type": "application/x-www-form-urlencoded" },
        body: "connection=con_x&path=/rest/api/3/issue/JJ-2",
      }),
    );
    expect(answer.status).toBe(404);
    const page = await admin.open(`${house.url}/admin/policies/analyst-cloud`);
    const wrong = await admin.submit(page, {
      button: "Show both sides",
      fields: { connection: "con_x", path: "/rest/api/3/issue/JJ-2" },
    });
    expect(wrong.status).toBe(400);
  });
});

describe.skipIf(chromium === undefined)("in Chromium", { timeout: 90_000 }, () => {
  it("both sides are read at a glance", async () => {
    const browser = await launch(chromium!);
    try {
      const { page, complaints } = await open(browser);
      await page.goto(await house.gateway.adminAddress());
      await page.getByRole("button", { name: "Open the admin page" }).click();
      await page.goto(`${house.url}/admin/policies`);
      await look(page, "policies");
      await page.getByRole("link", { name: "analyst-cloud" }).click();
      await page.getByRole("button", { name: "Show both sides" }).click();
      await page.locator("details.leaves summary").first().click();
      expect(await page.locator(".sides .left-out").count()).toBeGreaterThan(10);
      await look(page, "policy");
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
