import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LatchkeyError } from "../../src/errors.ts";
import { backOff, isUncertain } from "../../src/vault/backoff.ts";
import { statusOf } from "../../src/vault/index.ts";
import { renewFrom } from "../../src/vault/lifetimes.ts";
import { boundedMap } from "../../src/vault/memory.ts";

const DAY = 86_400_000;
const now = Date.UTC(2026, 10, 20);

describe("the status of a connection", () => {
  it("is well while its ends are far, and names the nearest end that is near", () => {
    const far = {
      access_expires_at: now + 1,
      idle_expires_at: now + 90 * DAY,
      absolute_expires_at: now + 365 * DAY,
    };
    expect(statusOf(far, now)).toEqual({ kind: "well" });
    expect(statusOf({ ...far, absolute_expires_at: now + 60 * DAY }, now)).toEqual({
      kind: "soon",
      at: now + 60 * DAY,
      reason: "absolute",
    });
    expect(statusOf({ ...far, idle_expires_at: now + 30 * DAY }, now)).toMatchObject({ reason: "idle" });
    const both = { idle_expires_at: now + 20 * DAY, absolute_expires_at: now + 10 * DAY };
    expect(statusOf(both, now)).toMatchObject({ reason: "absolute", at: now + 10 * DAY });
  });

  it("says that nothing renews it where its access is its end", () => {
    const at = now + 3_600_000;
    const only = { access_expires_at: at, absolute_expires_at: at };
    expect(statusOf(only, now)).toEqual({ kind: "soon", at, reason: "access" });
    const years = { access_expires_at: now + 1825 * DAY, absolute_expires_at: now + 1825 * DAY };
    expect(statusOf(years, now)).toEqual({ kind: "well" });
  });

  it("is dead with its cause, whatever the dates say", () => {
    const dead = { cause: "invalid_grant", evidence: {}, at: now, next_step: "" };
    expect(statusOf({ dead, absolute_expires_at: now + 365 * DAY }, now)).toEqual({ kind: "dead", dead });
  });
});

describe("renewal ahead of the end", () => {
  it("is a minute before it, or a tenth of a short life, and never before the token came", () => {
    expect(renewFrom(now + 3_600_000, now)).toBe(now + 3_540_000);
    expect(renewFrom(now + 100_000, now)).toBe(now + 90_000);
    fc.assert(
      fc.property(fc.nat(10_000_000), (life) => {
        const from = renewFrom(now + life, now);
        expect(from).toBeGreaterThanOrEqual(now);
        expect(from).toBeLessThanOrEqual(now + life);
      }),
    );
  });
});

describe("the back-off", () => {
  const draw = (byte: number) => () => new Uint8Array([byte]);

  it("doubles up to five minutes, half of it by chance", () => {
    const failure = new LatchkeyError("server_error");
    const waits = (byte: number) =>
      [0, 1, 2, 5, 10, 1000].map((n) => backOff(n, failure, 0, draw(byte)).cool_until);
    expect(waits(255)).toEqual([2_000, 4_000, 8_000, 64_000, 300_000, 300_000]);
    expect(waits(0)).toEqual([1_000, 2_000, 4_000, 32_000, 150_000, 150_000]);
  });

  it("is never shorter than the server asked for", () => {
    const failure = new LatchkeyError("temporarily_unavailable", undefined, { retry_after_s: 60 });
    expect(backOff(0, failure, 0, draw(0)).cool_until).toBe(60_000);
  });

  it("knows which failures leave it open whether the server has rotated", () => {
    const network = (stage: string) =>
      new LatchkeyError("connection_reset", undefined, { details: { stage } });
    expect(isUncertain(network("answer"))).toBe(true);
    expect(isUncertain(network("connect"))).toBe(false);
    expect(isUncertain(new LatchkeyError("token_answer_unreadable"))).toBe(true);
    expect(isUncertain(new LatchkeyError("server_error", undefined, { details: { status: 502 } }))).toBe(
      true,
    );
    expect(isUncertain(new LatchkeyError("server_error", undefined, { details: { status: 500 } }))).toBe(
      false,
    );
    expect(isUncertain(new LatchkeyError("egress_refused"))).toBe(false);
    expect(isUncertain(new LatchkeyError("store_failed"))).toBe(false);
  });
});

describe("the memory of opened values", () => {
  it("never grows beyond its limit and keeps what was used last", () => {
    const map = boundedMap<number>(3);
    for (const [at, key] of ["a", "b", "c"].entries()) map.set(key, at);
    map.get("a");
    map.set("d", 3);
    expect(["a", "b", "c", "d"].map((key) => map.get(key))).toEqual([0, undefined, 2, 3]);
  });
});
