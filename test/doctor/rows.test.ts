import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ROWS } from "../../src/doctor/index.ts";
import { CLOUD_CASES } from "./cloud-cases.ts";
import { DATA_CENTER_CASES } from "./datacenter-cases.ts";
import { MACHINE_CASES } from "./machine-cases.ts";
import { foundIn, openSurgery, type Surgery } from "./surgery.ts";

const CASES = [...MACHINE_CASES, ...DATA_CENTER_CASES, ...CLOUD_CASES];
let surgery: Surgery;

beforeAll(async () => {
  surgery = await openSurgery();
});
afterEach(() => surgery.heal());
afterAll(() => surgery.close());

describe("each cause is named by its signs", () => {
  it.each(CASES)("$row: $as", async ({ row, run }) => {
    const found = await run(surgery);
    expect(found.cause?.row, foundIn(found)).toBe(row);
    expect(found.cause?.next_step.length).toBeGreaterThan(20);
    const known = ROWS.find(({ id }) => id === row)!;
    const at = found.steps.filter(({ outcome }) => outcome === "found").map(({ name }) => name);
    expect(at).toEqual([known.step]);
  });

  it("no row is without a case", () => {
    const proven = new Set(CASES.map(({ row }) => row));
    expect(ROWS.map(({ id }) => id).filter((id) => !proven.has(id))).toEqual([]);
    expect(new Set(ROWS.map(({ id }) => id)).size).toBe(ROWS.length);
  });

  it("what no row knows is not guessed", () => {
    expect(surgery.doctor.explain({ text: "It does not work." }).outcome).toBe("unproven");
  });
});
