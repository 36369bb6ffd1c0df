import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Flavor } from "../../src/protocol/index.ts";
import { Secret } from "../../src/secret.ts";
import { generateKeyPair } from "../../src/vault/index.ts";
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
    const one = await approved(hall, ids, "datacenter-oauth1");
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
    const one = await approved(hall, ids, "cloud");
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
    expect(await stepOf(hall, one)).toBe("failed");
  });

  it("a grant of less than was asked for is told, with what is missing", async () => {
    const one = await approved(hall, ids, "cloud");
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
    const one = await approved(hall, ids, "cloud");
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
    const one = await approved(hall, ids, "datacenter-oauth2");
    hall.sandbox.control.faults({
      match: { path: "/jira/rest/oauth2/latest/token", times: 1 },
      lose_answer: true,
    });
    expect(await codeOf(hall.connect.complete(one))).toBe("connection_reset");
    expect(await codeOf(hall.connect.complete(one))).toBe("attempt_used");
  });
});
