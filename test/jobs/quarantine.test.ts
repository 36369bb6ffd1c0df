import { expect, it } from "vitest";
import { DAY_S, openWorkshop } from "./workshop.ts";

it("a copied vault keeps nothing alive, and catches up once it is confirmed", async () => {
  const shop = await openWorkshop();
  await shop.connect_to("cloud");
  shop.pass(7 * DAY_S);
  await shop.vault.upkeep.quarantine();
  expect(await shop.jobs.runNow("keep_alive")).toEqual({ done: 0, failed: 0 });
  expect(shop.renewals()).toBe(0);
  await shop.vault.upkeep.confirm();
  expect(await shop.jobs.runNow("keep_alive")).toEqual({ done: 1, failed: 0 });
  expect(shop.renewals()).toBe(1);
});
