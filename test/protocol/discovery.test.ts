import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LatchkeyError } from "../../src/errors.ts";
import type { HttpResponse } from "../../src/http.ts";
import {
  buildProbe,
  conclude,
  type Failed,
  type Finding,
  parseSite,
  processProbe,
} from "../../src/protocol/discovery.ts";

const ATLASSIAN = { pattern: "https://{name}.atlassian.net" };
const SANDBOX = { pattern: "http://localhost:8090/sites/{name}", registration: "sandbox" };
const both = { cloud_sites: [ATLASSIAN, SANDBOX] };

describe("what a person types", () => {
  test.each([
    "acme",
    " ACME ",
    "acme.atlassian.net",
    "Acme.Atlassian.NET/",
    "http://acme.atlassian.net",
    "https://acme.atlassian.net/jira/software/projects/JJ/boards/1",
    "https://acme.atlassian.net/browse/JJ-2?focusedCommentId=1#c",
    "<https://acme.atlassian.net>.",
    "https://acme.atlassian.net:443/x",
  ])("%s is the Cloud site acme", (typed) => {
    const parsed = parseSite(typed, both);
    expect(parsed.cloud).toEqual({ name: "acme", url: "https://acme.atlassian.net" });
    expect(parsed.candidates[0]).toBe("https://acme.atlassian.net");
  });

  test.each([
    "http://localhost:8090/sites/acme",
    "localhost:8090/sites/Acme/browse/JJ-2",
    "http://LOCALHOST:8090/sites/acme/",
  ])("%s is a site of the sandbox's Cloud, with its registration", (typed) => {
    expect(parseSite(typed, both)).toMatchObject({
      candidates: ["http://localhost:8090/sites/acme"],
      cloud: { name: "acme", url: "http://localhost:8090/sites/acme", registration: "sandbox" },
    });
  });

  test("a bare word is tried as each Cloud's site, then as a host in the local network", () => {
    expect(parseSite("acme", { cloud_sites: [SANDBOX, ATLASSIAN] }).candidates.slice(0, 3)).toEqual([
      "http://localhost:8090/sites/acme",
      "https://acme.atlassian.net",
      "https://acme",
    ]);
  });

  test.each<[string, string]>([
    ["https://jira.example.com/jira/browse/JJ-2", "https://jira.example.com/jira"],
    ["https://jira.example.com/browse/JJ-2", "https://jira.example.com"],
    [
      "  https://Jira.Example.COM/Jira/secure/Dashboard.jspa?selectPageId=1 ",
      "https://jira.example.com/Jira",
    ],
    ["https://jira.example.com/secure/admin/ViewApplicationProperties.jspa", "https://jira.example.com"],
    ["https://jira.example.com/jira/rest/api/2/issue/JJ-2", "https://jira.example.com/jira"],
    ["https://jira.example.com/plugins/servlet/applinks/listApplicationLinks", "https://jira.example.com"],
    ["https://jira.example.com/login.jsp?os_destination=%2Fx", "https://jira.example.com"],
    ["https://jira.example.com/a/b/projects/JJ/issues", "https://jira.example.com/a/b"],
    ["https://jira.example.com/jira/", "https://jira.example.com/jira"],
    ["https://jira.example.com:8443/jira", "https://jira.example.com:8443/jira"],
    ["http://jira.example.com:80/jira", "http://jira.example.com/jira"],
    ["jira.example.com", "https://jira.example.com"],
    ["jira.example.com:8080/jira", "https://jira.example.com:8080/jira"],
    ["localhost:8091/jira", "http://localhost:8091/jira"],
    ["localhost", "http://localhost"],
    ["10.1.2.3:8080", "http://10.1.2.3:8080"],
    ["[::1]:8091/jira", "http://[::1]:8091/jira"],
    ["::1", "http://[::1]"],
    ["http://[2001:DB8::1]/jira/browse/X-1", "http://[2001:db8::1]/jira"],
    ["jira:8080", "https://jira:8080"],
    ["https://jira.example.com.", "https://jira.example.com"],
    ["\u200Bhttps://jira.example.com/jira\u200B", "https://jira.example.com/jira"],
  ])("%s leads first to %s", (typed, expected) => {
    const { candidates, cloud } = parseSite(typed, both);
    expect(candidates[0]).toBe(expected);
    expect(cloud).toBeUndefined();
  });

  test("a typed scheme is kept; without one both are tried, and a forgotten /jira too", () => {
    expect(parseSite("https://jira.example.com").candidates).toEqual([
      "https://jira.example.com",
      "https://jira.example.com/jira",
    ]);
    expect(parseSite("http://jira.example.com/x").candidates).toEqual([
      "http://jira.example.com/x",
      "http://jira.example.com",
      "http://jira.example.com/jira",
    ]);
    expect(parseSite("jira.example.com").candidates).toEqual([
      "https://jira.example.com",
      "https://jira.example.com/jira",
      "http://jira.example.com",
      "http://jira.example.com/jira",
    ]);
  });

  test.each<[string, RegExp]>([
    ["", /No address/],
    ["   ", /No address/],
    ["two words", /not an address/],
    ["https://", /not an address/],
    ["ftp://jira.example.com", /http and https/],
    ["file:///etc/passwd", /http and https/],
    ["javascript:alert(1)", /not an address/],
    ["https://alana:hunter2@jira.example.com", /user name or password/],
    ["alana@jira.example.com", /user name or password/],
    ["https://jira.example.com:99999", /not an address/],
    ["https://api.atlassian.com/ex/jira/1324a887/rest/api/3/myself", /Atlassian itself/],
    ["https://id.atlassian.com/login", /Atlassian itself/],
    ["atlassian.net", /Atlassian itself/],
    [`https://jira.example.com/${"x".repeat(3000)}`, /too long/],
  ])("%.60s is refused with a remedy", (typed, message) => {
    const error = thrownBy(() => parseSite(typed));
    expect(error.code).toBe("bad_request");
    expect(error.message).toMatch(message);
    expect(error.fix).not.toBe("");
    expect(JSON.stringify([error.message, error.fix, error.details])).not.toContain("hunter2");
  });

  test("a host that only looks like a Cloud site is none", () => {
    for (const typed of [
      "https://acme.atlassian.net.evil.example",
      "https://evil-atlassian.net",
      "https://a.b.atlassian.net",
    ]) {
      expect(parseSite(typed).cloud).toBeUndefined();
    }
  });

  test("whatever is typed: bases without slash, query, fragment or password, or a LatchkeyError", () => {
    const piece = fc.constantFrom(
      "http://",
      "https://",
      "acme",
      ".atlassian.net",
      "jira.example.com",
      ":8080",
      "/",
      "/jira",
      "/browse/",
      "JJ-2",
      "@",
      "?",
      "#",
      "[::1]",
      "%2e",
      "..",
      " ",
      "\\",
      "é",
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")),
      fc.string({ unit: "grapheme" }),
    );
    fc.assert(
      fc.property(text, (typed) => {
        try {
          const { candidates } = parseSite(typed, both);
          expect(candidates.length).toBeGreaterThan(0);
          for (const base of candidates) expect(base).toMatch(/^https?:\/\/[^/?#@\s]+(\/[^?#\s]*[^/?#\s])?$/);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(LatchkeyError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function thrownBy(run: () => unknown): LatchkeyError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof LatchkeyError) return thrown;
    throw thrown;
  }
  throw new Error("Nothing was thrown.");
}

function answer(status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers, body: new TextEncoder().encode(text) };
}

const html = { "content-type": "text/html;charset=UTF-8" };
const base = "https://jira.example.com/jira";
const dc = {
  baseUrl: base,
  version: "9.12.5",
  versionNumbers: [9, 12, 5],
  deploymentType: "Server",
  serverTitle: "Our Jira",
};
const cloud = {
  baseUrl: "https://acme.atlassian.net",
  version: "1001.0.0-SNAPSHOT",
  versionNumbers: [1001, 0, 0],
  deploymentType: "Cloud",
};

describe("a probe", () => {
  test("asks serverInfo below the base", () => {
    expect(buildProbe(`${base}/`)).toMatchObject({ method: "GET", url: `${base}/rest/api/2/serverInfo` });
  });

  test("tells Cloud from Data Center and keeps what the server says of itself as evidence", () => {
    expect(processProbe(base, answer(200, dc))).toEqual({
      base,
      kind: "jira",
      deployment: "datacenter",
      version: "9.12.5",
      versionNumbers: [9, 12, 5],
      serverTitle: "Our Jira",
      stated_base_url: base,
    });
    expect(processProbe(base, answer(200, cloud))).toMatchObject({ deployment: "cloud" });
    expect(
      processProbe(base, answer(200, { ...dc, deploymentType: undefined, versionNumbers: "x" })),
    ).toMatchObject({
      kind: "jira",
      deployment: "datacenter",
      version: "9.12.5",
    });
  });

  test.each<[Finding["kind"], string, HttpResponse]>([
    ["not-a-jira", "a web page", answer(200, "<h1>It works</h1>", html)],
    ["not-a-jira", "other JSON", answer(200, { baseUrl: 1 })],
    ["not-a-jira", "Confluence-like JSON", answer(200, { baseUrl: "https://x", title: "wiki" })],
    ["not-a-jira", "404", answer(404, "Not Found")],
    ["not-a-jira", "500", answer(500, "")],
    ["not-a-jira", "a redirect to nowhere", answer(302, "")],
    ["redirect", "another path", answer(302, "", { location: "/jira2/rest/api/2/serverInfo" })],
    [
      "redirect",
      "another host",
      answer(301, "", { location: "https://new.example.com/rest/api/2/serverInfo?x=1" }),
    ],
    [
      "login-wall",
      "a redirect to Jira's login",
      answer(302, "", { location: "/login.jsp?os_destination=x" }),
    ],
    [
      "login-wall",
      "a redirect to single sign-on",
      answer(302, "", { location: "https://sso.example.com/start" }),
    ],
    ["login-wall", "a sign-in form", answer(200, '<input type="password">', html)],
    ["login-wall", "a gateway's 401", answer(401, "", { "www-authenticate": "Basic" })],
    ["login-wall", "a gateway's 403", answer(403, "", html)],
    ["jira", "a Jira that is closed to strangers", answer(401, "", { "x-arequestid": "1x2x3" })],
    [
      "redirect",
      "an https port asked in http (nginx)",
      answer(400, "The plain HTTP request was sent to HTTPS port"),
    ],
    [
      "redirect",
      "an https port asked in http (Tomcat)",
      answer(400, "This combination of host and port requires TLS."),
    ],
  ])("%s: %s", (kind, _, response) => {
    expect(processProbe("http://jira.example.com", response).kind).toBe(kind);
  });

  test("a redirect is reported as a base, without query", () => {
    const moved = answer(301, "", { location: "https://new.example.com/jira/rest/api/2/serverInfo?x=1#y" });
    expect(processProbe(base, moved)).toEqual({
      base,
      kind: "redirect",
      location: "https://new.example.com/jira",
    });
  });
});

const is = (where: string, body: object = dc): Finding => processProbe(where, answer(200, body));
const page = (where: string, status = 404): Finding => processProbe(where, answer(status, "", html));
const failed = (where: string, code: ConstructorParameters<typeof LatchkeyError>[0]): Failed => ({
  base: where,
  error: new LatchkeyError(code),
});

describe("the conclusion", () => {
  const typed = parseSite("https://jira.example.com/jira/browse/JJ-2");
  const root = parseSite("https://jira.example.com");

  test.each<[string, number[], string[]]>([
    ["8.21.1", [8, 21, 1], ["datacenter-oauth1"]],
    ["7.13", [7, 13], ["datacenter-oauth1"]],
    ["8.22.0", [8, 22, 0], ["datacenter-oauth2", "datacenter-oauth1"]],
    ["9.0", [9, 0], ["datacenter-oauth2", "datacenter-oauth1"]],
    ["11.1.0", [11, 1, 0], ["datacenter-oauth2", "datacenter-oauth1"]],
  ])("Data Center %s takes %j: %j", (version, versionNumbers, flavors) => {
    expect(conclude(typed, [is(base, { ...dc, version, versionNumbers })]).flavors).toEqual(flavors);
    expect(conclude(typed, [is(base, { ...dc, version, versionNumbers: undefined })]).flavors).toEqual(
      flavors,
    );
  });

  test("an unknown version leaves both ways of Data Center open and says so", () => {
    const closed = processProbe(base, answer(401, "", { "x-arequestid": "1" }));
    const { flavors, why } = conclude(typed, [closed]);
    expect(flavors).toEqual(["datacenter-oauth2", "datacenter-oauth1"]);
    expect(why.join(" ")).toContain("version is not known");
  });

  test("Cloud takes OAuth 2.0 alone; the site is what was asked, not what the server calls itself", () => {
    const parsed = parseSite("acme");
    const found = conclude(parsed, [
      is(parsed.candidates[0]!, { ...cloud, baseUrl: "https://evil.example" }),
    ]);
    expect(found.site).toMatchObject({ base_url: "https://acme.atlassian.net", deployment: "cloud" });
    expect(found.flavors).toEqual(["cloud"]);
    expect(found.why.join(" ")).toContain("names another address");
  });

  test("the order of the candidates decides, not that of the answers", () => {
    const other = "https://jira.example.com";
    expect(conclude(typed, [is(other), is(base)]).site.base_url).toBe(base);
  });

  test("a forgotten context path is found and named", () => {
    const { site, why } = conclude(root, [page("https://jira.example.com"), is(base)]);
    expect(site).toEqual({ base_url: base, deployment: "datacenter", version: "9.12.5", title: "Our Jira" });
    expect(why.join(" ")).toContain(
      "There is no Jira at https://jira.example.com; it was found at https://jira.example.com/jira",
    );
  });

  test.each<[string, (Finding | Failed)[]]>([
    ["not_a_jira", [page("https://jira.example.com"), page(base)]],
    ["not_a_jira", [page("https://jira.example.com", 200), failed(base, "timed_out")]],
    ["not_a_jira", [processProbe("https://jira.example.com", answer(401, "")), page(base)]],
    ["dns_failed", [failed("https://jira.example.com", "dns_failed"), failed(base, "dns_failed")]],
    ["connection_refused", [failed("https://jira.example.com", "connection_refused")]],
    ["tls_failed", [page("https://jira.example.com"), failed(base, "tls_failed")]],
    ["egress_refused", [failed("https://jira.example.com", "egress_refused")]],
    ["http_not_https", [failed("https://jira.example.com", "http_not_https")]],
    ["jira_failed", [page("https://jira.example.com", 502), page(base)]],
    [
      "redirect_refused",
      [processProbe("https://jira.example.com", answer(301, "", { location: "https://new.example.com" }))],
    ],
    ["unreachable", []],
  ])("%s explains the failure", (code, findings) => {
    const error = thrownBy(() => conclude(root, findings));
    expect(error.code).toBe(code);
    expect(error.fix).not.toBe("");
  });

  test("http where https is wanted is named, with the address to use", () => {
    const http = parseSite("http://jira.example.com/jira");
    for (const response of [
      answer(301, "", { location: "https://jira.example.com/jira/rest/api/2/serverInfo" }),
      answer(400, "The plain HTTP request was sent to HTTPS port"),
    ]) {
      const error = thrownBy(() => conclude(http, [processProbe("http://jira.example.com/jira", response)]));
      expect(error).toMatchObject({ code: "http_not_https", fix: "Use https://jira.example.com/jira" });
    }
  });

  test("a broken https never leads to http without a word; an absent one does, and it is said", () => {
    const parsed = parseSite("jira.example.com");
    const plain = is("http://jira.example.com");
    expect(
      thrownBy(() => conclude(parsed, [failed("https://jira.example.com", "tls_failed"), plain])).code,
    ).toBe("tls_failed");
    const found = conclude(parsed, [failed("https://jira.example.com", "connection_refused"), plain]);
    expect(found.why.join(" ")).toContain("not encrypted");
  });

  test("a Cloud site that does not exist is named", () => {
    const parsed = parseSite("acme.atlassian.net");
    const error = thrownBy(() => conclude(parsed, [page("https://acme.atlassian.net")]));
    expect(error.message).toBe("There is no Jira Cloud site acme (https://acme.atlassian.net).");
  });
});

describe("a flavor asked for", () => {
  const acme = parseSite("acme.atlassian.net");
  const onCloud = [is("https://acme.atlassian.net", cloud)];
  const typed = parseSite(base);

  test("OAuth 1.0a on atlassian.net is explained, and can be forced", () => {
    expect(thrownBy(() => conclude(acme, onCloud, "datacenter-oauth1")).code).toBe("oauth1_on_cloud");
    const forced = conclude(acme, onCloud, "datacenter-oauth1", { force: true });
    expect(forced.flavors).toEqual(["datacenter-oauth1"]);
    expect(forced.why.at(-1)).toContain("was forced");
  });

  test("one that fits is the only one left", () => {
    expect(conclude(typed, [is(base)], "datacenter-oauth1").flavors).toEqual(["datacenter-oauth1"]);
    expect(conclude(acme, onCloud, "cloud").flavors).toEqual(["cloud"]);
  });

  test("one that does not fit is refused with the one that does", () => {
    const old = is(base, { ...dc, version: "8.13.1", versionNumbers: [8, 13, 1] });
    expect(thrownBy(() => conclude(typed, [old], "datacenter-oauth2"))).toMatchObject({
      code: "bad_request",
      fix: "Connect with the flavor datacenter-oauth1.",
    });
    expect(thrownBy(() => conclude(typed, [is(base)], "cloud")).code).toBe("bad_request");
    expect(thrownBy(() => conclude(acme, onCloud, "datacenter-oauth2")).code).toBe("bad_request");
    expect(conclude(typed, [old], "datacenter-oauth2", { force: true }).flavors).toEqual([
      "datacenter-oauth2",
    ]);
  });
});
