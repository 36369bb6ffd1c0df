import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Answer,
  type AnswerClass,
  answerError,
  classifyAnswer,
  parseErrors,
} from "../../src/jira/answers.ts";
import { retryAfter } from "../../src/jira/retry-timing.ts";
import type { Flavor } from "../../src/protocol/flavors.ts";

const json = (status: number, body: unknown, headers = {}): Answer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
});
const html = (
  status: number,
  body = "<html><head><title>Sign in</title></head></html>",
  headers = {},
): Answer => ({
  status,
  headers: { "content-type": "text/html;charset=utf-8", ...headers },
  body,
});

describe("the meaning of an answer", () => {
  const cases: readonly (readonly [string, Flavor, Answer, AnswerClass])[] = [
    ["a good one", "cloud", json(200, {}), "ok"],
    ["nothing to say", "datacenter-oauth1", { status: 204, headers: {} }, "ok"],
    [
      "a missing scope",
      "cloud",
      json(401, { code: 401, message: "Unauthorized; scope does not match" }),
      "scope_missing",
    ],
    [
      "a bad token at the gateway",
      "cloud",
      json(401, { code: 401, message: "Unauthorized" }),
      "token_rejected",
    ],
    ["a token at the site instead of the gateway", "cloud", html(401), "edge"],
    ["an expired token on Data Center", "datacenter-oauth2", html(401), "token_rejected"],
    [
      "anonymous by login reason",
      "datacenter-oauth2",
      json(200, [], { "x-seraph-loginreason": "AUTHENTICATED_FAILED" }),
      "anonymous",
    ],
    ["anonymous by name", "datacenter-oauth2", json(200, [], { "x-ausername": "anonymous" }), "anonymous"],
    [
      "someone by name",
      "datacenter-oauth2",
      json(200, [], { "x-ausername": "alana", "x-seraph-loginreason": "OK" }),
      "ok",
    ],
    [
      "a revoked OAuth 1.0a token",
      "datacenter-oauth1",
      { status: 401, headers: { "www-authenticate": 'OAuth realm="x", oauth_problem="token_rejected"' } },
      "token_rejected",
    ],
    [
      "a clock that is off",
      "datacenter-oauth1",
      { status: 400, headers: {}, body: "oauth_acceptable_timestamps=1-2&oauth_problem=timestamp_refused" },
      "failed",
    ],
    ["a missing permission", "cloud", json(403, { errorMessages: ["no"], errors: {} }), "forbidden"],
    ["a firewall before Cloud", "cloud", html(403), "edge"],
    ["a refusal of Data Center as a page", "datacenter-oauth2", html(403), "forbidden"],
    ["nothing there", "cloud", json(404, {}), "not_found"],
    ["nothing there as a page", "datacenter-oauth2", html(404), "not_found"],
    ["a conflict", "cloud", json(409, {}), "conflict"],
    ["removed", "cloud", json(410, {}), "gone"],
    ["too many", "datacenter-oauth2", { status: 429, headers: {} }, "rate_limited"],
    ["broken", "cloud", { status: 502, headers: {} }, "failed"],
    ["wrong", "cloud", json(422, {}), "bad_request"],
    [
      "a redirect to a login page",
      "datacenter-oauth2",
      { status: 302, headers: { location: "/login.jsp" } },
      "edge",
    ],
  ];
  it.each(cases)("%s on %s", (_name, flavor, answer, expected) => {
    expect(classifyAnswer(flavor, answer)).toBe(expected);
  });
});

