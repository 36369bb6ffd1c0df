import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { behindProxy } from "./proxy.ts";
import { foundIn, openSurgery, type Surgery } from "./surgery.ts";
import { lookAt, type Patient, WALKS, type Walk } from "./walks.ts";

let surgery: Surgery;

beforeAll(async () => {
  surgery = await openSurgery();
});
afterEach(() => surgery.heal());
afterAll(() => surgery.close());

async function go(walk: Walk, base_url: string, proxy?: { passes_host: boolean }): Promise<void> {
  const patient: Patient = { flavor: walk.flavor, ...(proxy && { proxy }) };
  await walk.begin(surgery, patient, base_url);
  for (const [row, remedy] of walk.steps) {
    const found = await lookAt(surgery, patient);
    expect(found.cause?.row, foundIn(found)).toBe(row);
    await remedy.apply(surgery, patient, found.cause!);
  }
  expect(foundIn(await lookAt(surgery, patient))).toBe("healthy");
  // It works: a person can connect, and the connection is well.
  patient.connection_id ??= await surgery.connected(walk.flavor, patient.registration_id);
  expect(foundIn(await lookAt(surgery, patient))).toBe("healthy");
}

describe("a person is led by the doctor's words alone", () => {
  it("there are ten walks", () => expect(WALKS.length).toBeGreaterThanOrEqual(10));

  it.each(WALKS)("$title", async (walk) => {
    if (walk.proxy === undefined) return go(walk, surgery.hall.sandbox.dataCenterUrl);
    const setting = { ...walk.proxy };
    await behindProxy(surgery, setting, (base_url) => go(walk, base_url, setting));
  });

  it.each(WALKS)("docs/doctor.md tells it: $title", ({ title, broken, steps }) => {
    const page = readFileSync(new URL("../../docs/doctor.md", import.meta.url), "utf8").replace(/\s+/g, " ");
    expect(page).toContain(`### ${title}`);
    expect(page).toContain(broken);
    for (const [, { does }] of steps) expect(page).toContain(does);
  });
});
