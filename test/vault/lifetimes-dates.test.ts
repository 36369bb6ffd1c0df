import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Flavor } from "../../src/protocol/index.ts";
import { Secret } from "../../src/secret.ts";
import { datesOf, endsOf, type Warned, warningsDue } from "../../src/vault/lifetimes.ts";
import type { Tokens } from "../../src/vault/tokens.ts";

const DAY = 86_400_000;
const now = Date.UTC(2026, 10, 20);
const oauth2 = (refresh = true): Tokens => ({
  kind: "oauth2",
  access_token: new Secret("access-token"),
  token_type: "Bearer",
  expires_at: now + 3_600_000,
  ...(refresh && { refresh_token: new Secret("refresh-token") }),
});
const oauth1 = (handle = true): Tokens => ({
  kind: "oauth1",
  oauth_token: new Secret("oauth-token"),
  oauth_token_secret: new Secret("oauth-secret"),
  expires_at: now + 1825 * DAY,
  ...(handle && {
    oauth_session_handle: new Secret("session-handle"),
    session_expires_at: now + 1855 * DAY,
  }),
});

describe("the dates of new tokens", () => {
  it.each<[string, Flavor, Tokens, readonly (number | null)[]]>([
    ["Cloud", "cloud", oauth2(), [90, 265, 7, 30]],
    ["Cloud without a refresh token", "cloud", oauth2(false), [null, 1 / 24, null, 1 / 24 - 60]],
    ["Data Center, OAuth 2.0", "datacenter-oauth2", oauth2(), [90, null, 60, 30]],
    ["Data Center, OAuth 1.0a", "datacenter-oauth1", oauth1(), [1855, null, 1795, 1795]],
    ["OAuth 1.0a without a handle", "datacenter-oauth1", oauth1(false), [null, 1825, null, 1765]],
  ])("of %s are what its Jira documents", (_name, flavor, tokens, [idle, absolute, keep_alive, warn]) => {
    const day = (days: number | null | undefined) => (days == null ? null : now + days * DAY);
    expect(datesOf(flavor, tokens, now - 100 * DAY, now)).toMatchObject({
      idle_expires_at: day(idle),
      absolute_expires_at: day(absolute),
      keep_alive_at: day(keep_alive),
      warn_at: day(warn),
    });
  });

  it("let a renewal come early by a tenth, and by a week at most, so that not all come on one day", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (chance) => {
        const early = (flavor: Flavor, tokens: Tokens) =>
          (datesOf(flavor, tokens, now, now).keep_alive_at ?? 0) -
          (datesOf(flavor, tokens, now, now, chance).keep_alive_at ?? 0);
        expect(Math.abs(early("cloud", oauth2()) - 0.7 * DAY * chance)).toBeLessThanOrEqual(1);
        expect(Math.abs(early("datacenter-oauth2", oauth2()) - 6 * DAY * chance)).toBeLessThanOrEqual(1);
        expect(Math.abs(early("datacenter-oauth1", oauth1()) - 7 * DAY * chance)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("warnings", () => {
  it("tell each threshold of each end at most once, in time, and look again as long as one is left", () => {
    const end = fc.option(fc.integer({ min: -10, max: 400 }).map((days) => now + days * DAY));
    const steps = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(end, end, steps, (idle_expires_at, absolute_expires_at, days) => {
        const ends = { access_expires_at: null, idle_expires_at, absolute_expires_at };
        const told = new Set<string>();
        let warned: Warned = {};
        let at = now;
        for (const step of days) {
          const due = warningsDue({ ...ends, warned }, null, at);
          for (const { reason, days, ends_at } of due.warnings) {
            expect(told.has(`${reason} ${days}`)).toBe(false);
            told.add(`${reason} ${days}`);
            expect(ends_at - at).toBeLessThanOrEqual(days * DAY);
          }
          expect(due.warn_at === null || due.warn_at > at).toBe(true);
          expect(warningsDue({ ...ends, warned: due.warned }, null, at).warnings).toEqual([]);
          warned = due.warned;
          at += step * DAY;
        }
        const first = Math.min(...endsOf(ends).map((one) => one.at));
        const last = at - (days.at(-1) ?? 0) * DAY;
        if (last >= first) expect(told.size).toBeGreaterThan(0);
      }),
    );
  });

  it("of an idle end wait until the keep-alive should have moved it a day ago", () => {
    const idle = { access_expires_at: null, absolute_expires_at: null, idle_expires_at: now + 30 * DAY };
    expect(warningsDue({ ...idle, warned: {} }, now, now)).toMatchObject({
      warnings: [],
      warn_at: now + DAY,
    });
    expect(warningsDue({ ...idle, warned: {} }, now, now + DAY).warnings).toEqual([
      { reason: "idle", ends_at: now + 30 * DAY, days: 30 },
    ]);
  });
});
