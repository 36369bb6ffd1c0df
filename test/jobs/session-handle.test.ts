import { describe, expect, it } from "vitest";
import { OWNER } from "../connect/hall.ts";
import { DAY, DAY_S, openWorkshop } from "./workshop.ts";

const FIVE_YEARS_S = 5 * 365 * DAY_S;
const ACCESS_TOKEN = "/plugins/servlet/oauth/access-token";

describe("an access token of OAuth 1.0a", () => {
  it("is renewed by its session handle in the month before its five years end, and the new one works", async () => {
    const shop = await openWorkshop();
    const { id } = await shop.connect_to("datacenter-oauth1");
    const before = await shop.vault.connections.get(OWNER, id);
    expect(before.access_expires_at! - before.consented_at).toBeGreaterThan(1824 * DAY);
    expect(before.idle_expires_at! - before.access_expires_at!).toBe(30 * DAY);
    shop.pass(FIVE_YEARS_S - 40 * DAY_S);
    expect(await shop.jobs.runNow("keep_alive")).toEqual({ done: 0, failed: 0 });
    shop.pass(11 * DAY_S);
    expect(await shop.jobs.runNow("keep_alive")).toEqual({ done: 1, failed: 0 });
    expect(shop.renewals()).toBe(1);
    const after = await shop.vault.connections.get(OWNER, id);
    expect(after.access_expires_at).toBeGreaterThan(before.access_expires_at! + 1700 * DAY);
    shop.pass(365 * DAY_S);
    const jira = await shop.jiraFor(id);
    expect((await jira.myself()).account_id).not.toBe("");
    expect((await shop.vault.families.get(OWNER, before.family_id)).generation).toBe(2);
  });

  it("that has ended is renewed by the next call, while its session lasts", async () => {
    const shop = await openWorkshop();
    const { id, family_id } = await shop.connect_to("datacenter-oauth1");
    shop.pass(FIVE_YEARS_S + 10 * DAY_S);
    expect((await shop.vault.credentialFor(OWNER, id)).kind).toBe("oauth1");
    expect(shop.renewals()).toBe(1);
    expect((await shop.vault.families.get(OWNER, family_id)).generation).toBe(2);
    await shop.vault.credentialFor(OWNER, id);
    expect(shop.renewals()).toBe(0);
  });

  it("whose session has ended too dies of idle_limit", async () => {
    const shop = await openWorkshop();
    const { id } = await shop.connect_to("datacenter-oauth1");
    shop.pass(FIVE_YEARS_S + 31 * DAY_S);
    await expect(shop.vault.credentialFor(OWNER, id)).rejects.toMatchObject({ code: "connection_dead" });
    expect((await shop.vault.connections.get(OWNER, id)).dead).toMatchObject({ cause: "idle_limit" });
  });

  it("lives on to its own end where the session is refused, and is warned of", async () => {
    const shop = await openWorkshop();
    const { id, access_expires_at } = await shop.connect_to("datacenter-oauth1");
    shop.pass(FIVE_YEARS_S - 29 * DAY_S);
    shop.sandbox.control.faults({
      match: { path: `/jira${ACCESS_TOKEN}`, method: "POST", times: 1 },
      status: 401,
      headers: { "www-authenticate": 'OAuth realm="x", oauth_problem="permission_denied"' },
      body: "oauth_problem=permission_denied",
    });
    await shop.jobs.runNow("keep_alive");
    const connection = await shop.vault.connections.get(OWNER, id);
    expect(connection).toMatchObject({ state: "active", absolute_expires_at: access_expires_at });
    expect(connection.idle_expires_at).toBeUndefined();
    expect((await shop.vault.credentialFor(OWNER, id)).kind).toBe("oauth1");
    await shop.jobs.runNow("warnings");
    expect((await shop.told("connection.expiring")).map(({ data }) => [data.reason, data.days])).toEqual([
      ["access", 30],
    ]);
    await shop.jobs.runNow("keep_alive");
    expect(shop.renewals()).toBe(1);
  });

  it("that was taken by a renewal whose answer never came dies of lost_answer when Jira refuses it", async () => {
    const shop = await openWorkshop();
    const { id } = await shop.connect_to("datacenter-oauth1");
    shop.pass(FIVE_YEARS_S - 29 * DAY_S);
    shop.sandbox.control.faults({
      match: { path: `/jira${ACCESS_TOKEN}`, method: "POST", times: 1 },
      lose_answer: true,
    });
    expect(await shop.jobs.runNow("keep_alive")).toEqual({ done: 0, failed: 1 });
    const credential = await shop.vault.credentialFor(OWNER, id);
    const token_id = credential.kind === "oauth1" ? credential.token_id : "";
    const rejected = shop.vault.rejected(OWNER, id, token_id ?? "", { code: "token_rejected" });
    await expect(rejected).rejects.toMatchObject({ code: "connection_dead" });
    expect((await shop.vault.connections.get(OWNER, id)).dead).toMatchObject({
      cause: "lost_answer",
      evidence: { sent_at: expect.any(Number) },
    });
  });
});
