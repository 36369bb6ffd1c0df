import { describe, expect, it } from "vitest";
import { OWNER } from "../connect/hall.ts";
import { DAY, DAY_S, openWorkshop } from "./workshop.ts";

describe("an idle family", () => {
  it("is kept alive by the job, week by week, past the day on which it would have died", async () => {
    const shop = await openWorkshop();
    const { id } = await shop.connect_to("cloud");
    const born = shop.now();
    for (let day = 0; day < 98; day += 7) {
      shop.pass(7 * DAY_S);
      expect(await shop.jobs.runNow("keep_alive")).toEqual({ done: 1, failed: 0 });
      expect(shop.renewals(), `after day ${day + 7}`).toBe(1);
    }
    expect(shop.now() - born).toBeGreaterThan(90 * DAY);
    expect((await shop.vault.connections.get(OWNER, id)).state).toBe("active");
    await shop.vault.refresh(OWNER, id);
    expect(await shop.told("connection.expiring")).toEqual([]);
  });

  it("is left alone for the first six days, and by a second run", async () => {
    const shop = await openWorkshop();
    await shop.connect_to("cloud");
    shop.pass(6 * DAY_S);
    expect(await shop.jobs.runNow("keep_alive")).toEqual({ done: 0, failed: 0 });
    shop.pass(DAY_S);
    await shop.jobs.runNow("keep_alive");
    await shop.jobs.runNow("keep_alive");
    expect(shop.renewals()).toBe(1);
  });

  it("of Data Center, where each renewal has its risk, is renewed when a third of its time is left", async () => {
    const shop = await openWorkshop();
    const { id } = await shop.connect_to("datacenter-oauth2");
    shop.pass(53 * DAY_S);
    expect(await shop.jobs.runNow("keep_alive")).toEqual({ done: 0, failed: 0 });
    shop.pass(8 * DAY_S);
    expect(await shop.jobs.runNow("keep_alive")).toEqual({ done: 1, failed: 0 });
    shop.pass(60 * DAY_S);
    await shop.vault.refresh(OWNER, id);
    expect((await shop.vault.connections.get(OWNER, id)).state).toBe("active");
  });

  it("without the job lives to day 89, and on day 91 dies of idle_limit, proven by its dates", async () => {
    const shop = await openWorkshop();
    const kept = await shop.connect_to("cloud");
    shop.pass(89 * DAY_S);
    await shop.vault.refresh(OWNER, kept.id);
    expect((await shop.vault.connections.get(OWNER, kept.id)).state).toBe("active");
    const renewed_at = shop.now();

    shop.pass(91 * DAY_S);
    await expect(shop.vault.credentialFor(OWNER, kept.id)).rejects.toMatchObject({ code: "connection_dead" });
    const { dead } = await shop.vault.connections.get(OWNER, kept.id);
    expect(dead).toMatchObject({ cause: "idle_limit", next_step: expect.stringMatching(/Connect again/) });
    expect(dead?.not_excluded).toBeUndefined();
    const { idle_expires_at, last_rotated_at } = (dead?.evidence ?? {}) as Record<string, number>;
    expect(last_rotated_at! - renewed_at).toBeLessThan(60_000);
    expect(idle_expires_at).toBe(last_rotated_at! + 90 * DAY);
    expect(await shop.told("connection.dead")).toMatchObject([
      { connection_id: kept.id, data: { cause: "idle_limit" } },
    ]);
  });
});

describe("the end of a consent", () => {
  it("comes on day 365 however well it is kept alive, is warned of 60, 30 and 7 days before, and named", async () => {
    const shop = await openWorkshop();
    const { id, family_id, consented_at } = await shop.connect_to("cloud");
    const ends_at = consented_at + 365 * DAY;
    for (let day = 1; day <= 366; day++) {
      shop.pass(DAY_S);
      await shop.jobs.runNow("keep_alive");
      await shop.jobs.runNow("warnings");
    }
    // The keep-alive may have met the end already; a caller does in any case.
    await expect(shop.vault.credentialFor(OWNER, id)).rejects.toMatchObject({ code: "connection_dead" });
    const { dead } = await shop.vault.connections.get(OWNER, id);
    expect(dead).toMatchObject({ cause: "absolute_limit", evidence: { absolute_expires_at: ends_at } });
    const warned = await shop.told("connection.expiring");
    expect(warned.map(({ data }) => data.days)).toEqual([60, 30, 7]);
    for (const { at, connection_id, data } of warned) {
      expect(connection_id).toBe(id);
      expect(data).toMatchObject({ reason: "absolute", ends_at, connection_ids: [id] });
      const before = ends_at - at;
      expect(before).toBeLessThanOrEqual((data.days as number) * DAY);
      expect(before).toBeGreaterThan(((data.days as number) - 2) * DAY);
    }
    const row = await shop.store.families.get(OWNER, family_id);
    expect(row).toMatchObject({ state: "dead", warn_at: null });
  }, 60_000);
});

describe("a family that cannot be kept alive", () => {
  it("is warned of once for each threshold of its idle end, and dies with its cause", async () => {
    const shop = await openWorkshop();
    const { id } = await shop.connect_to("cloud");
    shop.sandbox.control.faults({ match: { path: "/oauth/token", method: "POST" }, status: 503, body: {} });
    for (let day = 1; day <= 89; day++) {
      shop.pass(DAY_S);
      await shop.jobs.runNow("keep_alive");
      await shop.jobs.runNow("warnings");
      await shop.jobs.runNow("warnings");
    }
    const warned = await shop.told("connection.expiring");
    expect(warned.map(({ data }) => [data.reason, data.days])).toEqual([
      ["idle", 60],
      ["idle", 30],
      ["idle", 7],
    ]);
    expect((await shop.vault.connections.get(OWNER, id)).state).toBe("active");
    shop.sandbox.control.clearFaults();
    shop.pass(2 * DAY_S);
    await shop.jobs.runNow("keep_alive");
    expect((await shop.vault.connections.get(OWNER, id)).dead?.cause).toBe("idle_limit");
  }, 60_000);
});
