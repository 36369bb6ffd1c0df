import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { causeOfDeath, type Known, UNTOLD } from "../../src/vault/causes.ts";

const DAY = 86_400_000;
const MINUTE = 60_000;
const at = Date.UTC(2026, 10, 20);

/** A Cloud family in the middle of its life whose renewal was refused a moment ago. */
const refused: Known = {
  flavor: "cloud",
  code: "unauthorized_client",
  asked: "renewal",
  at,
  generation: 7,
  consented_at: at - 100 * DAY,
  last_rotated_at: at - 5 * DAY,
  access_expires_at: at - 4 * DAY,
  idle_expires_at: at + 85 * DAY,
  absolute_expires_at: at + 265 * DAY,
};
const dc2: Partial<Known> = { flavor: "datacenter-oauth2", code: "invalid_grant", absolute_expires_at: null };
/** What no dance led to, and nothing renews. */
const given: Partial<Known> = {
  code: "token_revoked_or_expired",
  asked: "call",
  access_expires_at: null,
  idle_expires_at: null,
  absolute_expires_at: null,
};
const dc1: Partial<Known> = {
  flavor: "datacenter-oauth1",
  code: "token_rejected",
  asked: "call",
  access_expires_at: at + 1000 * DAY,
  idle_expires_at: null,
  absolute_expires_at: at + 1000 * DAY,
};

const CLOUD_UNTOLD = [
  "revoked_by_user",
  "admin_uninstalled",
  "password_changed",
  "account_deactivated",
  "rotated_elsewhere",
  "site_gone",
];

