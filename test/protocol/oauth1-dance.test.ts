import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { HttpResponse } from "../../src/http.ts";
import { baseStringOf } from "../../src/protocol/oauth1/authorize.ts";
import * as dance from "../../src/protocol/oauth1/dance.ts";
import { parsePrivateKey } from "../../src/protocol/oauth1/key.ts";
import { Secret } from "../../src/secret.ts";
import { TEST_KEY } from "./vectors.ts";

const client = { consumer_key: "OauthKey", key: parsePrivateKey(TEST_KEY) };
const endpoints = dance.endpointsOf("https://jira.example.com/jira/");
const at = { timestamp: 1_700_000_000, nonce: "n" };
const expected = { oauth_token: "request-token-1" };
const requestToken = { ...expected, oauth_token_secret: new Secret("shhh") };

function answer(status: number, body: string, headers: Record<string, string> = {}): HttpResponse {
  return {
    status,
    headers: { "content-type": "text/plain", ...headers },
    body: new TextEncoder().encode(body),
  };
}

function params(text: string): URLSearchParams {
  return new URLSearchParams(text);
}

describe("the addresses", () => {
  test("are joined to the base URL, so that the context path is kept", () => {
    expect(endpoints).toEqual({
      request_token_url: "https://jira.example.com/jira/plugins/servlet/oauth/request-token",
      authorize_url: "https://jira.example.com/jira/plugins/servlet/oauth/authorize",
      access_token_url: "https://jira.example.com/jira/plugins/servlet/oauth/access-token",
    });
    expect(dance.endpointsOf("http://[::1]:2990").authorize_url).toBe(
      "http://[::1]:2990/plugins/servlet/oauth/authorize",
    );
    expect(dance.authorizeUrl(endpoints, "a b&c")).toBe(`${endpoints.authorize_url}?oauth_token=a%20b%26c`);
  });
});

describe("step 1, the request token", () => {
  test("always sends the callback, signed, in the header of a POST without a body", async () => {
    const request = await dance.buildRequestToken(endpoints, client, { ...at, oauth_callback: "oob" });
    expect(request).toMatchObject({ method: "POST", url: endpoints.request_token_url });
    expect(request.body).toBeUndefined();
    expect(request.headers.authorization).toContain('oauth_callback="oob"');
    expect(baseStringOf(request)).toContain("&oauth_callback%3Doob%26oauth_consumer_key");
  });

  test.each(["", "myapp://back", "/callback", "https://", "javascript:alert(1)"])(
    "callback %j is refused",
    async (oauth_callback) => {
      await expect(
        dance.buildRequestToken(endpoints, client, { ...at, oauth_callback }),
      ).rejects.toMatchObject({
        code: "bad_request",
      });
    },
  );

  test("the answer is read; the secret does not print", () => {
    const read = dance.processRequestToken(
      answer(200, "oauth_token=EQL3&oauth_token_secret=a%20canary&oauth_callback_confirmed=true\n"),
    );
    expect(read.oauth_token).toBe("EQL3");
    expect(read.oauth_token_secret.reveal()).toBe("a canary");
    expect(inspect(read) + JSON.stringify(read)).not.toContain("canary");
  });

  test.each([
    ["callback_not_confirmed", answer(200, "oauth_token=a&oauth_token_secret=b")],
    [
      "callback_not_confirmed",
      answer(200, "oauth_token=a&oauth_token_secret=b&oauth_callback_confirmed=false"),
    ],
    ["consumer_key_unknown", answer(401, "oauth_problem=consumer_key_unknown")],
    [
      "consumer_key_unknown",
      answer(401, "", { "www-authenticate": 'OAuth realm="x", oauth_problem="consumer_key_unknown"' }),
    ],
    ["token_answer_unreadable", answer(200, "<html>Welcome</html>", { "content-type": "text/html" })],
    ["token_answer_unreadable", answer(200, "oauth_token=a&oauth_token=b&oauth_callback_confirmed=true")],
    ["token_answer_unreadable", answer(200, "oauth_token=&oauth_callback_confirmed=true")],
    ["token_answer_unreadable", answer(404, "not here")],
    ["token_answer_unreadable", answer(401, "")],
    ["redirect_refused", answer(302, "", { location: "https://elsewhere.example/" })],
    ["server_error", answer(500, "oops")],
    ["temporarily_unavailable", answer(503, "")],
    ["jira_rate_limited", answer(429, "", { "retry-after": "7" })],
  ])("%s", (code, response) => {
    expect(() => dance.processRequestToken(response)).toThrow(expect.objectContaining({ code }));
  });
});

