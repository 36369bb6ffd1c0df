import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerHeaderPasses, refuseParameters, refusePath, requestHeaders } from "../../src/policy/index.ts";

const refused = expect.objectContaining({ code: "path_refused" });

describe("a path below the site's base", () => {
  it.each([
    ["/rest/api/3/issue/JJ-2", "/rest/api/3/issue/JJ-2"],
    ["/rest/api/2/user/avatar/a%20b", "/rest/api/2/user/avatar/a%20b"],
    ["/rest/api/3/issue/%4AJ-2", "/rest/api/3/issue/JJ-2"],
    ["/rest/api/3/user/%C3%A9", "/rest/api/3/user/%C3%A9"],
    ["/secure/attachment/1/a+b@c,d.txt", "/secure/attachment/1/a+b@c,d.txt"],
    ["/rest/authx/1", "/rest/authx/1"],
    ["/s/abc/x", "/s/abc/x"],
    ["/rest/api/3/webhooks-of-mine", "/rest/api/3/webhooks-of-mine"],
  ])("%s is sent as %s", (raw, sent) => {
    expect(refusePath(raw)).toBe(sent);
  });

  it.each([
    ["no slash in front", "rest/api/3"],
    ["an empty segment", "/rest//api"],
    ["a backslash", "/rest\\api"],
    ["an encoded backslash", "/rest%5capi"],
    ["a matrix parameter", "/rest/api;jsessionid=1/3"],
    ["an encoded semicolon", "/rest/api%3Bx"],
    ["an encoded slash", "/rest%2Fauth/1/session"],
    ["an encoded dot", "/rest/%2e%2e/auth"],
    ["a dot segment", "/rest/api/../auth/1/session"],
    ["a double encoding", "/rest/%2561uth/1/session"],
    ["a broken escape", "/rest/%zz"],
    ["invalid UTF-8", "/rest/%C3%28"],
    ["overlong UTF-8", "/rest/%C0%AEx"],
    ["a NUL", "/rest/%00"],
    ["a raw control character", "/rest/\u0001"],
    ["a raw space", "/rest/a b"],
    ["raw unicode", "/rest/é"],
    ["a fragment", "/rest/api#x"],
    ["a line feed for header injection", "/rest/%0d%0aX-Injected:1"],
    ["personal access tokens", "/rest/pat/latest/tokens"],
    ["sessions", "/rest/auth/1/session"],
    ["sessions in capitals", "/REST/AUTH/1/session"],
    ["sessions with an escaped letter", "/rest/%61uth/1/session"],
    ["OAuth 2.0 of Data Center", "/rest/oauth2/latest/token"],
    ["application links", "/rest/applinks/1.0/listApplicationlinks"],
    ["servlets", "/plugins/servlet/oauth/users/access-tokens"],
    ["webhook registration", "/rest/api/3/webhook"],
    ["webhook renewal", "/rest/api/2/webhook/refresh"],
    ["admin webhooks", "/rest/webhooks/1.0/webhook"],
    ["admin webhooks by their newer name", "/rest/jira-webhook/1.0/webhooks"],
    ["webhook registration with an extension", "/rest/api/3/webhook.json"],
    ["clients of OAuth 2.0 on Data Center", "/rest/oauth2-client/latest/config"],
    ["sign-in settings of Data Center", "/rest/authconfig/1.0/login-options"],
    ["application links by their other module", "/rest/applinks-oauth/1.0/x"],
    ["the address of cached files, which forwards", "/s/abc/_/rest/pat/latest/tokens"],
    ["the same with more before it", "/s/en_US/7x/1/_/plugins/servlet/oauth"],
  ])("is refused for %s", (_why, raw) => {
    expect(() => refusePath(raw)).toThrow(refused);
  });

  it("comes out in a form that comes out unchanged again, whatever goes in", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii", maxLength: 40 }), (text) => {
        let once: string;
        try {
          once = refusePath(`/${text}`);
        } catch (error) {
          expect(error).toEqual(refused);
          return;
        }
        expect(refusePath(once)).toBe(once);
        expect(new URL(once, "http://jira.test").pathname).toBe(once);
      }),
      { numRuns: 2000 },
    );
  });

  it("never lets a forbidden resource through, however its letters are escaped", () => {
    const escaped = (text: string, mask: number) =>
      [...text]
        .map((c, i) => (c !== "/" && (mask >> (i % 16)) & 1 ? `%${c.charCodeAt(0).toString(16)}` : c))
        .join("");
    fc.assert(
      fc.property(
        fc.constantFrom("/rest/pat/x", "/rest/auth/1/session", "/plugins/servlet/x", "/rest/api/3/webhook"),
        fc.integer({ min: 0, max: 65_535 }),
        (path, mask) => {
          expect(() => refusePath(escaped(path, mask))).toThrow(refused);
        },
      ),
    );
  });
});

describe("a parameter", () => {
  it.each([
    "oauth_token=x",
    "a=1&OAUTH_consumer_key=x",
    "xoauth_requestor_id=fred",
    "os_username=a",
    "access_token=x",
    "jwt=x",
    "%6fauth_token=1",
    "+oauth_token=1",
    "_method=DELETE",
  ])("that would carry a credential is refused: %s", (query) => {
    expect(() => refuseParameters(query)).toThrow(refused);
  });

  it("that is Jira's own passes", () => {
    for (const query of [
      "jql=project%20%3D%20JJ&fields=summary",
      "",
      "user_id=fred",
      "maxResults=50&startAt=0",
      "q=a%25b",
    ]) {
      expect(() => refuseParameters(query)).not.toThrow();
    }
  });

  it("that chooses a user is refused on a call without one", () => {
    expect(() => refuseParameters("user_id=fred", { two_legged: true })).toThrow(refused);
  });

  it("in broken UTF-8 is refused", () => {
    expect(() => refuseParameters("%C3%28=1")).toThrow(refused);
  });
});

describe("headers", () => {
  it("reach Jira by an allow-list", () => {
    const headers = {
      accept: "application/json",
      cookie: "JSESSIONID=1",
      authorization: "Bearer lk_x",
      "x-forwarded-for": "1.2.3.4",
      "user-agent": "x",
      "x-atlassian-token": "no-check",
    };
    expect(requestHeaders(headers)).toEqual({ accept: "application/json", "x-atlassian-token": "no-check" });
  });

  it("that override the method are refused", () => {
    for (const name of ["x-http-method-override", "x-http-method", "x-method-override"]) {
      expect(() => requestHeaders({ [name]: "DELETE" })).toThrow(refused);
    }
  });

  it("leave by an allow-list: quotas pass, cookies and challenges do not", () => {
    for (const name of [
      "Content-Type",
      "Retry-After",
      "X-RateLimit-Remaining",
      "RateLimit-Reason",
      "Beta-RateLimit-Policy",
      "X-Beta-RateLimit-Reset",
      "ETag",
    ]) {
      expect([name, answerHeaderPasses(name)]).toEqual([name, true]);
    }
    for (const name of [
      "Set-Cookie",
      "WWW-Authenticate",
      "X-AUSERNAME",
      "Location",
      "Connection",
      "Content-Security-Policy",
      "X-ASESSIONID",
    ]) {
      expect([name, answerHeaderPasses(name)]).toEqual([name, false]);
    }
  });
});
