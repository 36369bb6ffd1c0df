import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Begun } from "../../src/connect/index.ts";
import type { Flavor } from "../../src/protocol/index.ts";
import type { Secret } from "../../src/secret.ts";
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

type Approved = {
  readonly begun: Begun;
  readonly binding: Secret;
  readonly registration_id: string;
  readonly params: URLSearchParams;
};

async function approved(flavor: Flavor, press: "approve" | "deny" = "approve"): Promise<Approved> {
  const binding = newBinding();
  const registration_id = ids.get(flavor)!;
  const begun = await hall.connect.begin({ owner: OWNER, registration_id, binding });
  const params = answerOf(await decide(personsBrowser(), begun.authorize_url, { press }));
  return { begun, binding, registration_id, params };
}

/** What stands in the attempt's row: by it one sees that nothing was consumed. */
async function stepOf({ begun }: Approved): Promise<string> {
  return (await hall.vault.attempts.get(OWNER, begun.attempt_id)).step;
}

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
    const one = await approved(flavor);
    const wrong = changed(one.params, (copy) => copy.set(key, "somebodyelses0123456789"));
    expect(await codeOf(hall.connect.complete({ ...one, params: wrong }))).toBe("state_mismatch");
    expect(await stepOf(one)).toBe("begun");
    expect((await hall.connect.complete(one)).kind).toBe("connected");
  });

  it("another browser is refused, and the right one may still finish", async () => {
    const one = await approved(flavor);
    expect(await codeOf(hall.connect.complete({ ...one, binding: newBinding() }))).toBe("browser_mismatch");
    expect(await codeOf(hall.connect.complete({ ...one, binding: undefined }))).toBe("browser_mismatch");
    expect(await stepOf(one)).toBe("begun");
    expect((await hall.connect.complete(one)).kind).toBe("connected");
  });

  it("another owner in the same browser is refused, and the one who began may still finish", async () => {
    const one = await approved(flavor);
    expect(await codeOf(hall.connect.complete({ ...one, owner: "next-user" }))).toBe("browser_mismatch");
    expect((await hall.connect.complete({ ...one, owner: OWNER })).kind).toBe("connected");
  });

  it("an answer is used once, by whoever comes first", async () => {
    const one = await approved(flavor);
    const both = await Promise.allSettled([hall.connect.complete(one), hall.connect.complete(one)]);
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const reasons = both.flatMap((result) => (result.status === "rejected" ? [result.reason.code] : []));
    expect(reasons).toEqual(["attempt_used"]);
    expect(await codeOf(hall.connect.complete(one))).toBe("attempt_used");
  });

  it("a forged refusal changes nothing", async () => {
    const one = await approved(flavor);
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
    const one = await approved(flavor);
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
    const one = await approved(flavor);
    hall.clock.ahead_ms = 16 * 60_000;
    expect(await codeOf(hall.connect.complete(one))).toBe("attempt_expired");
  });

  it("a callback that carries something twice is refused, and consumes nothing", async () => {
    const one = await approved(flavor);
    for (const name of one.params.keys()) {
      const twice = changed(one.params, (copy) => copy.append(name, "another"));
      expect(await codeOf(hall.connect.complete({ ...one, params: twice })), name).toBe("callback_malformed");
    }
    expect(await stepOf(one)).toBe("begun");
    expect((await hall.connect.complete(one)).kind).toBe("connected");
  });

  it("parameters of its own in a callback do no harm, those of another protocol are refused", async () => {
    const one = await approved(flavor);
    const foreign = changed(one.params, (copy) => copy.set("access_token", "x"));
    expect(await codeOf(hall.connect.complete({ ...one, params: foreign }))).toBe("callback_malformed");
    const extra = changed(one.params, (copy) => copy.set("utm_source", "mail"));
    expect((await hall.connect.complete({ ...one, params: extra })).kind).toBe("connected");
  });

  it("a callback of five megabytes is refused before anything is looked up", async () => {
    const one = await approved(flavor);
    const huge = changed(one.params, (copy) => copy.set("code", "x".repeat(5_000_000)));
    expect(await codeOf(hall.connect.complete({ ...one, params: huge }))).toBe("callback_malformed");
    const many = changed(one.params, (copy) => {
      for (let n = 0; n < 40; n++) copy.set(`extra${n}`, "x".repeat(60_000));
    });
    expect(await codeOf(hall.connect.complete({ ...one, params: many }))).toBe("callback_malformed");
    expect((await hall.connect.complete(one)).kind).toBe("connected");
  });

  it("an empty callback says what is missing", async () => {
    const one = await approved(flavor);
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
    const one = await approved("cloud");
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
    expect(await stepOf(one)).toBe("begun");
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

describe("a callback other than the registered one", () => {
  it("may only lead to this machine", async () => {
    for (const flavor of FLAVORS) {
      const input = { owner: OWNER, registration_id: ids.get(flavor)!, binding: newBinding() };
      for (const redirect_uri of [
        "https://evil.example/callback",
        "http://localhost.evil.example/",
        "nonsense",
      ]) {
        expect(await codeOf(hall.connect.begin({ ...input, redirect_uri })), redirect_uri).toBe(
          "bad_request",
        );
      }
    }
  });

  it("is the one that is sent again at the exchange", async () => {
    const binding = newBinding();
    const registration_id = await register(hall, "cloud", {
      id: "gateway-too",
      redirect_uri: "http://localhost:8080/callback/elsewhere",
    });
    const redirect_uri = "http://127.0.0.1:8085/callback";
    const begun = await hall.connect.begin({ owner: OWNER, registration_id, binding, redirect_uri });
    const page = await decide(personsBrowser(), begun.authorize_url);
    expect(page.url.startsWith(redirect_uri)).toBe(true);
    const done = await hall.connect.complete({ registration_id, params: answerOf(page), binding });
    expect(done.kind).toBe("connected");
  });
});

describe("a refresh on Data Center", () => {
  it("sends the redirect URI of the consent, also when the registration has another", async () => {
    const registration_id = await register(hall, "datacenter-oauth2", {
      id: "gateway-too-dc",
      redirect_uri: "http://localhost:8080/callback/elsewhere",
    });
    const binding = newBinding();
    const redirect_uri = "http://127.0.0.1:8085/callback";
    const begun = await hall.connect.begin({ owner: "terminal", registration_id, binding, redirect_uri });
    const params = answerOf(await decide(personsBrowser(), begun.authorize_url));
    const done = await hall.connect.complete({ registration_id, params, binding });
    if (done.kind !== "connected") throw new Error(done.kind);
    for (const generation of [2, 3]) {
      expect((await hall.vault.refresh("terminal", done.connection.id)).generation).toBe(generation);
    }
    const revealed = await hall.vault.reveal("terminal", done.connection.id);
    expect(revealed).toMatchObject({ kind: "oauth2", redirect_uri });
  });
});

describe("OAuth 1.0a", () => {
  it("refuses a request token without oauth_callback_confirmed", async () => {
    hall.sandbox.control.faults({
      match: { path: "/jira/plugins/servlet/oauth/request-token", times: 1 },
      status: 200,
      headers: { "content-type": "text/plain" },
      body: "oauth_token=abcdefgh12345678&oauth_token_secret=abcdefgh",
    });
    const input = { owner: OWNER, registration_id: ids.get("datacenter-oauth1")!, binding: newBinding() };
    expect(await codeOf(hall.connect.begin(input))).toBe("callback_not_confirmed");
  });

  it("tells a request token that Jira has let expire", async () => {
    const one = await approved("datacenter-oauth1");
    hall.sandbox.control.advance(11 * 60);
    // Only Jira's clock counts here: ours has not moved, but a signature must still fit Jira's five minutes.
    hall.clock.ahead_ms = 11 * 60_000;
    const { expires_at } = one.begun;
    expect(expires_at).toBeLessThan(hall.now());
    expect(await codeOf(hall.connect.complete(one))).toBe("attempt_expired");
    hall.clock.ahead_ms = 9 * 60_000 + 30_000;
    expect(await codeOf(hall.connect.complete(one))).toBe("token_expired");
    hall.sandbox.control.advance(-11 * 60);
  });

  it("tells a clock that is ten minutes off", async () => {
    hall.clock.ahead_ms = -10 * 60_000;
    const input = { owner: OWNER, registration_id: ids.get("datacenter-oauth1")!, binding: newBinding() };
    const refusal = await refusalOf(hall.connect.begin(input));
    expect(refusal.code).toBe("timestamp_refused");
    expect(Math.abs(Number(refusal.details.skew_s) - 600)).toBeLessThan(15);
    expect(refusal.details.dance_id).toMatch(/^dnc_/);
  });

  it("tells an unknown consumer and a wrong key apart", async () => {
    const unknown = await register(hall, "datacenter-oauth1", { id: "unknown", client_id: "nobody-knows" });
    const input = { owner: OWNER, registration_id: unknown, binding: newBinding() };
    expect(await codeOf(hall.connect.begin(input))).toBe("consumer_key_unknown");
    const { generateKeyPair } = await import("../../src/vault/index.ts");
    const other = await generateKeyPair({ now: Date.now });
    const wrong = await register(hall, "datacenter-oauth1", {
      id: "wrong-key",
      private_key: other.private_pem,
    });
    const refusal = await refusalOf(hall.connect.begin({ ...input, registration_id: wrong }));
    expect(refusal.code).toBe("signature_invalid");
    expect(refusal.message).toMatch(/another public key/);
  });
});

describe("what goes wrong at the exchange", () => {
  it("a wrong client secret is the client's fault, although Cloud says access_denied", async () => {
    const { Secret } = await import("../../src/secret.ts");
    const registration_id = await register(hall, "cloud", {
      id: "wrong-secret",
      client_secret: new Secret("not-the-secret"),
    });
    const binding = newBinding();
    const begun = await hall.connect.begin({ owner: OWNER, registration_id, binding });
    const params = answerOf(await decide(personsBrowser(), begun.authorize_url));
    const refusal = await refusalOf(hall.connect.complete({ registration_id, params, binding }));
    expect(refusal.code).toBe("invalid_client");
  });

  it("a token answer without a refresh token makes no connection", async () => {
    const one = await approved("cloud");
    hall.sandbox.control.faults({
      match: { path: "/oauth/token", times: 1 },
      status: 200,
      body: {
        access_token: "aaaaaaaaaaaaaaaa",
        expires_in: 3600,
        token_type: "Bearer",
        scope: "read:jira-work read:jira-user write:jira-work",
      },
    });
    expect(await codeOf(hall.connect.complete(one))).toBe("refresh_token_absent");
    expect(await stepOf(one)).toBe("failed");
  });

  it("a grant of less than was asked for is told, with what is missing", async () => {
    const one = await approved("cloud");
    hall.sandbox.control.faults({
      match: { path: "/oauth/token", times: 1 },
      status: 200,
      body: {
        access_token: "aaaaaaaaaaaaaaaa",
        refresh_token: "bbbbbbbbbbbbbbbb",
        expires_in: 3600,
        scope: "read:jira-work read:jira-user offline_access",
      },
    });
    const refusal = await refusalOf(hall.connect.complete(one));
    expect(refusal.code).toBe("scope_missing");
    expect(refusal.message).toContain("write:jira-work");
  });

  it("a grant that reaches no site is told, and its tokens are wiped", async () => {
    const families = (await hall.vault.families.list(OWNER)).filter(({ state }) => state === "active").length;
    const one = await approved("cloud");
    hall.sandbox.control.faults({
      match: { path: "/oauth/token/accessible-resources", times: 1 },
      status: 200,
      body: [],
    });
    const refusal = await refusalOf(hall.connect.complete(one));
    expect(refusal.code).toBe("no_sites");
    expect(refusal.details.dance_id).toBe(one.begun.dance_id);
    const after = (await hall.vault.families.list(OWNER)).filter(({ state }) => state === "active").length;
    expect(after).toBe(families);
  });

  it("an answer that is cut ends the dance as what it was", async () => {
    const one = await approved("datacenter-oauth2");
    hall.sandbox.control.faults({
      match: { path: "/jira/rest/oauth2/latest/token", times: 1 },
      lose_answer: true,
    });
    expect(await codeOf(hall.connect.complete(one))).toBe("connection_reset");
    expect(await codeOf(hall.connect.complete(one))).toBe("attempt_used");
  });
});
