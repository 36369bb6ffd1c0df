import { expect, it } from "vitest";
import { KEPT } from "../../src/jobs/index.ts";
import { callRow, danceRow, eventRow, sessionRow, useRow } from "../store/rows.ts";
import { DAY, openWorkshop } from "./workshop.ts";

it("removes records whose time is over, and sessions that have ended, and keeps the others", async () => {
  const shop = await openWorkshop();
  const { store } = shop;
  const now = shop.now();
  const ages = { old: 1, kept: -1 };
  for (const [id, days] of Object.entries(ages)) {
    const at = (kept: number) => now - (kept + days) * DAY;
    await store.events.append(eventRow({ id: `evt_${id}`, at: at(KEPT.events.days) }));
    // From before the log was a chain; how a chain is shortened is told in test/handles/log.test.ts.
    await store.uses.append(useRow({ at: at(KEPT.uses.days) }));
    await store.dances.insert(danceRow({ id: `dnc_${id}`, started_at: at(KEPT.dances.days) }));
    await store.calls.insert([callRow({ id: `cal_${id}`, started_at: at(KEPT.calls.days) })]);
    await store.sessions.put(sessionRow({ id_hash: id, expires_at: now - days * DAY }));
  }
  expect(await shop.jobs.runNow("retention")).toEqual({ done: 1, failed: 0 });
  expect((await store.events.list("alice")).map(({ id }) => id)).toEqual(["evt_kept"]);
  expect((await store.dances.list("alice")).map(({ id }) => id)).toEqual(["dnc_kept"]);
  expect((await store.calls.list("alice")).map(({ id }) => id)).toEqual(["cal_kept"]);
  expect(await store.uses.list("alice")).toHaveLength(1);
  const sessions = await store.kysely.selectFrom("sessions").select("id_hash").execute();
  expect(sessions).toEqual([{ id_hash: "kept" }]);
});

it("sweeps dances that nobody finished", async () => {
  const shop = await openWorkshop();
  await shop.connect_to("cloud");
  shop.pass(3 * 86_400);
  await shop.jobs.runNow("sweep");
  expect(await shop.store.kysely.selectFrom("attempts").select("id").execute()).toEqual([]);
});