describe("the cause of a death", () => {
  it.each<[string, Partial<Known>, string, readonly string[] | undefined]>([
    // What is proven by a date.
    ["the consent's last day has passed", { absolute_expires_at: at }, "absolute_limit", undefined],
    ["it was idle for too long", { idle_expires_at: at - 1 }, "idle_limit", undefined],
    [
      "both have passed: the one that no renewal moves",
      { idle_expires_at: at - 1, absolute_expires_at: at - 1 },
      "absolute_limit",
      undefined,
    ],
    ["Data Center, idle", { ...dc2, idle_expires_at: at, sent_at: at - 100 * DAY }, "idle_limit", undefined],
    // What is proven by an exchange.
    [
      "Data Center takes a token once, and its answer was lost",
      { ...dc2, sent_at: at - MINUTE },
      "lost_answer",
      ["revoked_by_user", "account_deactivated", "rotated_elsewhere"],
    ],
    [
      "Cloud, its answer lost longer ago than it takes a token twice",
      { sent_at: at - 10 * MINUTE },
      "lost_answer",
      CLOUD_UNTOLD,
    ],
    [
      "Cloud, its answer lost within that time: not proven",
      { sent_at: at - 10 * MINUTE + 1 },
      "unauthorized_client",
      [...CLOUD_UNTOLD, "lost_answer"],
    ],
    // What is not proven.
    ["Cloud, for no reason that is told", {}, "unauthorized_client", CLOUD_UNTOLD],
    [
      "Data Center, for no reason that is told",
      dc2,
      "invalid_grant",
      ["revoked_by_user", "account_deactivated", "rotated_elsewhere"],
    ],
    [
      "another family of the account lives on",
      { same_account_at: at },
      "unauthorized_client",
      CLOUD_UNTOLD.filter((one) => one !== "password_changed" && one !== "account_deactivated"),
    ],
    [
      "a family of another account lives on",
      { same_registration_at: at },
      "unauthorized_client",
      CLOUD_UNTOLD.filter((one) => one !== "admin_uninstalled"),
    ],
    [
      "the registration was changed since",
      { registration_changed_at: at - DAY },
      "unauthorized_client",
      ["secret_changed", ...CLOUD_UNTOLD],
    ],
    [
      "the registration was changed before",
      { registration_changed_at: at - 6 * DAY },
      "unauthorized_client",
      CLOUD_UNTOLD,
    ],
    [
      "Data Center's site was found gone",
      { ...dc2, site_gone_at: at - DAY },
      "invalid_grant",
      ["revoked_by_user", "account_deactivated", "rotated_elsewhere", "site_gone"],
    ],
    // Access tokens that nothing renews.
    [
      "OAuth 1.0a, refused before its end",
      dc1,
      "token_rejected",
      ["revoked_by_user", "admin_uninstalled", "account_deactivated"],
    ],
    ["OAuth 1.0a, refused after its end", { ...dc1, access_expires_at: at }, "token_expired", undefined],
    ["OAuth 1.0a, said to be revoked", { ...dc1, code: "token_revoked" }, "token_revoked", undefined],
    [
      "a personal access token, refused: whose end nobody told",
      { ...dc2, ...given, kind: "personal-access-token" },
      "token_revoked_or_expired",
      ["revoked_by_user", "revoked_by_admin", "token_expired", "account_deactivated"],
    ],
    [
      "an API token, refused before the end that was told",
      { ...given, kind: "api-token", access_expires_at: at + DAY },
      "token_revoked_or_expired",
      ["revoked_by_user", "revoked_by_admin", "account_deactivated", "site_gone"],
    ],
    [
      "an API token, refused after it",
      { ...given, kind: "api-token", access_expires_at: at },
      "token_expired",
      undefined,
    ],
    [
      "a service account, whose lost answers lose nothing",
      { ...dc2, kind: "service-account", sent_at: at - MINUTE },
      "invalid_grant",
      ["revoked_by_admin", "account_deactivated"],
    ],
    [
      "no refresh token came with it",
      { code: "refresh_token_absent", asked: "call" },
      "refresh_token_absent",
      undefined,
    ],
  ])("where %s", (_name, change, cause, not_excluded) => {
    const dead = causeOfDeath({ ...refused, ...change });
    expect(dead.cause).toBe(cause);
    expect(dead.not_excluded && [...dead.not_excluded].sort()).toEqual(
      not_excluded && [...not_excluded].sort(),
    );
  });

  it("carries the dates, the answer and since when each cause could have come about", () => {
    const dead = causeOfDeath({
      ...refused,
      answer: { status: 403 },
      same_account_at: at - 2 * DAY,
      same_registration_at: at - DAY,
    });
    expect(dead).toMatchObject({ at, next_step: expect.stringMatching(/Connect again/) });
    expect(dead.evidence).toMatchObject({
      answered: "unauthorized_client",
      status: 403,
      generation: 7,
      consented_at: refused.consented_at,
      last_rotated_at: refused.last_rotated_at,
      idle_expires_at: refused.idle_expires_at,
      absolute_expires_at: refused.absolute_expires_at,
      since: {
        revoked_by_user: at - 5 * DAY,
        password_changed: at - 2 * DAY,
        admin_uninstalled: at - DAY,
      },
    });
  });

  it("is either proven, or comes with what is not excluded, and always with a next step", () => {
    const time = fc.integer({ min: at - 400 * DAY, max: at + 400 * DAY });
    const maybe = fc.option(time, { nil: undefined });
    const known = fc.record({
      flavor: fc.constantFrom("cloud", "datacenter-oauth2", "datacenter-oauth1"),
      code: fc.constantFrom("invalid_grant", "unauthorized_client", "token_rejected", "token_revoked"),
      asked: fc.constantFrom("renewal", "call"),
      at: fc.constant(at),
      generation: fc.nat(),
      consented_at: time,
      last_rotated_at: time,
      access_expires_at: time,
      idle_expires_at: fc.option(time),
      absolute_expires_at: fc.option(time),
      sent_at: maybe,
      same_account_at: maybe,
      same_registration_at: maybe,
      registration_changed_at: maybe,
      site_gone_at: maybe,
    });
    fc.assert(
      fc.property(known, (given) => {
        const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
        const dead = causeOfDeath(present as unknown as Known);
        expect(dead.next_step).toMatch(/onnect again/);
        for (const one of dead.not_excluded ?? []) expect(UNTOLD).toContain(one);
        const proven = ["absolute_limit", "idle_limit", "lost_answer", "token_expired", "token_revoked"];
        const said = given.asked === "call" && given.code !== "token_rejected" ? [given.code] : [];
        if (![...proven, ...said].includes(dead.cause)) expect(dead.not_excluded?.length).toBeGreaterThan(0);
        expect(JSON.stringify(dead)).not.toContain("undefined");
      }),
    );
  });
});
