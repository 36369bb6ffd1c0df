import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Flavor } from "../../src/protocol/index.ts";
import { approved, stepOf } from "./approved.ts";
import {
  answerOf,
  decide,
  type Hall,
  newBinding,
  OWNER,
  openHall,
  personsBrowser,
  register,
} from "./hall.ts";
import { codeOf, refusalOf } from "./refusals.ts";

const FLAVORS: readonly Flavor[] = ["cloud", "datacenter-oauth2", "datacenter-oauth1"];

let hall: Hall;
const ids = new Map<Flavor, string>();

beforeAll(async () => {
  hall = await openHall();
  for (const flavor of FLAVORS) ids.set(flavor, await register(hall, flavor));
});
beforeEach(() => {
  hall.clock.ahead_ms = 0;
  hall.sandbox.control.clearFaults();
});
afterAll(() => hall.close());

function changed(params: URLSearchParams, change: (copy: URLSearchParams) => void): URLSearchParams {
  const copy = new URLSearchParams(params);
  change(copy);
  return copy;
}

function keyOf(flavor: Flavor): string {
  return flavor === "datacenter-oauth1" ? "oauth_token" : "state";
}

describe.each(FLAVORS)("%s", (flavor) => {
  const key = keyOf(flavor);

  it("a wrong state consumes nothing: the true answer still counts", async () => {
    const one = await approved(hall, ids, flavor);
    const wrong = changed(one.params, (copy) => copy.set(key, "somebodyelses0123456789"));
    expect(await codeOf(hall.connect.complete({ ...one, params: wrong }))).toBe("state_mismatch");
    expect(await stepOf(hall, one)).toBe("begun");
    expect((await hall.connect.complete(one)).kind).toBe("connected");
  });

  it("another browser is refused, and the right one may still finish", async () => {
    const one = await approved(hall, ids, flavor);
    expect(await codeOf(hall.connect.complete({ ...one, binding: newBinding() }))).toBe("browser_mismatch");
    expect(await codeOf(hall.connect.complete({ ...one, binding: undefined }))).toBe("browser_mismatch");
    expect(await stepOf(hall, one)).toBe("begun");
    expect((await hall.connect.complete(one)).kind).toBe("connected");
  });

  it("another owner in the same browser is refused, and the one who began may still finish", async () => {
    const one = await approved(hall, ids, flavor);
    expect(await codeOf(hall.connect.complete({ ...one, owner: "next-user" }))).toBe("browser_mismatch");
    expect((await hall.connect.complete({ ...one, owner: OWNER })).kind).toBe("connected");
  });

  it("an answer is used once, by whoever comes first", async () => {
    const one = await approved(hall, ids, flavor);
    const both = await Promise.allSettled([hall.connect.complete(one), hall.connect.complete(one)]);
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const reasons = both.flatMap((result) => (result.status === "rejected" ? [result.reason.code] : []));
    expect(reasons).toEqual(["attempt_used"]);
    expect(await codeOf(hall.connect.complete(one))).toBe("attempt_used");
  });

  it("a forged refusal changes nothing", async () => {
    const one = await approved(hall, ids, flavor);
    const forged =
      flavor === "datacenter-oauth1"
        ? new URLSearchParams({ oauth_token: "foreign0123456789", oauth_verifier: "denied" })
        : new URLSearchParams({ state: "foreign0123456789", error: "access_denied" });
    expect(await codeOf(hall.connect.complete({ ...one, params: forged }))).toBe("state_mismatch");
    const strangers = changed(one.params, (copy) => {
      copy.delete("code");
      if (flavor === "datacenter-oauth1") copy.set("oauth_verifier", "denied");
      else copy.set("error", "access_denied");
    });
    const elsewhere = { ...one, params: strangers, binding: newBinding() };
    expect(await codeOf(hall.connect.complete(elsewhere))).toBe("browser_mismatch");
    expect((await hall.connect.complete(one)).kind).toBe("connected");
  });

  it("a callback on another registration's path is refused, and consumes nothing", async () => {
    const one = await approved(hall, ids, flavor);
    for (const [other, id] of ids) {
      if (other === flavor) continue;
      const code = await codeOf(hall.connect.complete({ ...one, registration_id: id }));
      expect(["state_mismatch", "callback_malformed"], other).toContain(code);
    }
    const nowhere = { ...one, registration_id: "nobody" };
    expect(await codeOf(hall.connect.complete(nowhere))).toBe("callback_not_waited_for");
    expect((await hall.connect.complete(one)).kind).toBe("connected");
  });

  it("an attempt that took too long is over, and says so", async () => {
    const one = await approved(hall, ids, flavor);
    hall.clock.ahead_ms = 16 * 60_000;
    expect(await codeOf(hall.connect.complete(one))).toBe("attempt_expired");
  });

  it("a callback that carries something twice is refused, and consumes nothing", async () => {
    const one = await approved(hall, ids, flavor);
    for (const name of one.params.keys()) {
      const twice = changed(one.params, (copy) => copy.append(name, "another"));
      expect(await codeOf(hall.connect.complete({ ...one, params: twice })), name).toBe("callback_malformed");
    }
    expect(await stepOf(hall, one)).toBe("begun");
    expect((await hall.connect.complete(one)).kind).toBe("connected");
  });

  it("parameters of its own in a callback do no harm, those of another protocol are refused", async () => {
    const one = await approved(hall, ids, flavor);
    const foreign = changed(one.params, (copy) => copy.set("access_token", "x"));
    expect(await codeOf(hall.connect.complete({ ...one, params: foreign }))).toBe("callback_malformed");
    const extra = changed(one.params, (copy) => copy.set("utm_source", "mail"));
    expect((await hall.connect.complete({ ...one, params: extra })).kind).toBe("connected");
  });

  it("a callback of five megabytes is refused before anything is looked up", async () => {
    const one = await approved(hall, ids, flavor);
    const huge = changed(one.params, (copy) => copy.set("code", "x".repeat(5_000_000)));
    expect(await codeOf(hall.connect.complete({ ...one, params: huge }))).toBe("callback_malformed");
    const many = changed(one.params, (copy) => {
      for (let n = 0; n < 40; n++) copy.set(`extra${n}`, "x".repeat(60_000));
    });
    expect(await codeOf(hall.connect.complete({ ...one, params: many }))).toBe("callback_malformed");
    expect((await hall.connect.complete(one)).kind).toBe("connected");
  });

  it("an empty callback says what is missing", async () => {
    const one = await approved(hall, ids, flavor);
    const refusal = await refusalOf(hall.connect.complete({ ...one, params: new URLSearchParams() }));
    expect(refusal.code).toBe("callback_malformed");
    expect(refusal.message).toContain(key);
  });

  it("connecting never signs anyone into an owner: the connection is the beginner's", async () => {
    const binding = newBinding();
    const registration_id = ids.get(flavor)!;
    const begun = await hall.connect.begin({ owner: "victim", registration_id, binding });
    const params = answerOf(await decide(personsBrowser(), begun.authorize_url));
    const attacker = newBinding();
    expect(await codeOf(hall.connect.complete({ registration_id, params, binding: attacker }))).toBe(
      "browser_mismatch",
    );
    expect(await hall.vault.connections.list("victim", { registration_id })).toHaveLength(0);
    const done = await hall.connect.complete({ registration_id, params, binding });
    if (done.kind !== "connected") throw new Error(done.kind);
    expect(done.connection.owner).toBe("victim");
    expect((await hall.vault.connections.list(OWNER)).map(({ id }) => id)).not.toContain(done.connection.id);
  });

  it("endpoints come from the registration, whatever was typed", async () => {
    const registration_id = ids.get(flavor)!;
    const begun = await hall.connect.begin({
      owner: OWNER,
      registration_id,
      binding: newBinding(),
      site_hint: "https://evil.example/jira",
    });
    const { origin } = new URL(begun.authorize_url);
    const { cloudUrl, dataCenterUrl } = hall.sandbox;
    expect(origin).toBe(new URL(flavor === "cloud" ? cloudUrl : dataCenterUrl).origin);
  });
});

