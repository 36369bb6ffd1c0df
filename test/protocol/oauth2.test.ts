import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LatchkeyError } from "../../src/errors.ts";
import { bodyText, type HttpResponse } from "../../src/http.ts";
import { endpointsFor, FLAVORS } from "../../src/protocol/flavors.ts";
import {
  buildAuthorizeUrl,
  type ValidatedOAuth2Callback,
  validateCallback,
} from "../../src/protocol/oauth2/authorize.ts";
import { codeChallenge, isCodeVerifier, verifierFrom } from "../../src/protocol/oauth2/pkce.ts";
import {
  buildCodeExchange,
  buildRefresh,
  classifyRefreshFailure,
  processTokenResponse,
  tokenError,
  usableUntil,
} from "../../src/protocol/oauth2/token.ts";
import { Secret } from "../../src/secret.ts";

const cloud = FLAVORS.cloud;
const dc = FLAVORS["datacenter-oauth2"];
const cloudEndpoints = endpointsFor("cloud", {});
const dcEndpoints = endpointsFor("datacenter-oauth2", { site_base_url: "https://jira.example.com/jira" });
const client = {
  client_id: "the client",
  client_secret: new Secret("s3cret+&="),
  redirect_uri: "https://app.example.com/callback/r1?x=1",
};
const code_verifier = "v".repeat(43);

function answer(status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: new TextEncoder().encode(text),
  };
}

function validated(code = "c0de"): ValidatedOAuth2Callback {
  return validateCallback(new URLSearchParams({ code, state: "st" }), { state: "st" });
}

describe("PKCE", () => {
  test("RFC 7636 appendix B", () => {
    const bytes = Uint8Array.from([
      116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214,
      191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
    ]);
    expect(verifierFrom(bytes)).toBe("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    expect(codeChallenge(verifierFrom(bytes))).toBe("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  });

  test("any 32 to 96 random bytes make a verifier, fewer or more are refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 96 }), (bytes) =>
        isCodeVerifier(verifierFrom(bytes)),
      ),
    );
    expect(() => verifierFrom(new Uint8Array(31))).toThrow(RangeError);
    expect(() => verifierFrom(new Uint8Array(97))).toThrow(RangeError);
  });

  test.each(["", "v".repeat(42), "v".repeat(129), `${"v".repeat(50)}+`, `${"v".repeat(50)}\n`])(
    "%j is no verifier",
    (text) => {
      expect(isCodeVerifier(text)).toBe(false);
      expect(() => codeChallenge(text)).toThrow(RangeError);
    },
  );
});

describe("the authorize URL", () => {
  const options = { scope: ["read:jira-work", "offline_access"], state: "st&ate", code_challenge: "ch" };

  test("of Cloud carries audience and prompt beside the standard parameters, each once", () => {
    const url = new URL(buildAuthorizeUrl(cloud, cloudEndpoints, client, options));
    expect(url.origin + url.pathname).toBe("https://auth.atlassian.com/authorize");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      audience: "api.atlassian.com",
      prompt: "consent",
      client_id: "the client",
      scope: "read:jira-work offline_access",
      redirect_uri: client.redirect_uri,
      state: "st&ate",
      response_type: "code",
      code_challenge: "ch",
      code_challenge_method: "S256",
    });
    expect(url.searchParams.size).toBe(9);
    expect(url.href).not.toContain("+");
  });

  test("of Data Center carries neither, and never the secret", () => {
    const url = buildAuthorizeUrl(dc, dcEndpoints, client, { ...options, scope: ["WRITE"] });
    expect(url).not.toMatch(/audience|prompt|s3cret/);
    expect(
      url.startsWith("https://jira.example.com/jira/rest/oauth2/latest/authorize?client_id=the%20client&"),
    ).toBe(true);
  });

  test("state, challenge and scope cannot be left out", () => {
    expect(() => buildAuthorizeUrl(cloud, cloudEndpoints, client, { ...options, state: "" })).toThrow(
      TypeError,
    );
    expect(() =>
      buildAuthorizeUrl(cloud, cloudEndpoints, client, { ...options, code_challenge: "" }),
    ).toThrow(TypeError);
    expect(() => buildAuthorizeUrl(cloud, cloudEndpoints, client, { ...options, scope: [] })).toThrow(
      expect.objectContaining({ code: "registration_incomplete" }),
    );
  });
});

