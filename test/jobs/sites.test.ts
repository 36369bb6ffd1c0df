import { describe, expect, it } from "vitest";
import { changeBy } from "../../src/vault/sightings.ts";
import { OWNER } from "../connect/hall.ts";
import { DAY_S, openWorkshop, type Workshop } from "./workshop.ts";

const RESOURCES = "/oauth/token/accessible-resources";
const SCOPES = ["read:jira-work", "read:jira-user"];

/** From now on the grant reaches these, whatever the sandbox knows. */
function grants(shop: Workshop, sites: readonly { id: string; url: string; name: string }[]): void {
  shop.sandbox.control.clearFaults();
  const body = sites.map((site) => ({ ...site, scopes: SCOPES, avatarUrl: "https://avatar.example/1.png" }));
  shop.sandbox.control.faults({ match: { path: RESOURCES }, status: 200, body });
}

describe("the site of a Cloud connection", () => {
  it("that was renamed is known under its new name, and said once", async () => {
    const shop = await openWorkshop();
    const { id, site } = await shop.connect_to("cloud");
    expect(await shop.jobs.runNow("sites")).toEqual({ done: 0, failed: 0 });
    shop.pass(DAY_S);
    expect(await shop.jobs.runNow("sites")).toEqual({ done: 1, failed: 0 });
    expect(await shop.told("site.renamed")).toEqual([]);

    const now = { id: site.id, url: "https://acme-new.example", name: "acme-new" };
    grants(shop, [now]);
    for (let day = 0; day < 3; day++) {
      shop.pass(DAY_S);
      await shop.jobs.runNow("sites");
    }
    const before = { id: site.id, url: site.url, name: site.name };
    expect(await shop.told("site.renamed")).toMatchObject([{ connection_id: id, data: { before, now } }]);
    const after = await shop.vault.connections.get(OWNER, id);
    expect(after.site).toMatchObject(now);
    // Where its REST is follows from its id, not from its name.
    expect(after.site.api_base_url).toBe(site.api_base_url);
    expect(after.last_used_at).toBeUndefined();
  });

  it("that the grant no longer reaches is said to be gone, and to be back; no other takes its place", async () => {
    const shop = await openWorkshop();
    const { id, site } = await shop.connect_to("cloud");
    const other = { id: "11111111-2222-3333-4444-555555555555", url: "https://other.example", name: "other" };
    grants(shop, [other]);
    for (let day = 0; day < 2; day++) {
      shop.pass(DAY_S);
      await shop.jobs.runNow("sites");
    }
    const gone = await shop.vault.connections.get(OWNER, id);
    expect(gone.site).toMatchObject({ id: site.id, url: site.url, name: site.name });
    expect(gone.site.gone_at).toBeGreaterThan(0);
    expect(gone.state).toBe("active");
    expect(await shop.told("site.removed")).toMatchObject([
      { connection_id: id, data: { site: { id: site.id }, granted: [other] } },
    ]);
    grants(shop, [{ id: site.id, url: site.url, name: site.name }]);
    shop.pass(DAY_S);
    await shop.jobs.runNow("sites");
    expect((await shop.vault.connections.get(OWNER, id)).site.gone_at).toBeUndefined();
    expect(await shop.told("site.returned")).toHaveLength(1);
  });

  it("is not taken for gone where Jira does not answer, and is looked at again an hour later", async () => {
    const shop = await openWorkshop();
    const { id } = await shop.connect_to("cloud");
    shop.sandbox.control.faults({ match: { path: RESOURCES }, status: 503, body: "later" });
    shop.pass(DAY_S);
    expect(await shop.jobs.runNow("sites")).toEqual({ done: 0, failed: 1 });
    expect(await shop.jobs.runNow("sites")).toEqual({ done: 0, failed: 0 });
    expect((await shop.vault.connections.get(OWNER, id)).site.gone_at).toBeUndefined();
    shop.sandbox.control.clearFaults();
    shop.pass(3_600);
    expect(await shop.jobs.runNow("sites")).toEqual({ done: 1, failed: 0 });
  });
});

describe("the site of a Data Center connection", () => {
  it("that gives itself another address is told, and stays where the operator registered it", async () => {
    const shop = await openWorkshop();
    const { id, site } = await shop.connect_to("datacenter-oauth2");
    shop.pass(DAY_S);
    expect(await shop.jobs.runNow("sites")).toEqual({ done: 1, failed: 0 });
    expect(await shop.told("site.moved")).toEqual([]);
    shop.sandbox.control.faults({
      match: { path: "/jira/rest/api/2/serverInfo" },
      status: 200,
      body: { baseUrl: "https://jira-new.example/", version: "10.3.1" },
    });
    for (let day = 0; day < 2; day++) {
      shop.pass(DAY_S);
      await shop.jobs.runNow("sites");
    }
    const after = await shop.vault.connections.get(OWNER, id);
    expect(after.site).toMatchObject({ url: site.url, api_base_url: site.api_base_url, version: "10.3.1" });
    expect(await shop.told("site.moved")).toMatchObject([
      { connection_id: id, data: { now: { url: "https://jira-new.example/" } } },
    ]);
  });
});

describe("a sighting", () => {
  const known = {
    ...{ id: "site-1", url: "https://acme.example", name: "acme" },
    facts: { deployment: "cloud" as const },
  };

  it("of the same address under another id is a move, and is not followed", () => {
    const now = { id: "site-2", url: "https://acme.example/", name: "acme" };
    expect(changeBy(known, { kind: "gone", granted: [now] }, 7)).toEqual({
      ...{ name: "acme", url: "https://acme.example" },
      facts: { deployment: "cloud", gone_at: 7 },
      told: [{ type: "site.moved", data: { site: { id: "site-1", url: known.url, name: "acme" }, now } }],
    });
  });

  it("that shows nothing new tells nothing", () => {
    const { told } = changeBy(known, { kind: "there", url: known.url, name: known.name }, 7);
    expect(told).toEqual([]);
    const gone = { ...known, facts: { ...known.facts, gone_at: 3 } };
    expect(changeBy(gone, { kind: "gone", granted: [] }, 7)).toMatchObject({
      facts: { gone_at: 3 },
      told: [],
    });
  });
});