describe("whatever a stranger writes into a callback", () => {
  it("ends in a named refusal, sends nothing to Jira, and leaves the attempt as it was", async () => {
    const one = await approved(hall, ids, "cloud");
    const before = hall.sandbox.control.requests().length;
    const name = fc.constantFrom(
      "state",
      "code",
      "error",
      "oauth_token",
      "oauth_verifier",
      "scope",
      "",
      "__proto__",
    );
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom("denied", "access_denied", "\u0000", "a".repeat(70_000)),
    );
    const callback = fc.array(fc.tuple(name, value), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(callback, fc.boolean(), async (pairs, mine) => {
        const binding = mine ? one.binding : undefined;
        const work = hall.connect.complete({ ...one, params: new URLSearchParams(pairs), binding });
        expect(["callback_malformed", "state_mismatch"]).toContain(await codeOf(work));
      }),
      { numRuns: 150 },
    );
    expect(hall.sandbox.control.requests()).toHaveLength(before);
    expect(await stepOf(hall, one)).toBe("begun");
    expect((await hall.connect.complete(one)).kind).toBe("connected");
  });
});

describe("a registration", () => {
  it("of another owner does not exist", async () => {
    const id = await register(hall, "datacenter-oauth2", { id: "theirs", owner: "someone-else" });
    const input = { owner: OWNER, registration_id: id, binding: newBinding() };
    expect(await codeOf(hall.connect.begin(input))).toBe("not_found");
    const theirs = await hall.connect.begin({ ...input, owner: "someone-else" });
    expect(theirs.authorize_url).toContain("/authorize?");
  });

  it("that is a draft, or suspended, is not danced with", async () => {
    const draft = await register(hall, "datacenter-oauth1", { id: "draft", state: "draft" });
    const input = { owner: OWNER, registration_id: draft, binding: newBinding() };
    expect(await codeOf(hall.connect.begin(input))).toBe("registration_incomplete");
    const id = await register(hall, "cloud", { id: "paused" });
    await hall.vault.registrations.suspend(id, { code: "invalid_client", at: hall.now(), evidence: {} });
    expect(await codeOf(hall.connect.begin({ ...input, registration_id: id }))).toBe(
      "registration_suspended",
    );
  });

  it("without offline_access is refused before the person is troubled", async () => {
    const id = await register(hall, "cloud", {
      id: "forgetful",
      scope: ["read:jira-user", "read:jira-work"],
    });
    const refusal = await refusalOf(
      hall.connect.begin({ owner: OWNER, registration_id: id, binding: newBinding() }),
    );
    expect(refusal.code).toBe("refresh_token_absent");
    expect(refusal.fix).toContain("offline_access");
  });
});