describe("the callback", () => {
  test.each([
    ["callback_malformed", ""],
    ["callback_malformed", "code=a"],
    ["callback_malformed", "state=st"],
    ["callback_malformed", "state=st&code="],
    ["callback_malformed", "code=a&error=access_denied"],
    ["callback_malformed", "state=st&code=a&code=a"],
    ["callback_malformed", "state=st&state=st&code=a"],
    ["callback_malformed", "state=st&code=a&error=access_denied"],
    ["callback_malformed", "state=st&code=a&access_token=x"],
    ["callback_malformed", "state=st&code=a&oauth_verifier=x"],
    ["callback_malformed", `state=st&code=${"c".repeat(5_000_000)}`],
    ["callback_malformed", `state=st&code=a&${Array.from({ length: 99 }, (_, n) => `p${n}=`).join("&")}`],
    ["state_mismatch", "state=sT&code=a"],
    ["state_mismatch", "state=st2&code=a"],
    ["state_mismatch", "state=forged&error=access_denied"],
    ["access_denied", "state=st&error=access_denied&error_description=no"],
    ["invalid_scope", "state=st&error=invalid_scope"],
    ["unauthorized_client", "state=st&error=unauthorized_client"],
    ["invalid_request", "state=st&error=invalid_request"],
    ["unsupported_response_type", "state=st&error=unsupported_response_type"],
    ["server_error", "state=st&error=server_error"],
    ["temporarily_unavailable", "state=st&error=temporarily_unavailable"],
    ["authorization_error_unknown", "state=st&error=%3Cscript%3E"],
    ["authorization_error_unknown", "state=st&error="],
    ["authorization_error_unknown", "state=st&error=connection_dead"],
  ])("%s for %.50s", (code, text) => {
    expect(() => validateCallback(new URLSearchParams(text), { state: "st" })).toThrow(
      expect.objectContaining({ code }),
    );
  });

  test("an attempt without a state accepts nothing", () => {
    const params = new URLSearchParams("state=&code=a");
    expect(() => validateCallback(params, { state: "" })).toThrow(LatchkeyError);
  });

  test("Jira's own words are in the details, never in message or fix", () => {
    const params = new URLSearchParams({
      state: "st",
      error: "access_denied",
      error_description: `<b>${"x".repeat(5000)}`,
    });
    const error = thrownBy(() => validateCallback(params, { state: "st" }));
    expect(error.message + error.fix).not.toContain("<b>");
    expect(String(error.details.error_description)).toHaveLength(501);
  });

  test("a long code is taken and does not print", () => {
    const code = `eyJ${"a".repeat(6000)}`;
    const callback = validated(code);
    expect(callback.code.reveal()).toBe(code);
    expect(inspect(callback)).not.toContain("eyJ");
  });
});

function thrownBy(run: () => unknown): LatchkeyError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof LatchkeyError) return thrown;
  }
  throw new Error("No LatchkeyError was thrown.");
}