describe("step 2, the callback", () => {
  test("the attempt's own token with a verifier is taken; harmless extras are passed over", () => {
    const validated = dance.validateCallback(
      params("x=1&oauth_token=request-token-1&oauth_verifier=qTJkPi"),
      expected,
    );
    expect(validated.oauth_verifier.reveal()).toBe("qTJkPi");
    expect(inspect(validated)).not.toContain("qTJkPi");
  });

  test.each([
    ["state_mismatch", "oauth_token=other&oauth_verifier=abc"],
    ["state_mismatch", "oauth_token=request-token-12&oauth_verifier=abc"],
    ["state_mismatch", "oauth_token=other&oauth_verifier=denied"],
    ["access_denied", "oauth_token=request-token-1&oauth_verifier=denied"],
    ["callback_malformed", ""],
    ["callback_malformed", "oauth_verifier=abc"],
    ["callback_malformed", "oauth_token=request-token-1"],
    ["callback_malformed", "oauth_token=request-token-1&oauth_verifier="],
    ["callback_malformed", "oauth_token=request-token-1&oauth_token=request-token-1&oauth_verifier=a"],
    ["callback_malformed", "oauth_token=request-token-1&oauth_verifier=a&oauth_verifier=a"],
    ["callback_malformed", "oauth_token=request-token-1&oauth_verifier=a&oauth_problem=x"],
    ["callback_malformed", "oauth_token=request-token-1&oauth_verifier=a&oauth_session_handle=x"],
    ["callback_malformed", "oauth_token=request-token-1&oauth_verifier=a&error=access_denied"],
    ["callback_malformed", "oauth_token=request-token-1&oauth_verifier=a&code=x"],
    ["callback_malformed", "oauth_token=request-token-1&oauth_verifier=a&x=1&x=2"],
    ["callback_malformed", `oauth_token=request-token-1&oauth_verifier=${"v".repeat(5_000_000)}`],
    [
      "callback_malformed",
      `oauth_token=request-token-1&oauth_verifier=v&${Array.from({ length: 99 }, (_, n) => `p${n}=`).join("&")}`,
    ],
  ])("%s for %.60s", (code, text) => {
    expect(() => dance.validateCallback(params(text), expected)).toThrow(expect.objectContaining({ code }));
  });

  test("a verifier typed by hand may have spaces around it, or be the whole redirect URL", () => {
    expect(dance.validateVerifier("  qTJkPi \n", expected).oauth_verifier.reveal()).toBe("qTJkPi");
    const url = "http://localhost:8085/callback?oauth_token=request-token-1&oauth_verifier=qTJkPi";
    expect(dance.validateVerifier(url, expected).oauth_verifier.reveal()).toBe("qTJkPi");
  });

  test.each([
    ["callback_malformed", ""],
    ["callback_malformed", "two words"],
    ["callback_malformed", "x".repeat(9000)],
    ["access_denied", "denied"],
    ["state_mismatch", "https://app.example/cb?oauth_token=another&oauth_verifier=x"],
  ])("%s for the typed %.30j", (code, text) => {
    expect(() => dance.validateVerifier(text, expected)).toThrow(expect.objectContaining({ code }));
  });
});

describe("step 3, the access token", () => {
  test("sends token and verifier, signed", async () => {
    const validated = dance.validateVerifier("qTJkPi", expected);
    const request = await dance.buildAccessToken(endpoints, client, requestToken, validated, at);
    expect(request).toMatchObject({ method: "POST", url: endpoints.access_token_url });
    expect(baseStringOf(request)).toContain(
      "oauth_token%3Drequest-token-1%26oauth_verifier%3DqTJkPi%26oauth_version",
    );
  });

  test("a callback that was not validated cannot be exchanged, nor one of another attempt", async () => {
    const forged = {
      oauth_token: "request-token-1",
      oauth_verifier: new Secret("x"),
    } as dance.ValidatedOAuth1Callback;
    await expect(dance.buildAccessToken(endpoints, client, requestToken, forged, at)).rejects.toThrow(
      TypeError,
    );
    const copied = { ...dance.validateVerifier("qTJkPi", expected) };
    await expect(dance.buildAccessToken(endpoints, client, requestToken, copied, at)).rejects.toThrow(
      TypeError,
    );
    const foreign = dance.validateVerifier("qTJkPi", { oauth_token: "another" });
    await expect(dance.buildAccessToken(endpoints, client, requestToken, foreign, at)).rejects.toThrow(
      TypeError,
    );
  });

  test("lifetimes count from receipt; what is not sent is not made up", () => {
    const full = dance.processAccessToken(
      answer(
        200,
        "oauth_token=a1&oauth_token_secret=s1&oauth_expires_in=157680000&oauth_session_handle=h1&oauth_authorization_expires_in=160272000",
      ),
      1_000,
    );
    expect(full).toMatchObject({ expires_at: 157_680_001_000, session_expires_at: 160_272_001_000 });
    expect(full.oauth_session_handle?.reveal()).toBe("h1");
    const bare = dance.processAccessToken(
      answer(200, "oauth_token=a1&oauth_token_secret=s1&oauth_expires_in=soon"),
      1_000,
    );
    expect(Object.keys(bare)).toEqual(["oauth_token", "oauth_token_secret"]);
  });

  test.each([
    "token_rejected",
    "token_expired",
    "token_used",
    "permission_unknown",
    "permission_denied",
    "signature_invalid",
  ])("%s keeps its name", (problem) => {
    const response = answer(401, `oauth_problem=${problem}`);
    expect(() => dance.processAccessToken(response, 0)).toThrow(expect.objectContaining({ code: problem }));
  });

  test("the refused request's base string and time are laid beside Jira's", () => {
    const response = answer(
      400,
      "oauth_problem=timestamp_refused&oauth_acceptable_timestamps=1700000000-1700000600",
    );
    expect(() => dance.processAccessToken(response, 0, { timestamp: 1_699_999_700 })).toThrow(
      /600 seconds ahead/,
    );
  });
});

describe("renewal", () => {
  const tokens = { oauth_token: new Secret("access-1"), oauth_token_secret: new Secret("s") };

  test("sends the access token and its session handle", async () => {
    const request = await dance.buildRenewal(
      endpoints,
      client,
      { ...tokens, oauth_session_handle: new Secret("h1") },
      at,
    );
    expect(baseStringOf(request)).toContain("oauth_session_handle%3Dh1%26oauth_signature_method");
    expect(baseStringOf(request)).toContain("oauth_token%3Daccess-1");
  });

  test("without a session handle there is nothing to renew with", async () => {
    await expect(dance.buildRenewal(endpoints, client, tokens, at)).rejects.toMatchObject({
      code: "refresh_token_absent",
    });
  });
});