describe("the one error shape", () => {
  it.each([
    [
      "platform",
      json(400, { errorMessages: ["a"], errors: { summary: "b" }, status: 400 }),
      ["a"],
      { summary: "b" },
    ],
    [
      "service management",
      json(400, { errorMessage: "a", i18nErrorMessage: { i18nKey: "k", parameters: [] } }),
      ["a"],
      {},
    ],
    [
      "service management forms",
      json(422, { errorMessage: "a", errors: [{ code: "x", detail: "d", title: "t" }, { title: "t2" }] }),
      ["a", "d", "t2"],
      {},
    ],
    ["gateway", json(401, { code: 401, message: "Unauthorized" }), ["Unauthorized"], {}],
    [
      "authorization server",
      json(400, { error: "invalid_grant", error_description: "gone" }),
      ["gone", "invalid_grant"],
      {},
    ],
    ["older", json(500, { message: "a", errorMessage: "a" }), ["a"], {}],
    ["errors that are no object", json(400, { errorMessages: [], errors: "odd" }), ["odd"], {}],
    [
      "errors within errors",
      json(400, { errors: { f: { deep: 1 }, g: 2 } }),
      [],
      { f: '{"deep":1}', g: "2" },
    ],
    ["HTML", html(503), ["Sign in"], {}],
    [
      "Tomcat's HTML without a title",
      html(401, "<!doctype html><h1>HTTP Status 401</h1>"),
      ["HTTP Status 401"],
      {},
    ],
    ["plain text", { status: 403, headers: {}, body: "XSRF check failed" }, ["XSRF check failed"], {}],
    ["a bare string", json(400, "odd"), ["odd"], {}],
    ["empty", { status: 500, headers: {} }, [], {}],
    ["null", json(500, null), [], {}],
  ])("%s", (_name, answer, errorMessages, errors) => {
    expect(parseErrors(answer)).toEqual({ errorMessages, errors });
  });

  it("is bounded and never fails, whatever comes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), fc.integer({ min: 200, max: 599 }), (body, status) => {
        const parsed = parseErrors({ status, headers: {}, body });
        expect(JSON.stringify(parsed).length).toBeLessThan(60_000);
        for (const flavor of ["cloud", "datacenter-oauth1", "datacenter-oauth2"] as const) {
          classifyAnswer(flavor, { status, headers: {}, body });
        }
      }),
    );
    const many = {
      errorMessages: Array.from({ length: 999 }, (_, i) => `${i}`.repeat(9)),
      errors: Object.fromEntries(Array.from({ length: 999 }, (_, i) => [`f${i}`, "x"])),
    };
    const parsed = parseErrors(json(400, many));
    expect([parsed.errorMessages.length, Object.keys(parsed.errors).length]).toEqual([20, 20]);
    expect(parseErrors(json(400, { message: "x".repeat(100_000) })).errorMessages[0]!.length).toBeLessThan(
      600,
    );
    expect(parseErrors(json(400, { message: "x".repeat(1_000_000) })).errorMessages).toEqual([]);
  });

  it("does not let a field called __proto__ through as one", () => {
    const parsed = parseErrors({ status: 400, headers: {}, body: '{"errors":{"__proto__":"x"}}' });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(parsed.errors)).toBe(Object.prototype);
  });
});

describe("special refusals", () => {
  const context = { flavor: "datacenter-oauth2", method: "GET", path: "/x", now: 0 } as const;
  const codeOf = (answer: Answer) => {
    const found = classifyAnswer("datacenter-oauth2", answer);
    return found === "ok" ? "ok" : answerError(found, answer, context).code;
  };
  it("CAPTCHA and XSRF have names of their own", () => {
    expect(
      codeOf(html(403, "", { "x-authentication-denied-reason": "CAPTCHA_CHALLENGE; login-url=x" })),
    ).toBe("captcha_required");
    expect(codeOf({ status: 403, headers: {}, body: "XSRF check failed" })).toBe("xsrf_refused");
    expect(codeOf(json(403, {}))).toBe("jira_forbidden");
    expect(codeOf(json(410, {}))).toBe("jira_gone");
  });
});

describe("the wait an answer asks for", () => {
  const now = Date.parse("2026-03-26T15:59:30Z");
  it.each([
    [{ "retry-after": "12" }, 12],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "Thu, 26 Mar 2026 16:00:00 GMT" }, 30],
    [{ "retry-after": "Thu, 26 Mar 2026 15:00:00 GMT" }, 0],
    [{ "x-ratelimit-reset": "2026-03-26T16:00:00Z" }, 30],
    [{ "x-ratelimit-reset": "2026-03-26T16:00Z" }, 30],
    [{ "retry-after": "soon", "x-ratelimit-reset": "2026-03-26T16:00Z" }, 30],
    [{ "x-ratelimit-reset": "1774540800" }, 30],
    [{ "x-ratelimit-reset": "1774540800000" }, 30],
    [{ "x-ratelimit-reset": "30" }, 30],
    [{ "x-ratelimit-reset": "2026-03-26T17:00+01:00" }, 30],
    [{ "x-ratelimit-reset": "3.5" }, undefined],
    [{ "retry-after": "Thursday, 26-Mar-26 16:00:00 GMT" }, 30],
    [{ "retry-after": "Sunday, 06-Nov-94 08:49:37 GMT" }, 0],
    [{ "retry-after": "Thu Mar 26 16:00:00 2026" }, 30],
    [{ "retry-after": "Thu Mar 26 16:00:00 2026 PST" }, undefined],
    [{ "retry-after": "7", "x-ratelimit-reset": "2026-03-26T16:00Z" }, 7],
    [{ "retry-after": "-5" }, undefined],
    [{ "retry-after": "999999999" }, 86_400],
    [{}, undefined],
  ])("%j: %s seconds", (headers, expected) => {
    expect(retryAfter(headers as Record<string, string>, now)).toBe(expected);
  });
});