describe("token requests", () => {
  const pairs = {
    grant_type: "authorization_code",
    client_id: "the client",
    client_secret: "s3cret+&=",
    code: "c0de",
    redirect_uri: client.redirect_uri,
    code_verifier,
  };

  test("Cloud takes JSON, Data Center a form", () => {
    const json = buildCodeExchange(cloud, cloudEndpoints, client, validated(), { code_verifier });
    expect(json).toMatchObject({ method: "POST", url: "https://auth.atlassian.com/oauth/token" });
    expect(json.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(bodyText(json))).toEqual(pairs);
    const form = buildCodeExchange(dc, dcEndpoints, client, validated(), {
      code_verifier: new Secret(code_verifier),
    });
    expect(form.url).toBe("https://jira.example.com/jira/rest/oauth2/latest/token");
    expect(form.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(Object.fromEntries(new URLSearchParams(bodyText(form)))).toEqual(pairs);
  });

  test("only Data Center gets the redirect URI on refresh; no scope is ever sent", () => {
    const json = JSON.parse(bodyText(buildRefresh(cloud, cloudEndpoints, client, new Secret("r+1"))));
    expect(json).toEqual({
      grant_type: "refresh_token",
      client_id: "the client",
      client_secret: "s3cret+&=",
      refresh_token: "r+1",
    });
    const form = new URLSearchParams(bodyText(buildRefresh(dc, dcEndpoints, client, new Secret("r+1"))));
    expect(form.get("redirect_uri")).toBe(client.redirect_uri);
    expect(form.get("refresh_token")).toBe("r+1");
    expect(form.has("scope")).toBe(false);
  });

  test("a callback that was not validated cannot be exchanged", () => {
    const forged = { code: new Secret("x") } as ValidatedOAuth2Callback;
    expect(() => buildCodeExchange(cloud, cloudEndpoints, client, forged, { code_verifier })).toThrow(
      TypeError,
    );
    expect(() =>
      buildCodeExchange(cloud, cloudEndpoints, client, { ...validated() }, { code_verifier }),
    ).toThrow(TypeError);
  });
});

describe("token answers", () => {
  const full = {
    access_token: "at-canary",
    refresh_token: "rt-canary",
    expires_in: 3600,
    token_type: "Bearer",
    scope: "read:jira-work offline_access read:jira-user",
  };

  test("are read; expiry counts from receipt and is used with a margin", () => {
    const tokens = processTokenResponse(answer(200, full), 1_000_000);
    expect(tokens).toMatchObject({
      expires_at: 4_600_000,
      token_type: "Bearer",
      scope: ["read:jira-work", "offline_access", "read:jira-user"],
    });
    expect(tokens.refresh_token?.reveal()).toBe("rt-canary");
    expect(usableUntil(tokens)).toBe(4_540_000);
    expect(usableUntil(tokens, 300)).toBe(4_300_000);
    expect(inspect(tokens) + JSON.stringify(tokens)).not.toContain("canary");
  });

  test.each<[string, Record<string, unknown>, object]>([
    ["no token_type", { token_type: undefined }, { token_type: "Bearer" }],
    ["token_type in lower case", { token_type: "bearer" }, { token_type: "bearer" }],
    ["expires_in as text", { expires_in: "7200" }, { expires_at: 7_200_000 }],
    ["expires_in absent", { expires_in: undefined }, { expires_at: 3_600_000 }],
    ["expires_in null", { expires_in: null }, { expires_at: 3_600_000 }],
    ["expires_in nonsense", { expires_in: "soon" }, { expires_at: 3_600_000 }],
    ["expires_in negative", { expires_in: -5 }, { expires_at: 3_600_000 }],
    ["expires_in zero", { expires_in: 0 }, { expires_at: 0 }],
    ["created_at beside it", { created_at: 1_607_635_748, expires_in: 7200 }, { expires_at: 7_200_000 }],
    ["no scope", { scope: undefined }, { scope: undefined }],
    ["scopes as a list", { scope: ["READ", "WRITE"] }, { scope: ["READ", "WRITE"] }],
    ["an empty scope", { scope: "" }, { scope: [] }],
    ["an error beside the tokens", { error: null }, { token_type: "Bearer" }],
  ])("%s is taken", (_, change, expected) => {
    const tokens = processTokenResponse(answer(200, { ...full, ...change }), 0);
    expect(tokens).toMatchObject(expected);
    expect(tokens.access_token.reveal()).toBe("at-canary");
    expect(tokens.refresh_token?.reveal()).toBe("rt-canary");
  });

  test("without a refresh token there is none, and none is made of nonsense", () => {
    for (const refresh_token of [undefined, null, "", 7]) {
      expect(processTokenResponse(answer(200, { ...full, refresh_token }), 0)).not.toHaveProperty(
        "refresh_token",
      );
    }
  });

  test.each<[string, HttpResponse]>([
    ["token_answer_unreadable", answer(200, { ...full, token_type: "mac" })],
    ["token_answer_unreadable", answer(200, { token_type: "Bearer" })],
    ["token_answer_unreadable", answer(200, { ...full, access_token: 5 })],
    ["token_answer_unreadable", answer(200, "<html>", { "content-type": "text/html" })],
    ["token_answer_unreadable", answer(200, "")],
    ["token_answer_unreadable", answer(200, "[]")],
    ["token_answer_unreadable", answer(200, `{"access_token":"${"a".repeat(2_000_000)}"}`)],
    ["token_answer_unreadable", answer(404, { message: "null for uri" })],
    ["invalid_grant", answer(200, { error: "invalid_grant" })],
    [
      "invalid_request",
      answer(400, { error: "invalid_request", error_description: "authorization_code is invalid" }),
    ],
    [
      "invalid_grant",
      answer(403, { error: "invalid_grant", error_description: "Invalid authorization code" }),
    ],
    [
      "unauthorized_client",
      answer(403, { error: "unauthorized_client", error_description: "refresh_token is invalid" }),
    ],
    ["access_denied", answer(401, { error: "access_denied", error_description: "Unauthorized" })],
    ["invalid_client", answer(401, { error: "invalid_client" })],
    ["unsupported_grant_type", answer(400, { error: "unsupported_grant_type" })],
    ["authorization_error_unknown", answer(400, { error: "internal" })],
    ["server_error", answer(500, { error: "invalid_grant" })],
    ["server_error", answer(502, "<html>Bad gateway</html>")],
    ["temporarily_unavailable", answer(503, "")],
    ["jira_rate_limited", answer(429, { error: "invalid_grant" }, { "retry-after": "12" })],
    ["redirect_refused", answer(302, "", { location: "https://elsewhere.example/token" })],
  ])("%s", (code, response) => {
    expect(() => processTokenResponse(response, 0)).toThrow(expect.objectContaining({ code }));
  });

  test("an error carries what the server said, bounded, and how long it asks to wait", () => {
    const error = tokenError(answer(400, { error: "invalid_scope", error_description: "d".repeat(9000) }));
    expect(error.details).toMatchObject({ error: "invalid_scope", status: 400 });
    expect(String(error.details.error_description)).toHaveLength(501);
    expect(tokenError(answer(429, "", { "retry-after": "12" })).retry_after_s).toBe(12);
    expect(
      tokenError(answer(503, "", { "retry-after": "Fri, 20 Nov 2026 16:00:00 GMT" })).retry_after_s,
    ).toBeUndefined();
  });

  test("any JSON at all either gives tokens or a LatchkeyError", () => {
    const anything = fc.dictionary(
      fc.constantFrom("access_token", "error", "expires_in", "scope", "token_type", "x"),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(anything, fc.constantFrom(200, 400, 401, 403, 500), (body, status) => {
        try {
          expect(Number.isFinite(processTokenResponse(answer(status, body), 0).expires_at)).toBe(true);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(LatchkeyError);
        }
      }),
    );
  });
});

describe("what a failed refresh means", () => {
  test.each<["dead" | "registration" | "passing", string, unknown]>([
    [
      "dead",
      "Cloud, seen live",
      answer(403, { error: "unauthorized_client", error_description: "refresh_token is invalid" }),
    ],
    [
      "dead",
      "Cloud, as documented",
      answer(403, { error: "invalid_grant", error_description: "Unknown or invalid refresh token." }),
    ],
    ["dead", "Data Center", answer(400, { error: "invalid_grant" })],
    ["dead", "401 with the grant named", answer(401, { error: "invalid_grant" })],
    ["registration", "wrong secret, Data Center", answer(401, { error: "invalid_client" })],
    [
      "registration",
      "wrong secret, Cloud",
      answer(401, { error: "access_denied", error_description: "Unauthorized" }),
    ],
    ["registration", "malformed request", answer(400, { error: "invalid_request" })],
    ["passing", "too many requests, whatever the body says", answer(429, { error: "invalid_grant" })],
    ["passing", "a failing server, whatever the body says", answer(500, { error: "invalid_grant" })],
    ["passing", "an edge's page", answer(403, "<html>Forbidden</html>")],
    ["passing", "half an answer", answer(200, '{"access_token":"a')],
    ["passing", "an error nobody knows", answer(400, { error: "slow_down" })],
    ["passing", "a network error", new LatchkeyError("connection_reset")],
    ["passing", "an error of something else", new Error("invalid_grant")],
    ["passing", "nothing", undefined],
    ["dead", "OAuth 1.0a: the session handle is refused", new LatchkeyError("token_rejected")],
    ["dead", "OAuth 1.0a: the session ended", new LatchkeyError("permission_denied")],
    ["registration", "OAuth 1.0a: another key", new LatchkeyError("signature_invalid")],
    ["registration", "OAuth 1.0a: the link is gone", new LatchkeyError("consumer_key_unknown")],
    ["passing", "OAuth 1.0a: a repeated nonce", new LatchkeyError("nonce_used")],
  ])("%s: %s", (expected, _, failure) => {
    expect(classifyRefreshFailure(failure)).toBe(expected);
  });
});
