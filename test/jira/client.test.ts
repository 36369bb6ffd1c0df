import { createVerify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/secret.ts";
import { bearer, credentials, failure, fakeJira, signingKey } from "./fake.ts";

const REJECTED = [401, { code: 401, message: "Unauthorized" }] as const;

describe("a request", () => {
  it("is joined to the base, never resolved, with what callers hand in encoded", async () => {
    const fake = await fakeJira(() => [200, { id: "1", key: "A-1" }]);
    const jira = fake.jira({ flavor: "datacenter-oauth2", base_path: "/jira/" });
    await jira.issue("../../admin?x=1#y", { fields: ["a b", "ü"] });
    await jira.request({
      path: '/rest/api/2/search?jql=a = "b c"&x=%2B',
      query: { n: 5, l: ["p", "q"], u: undefined },
    });
    expect(fake.seen.map(({ url }) => url)).toEqual([
      "/jira/rest/api/2/issue/..%2F..%2Fadmin%3Fx%3D1%23y?fields=a%20b%2C%C3%BC",
      "/jira/rest/api/2/search?jql=a%20=%20%22b%20c%22&x=%2B&n=5&l=p&l=q",
    ]);
  });

  it.each([
    "/rest/../../admin",
    "/rest/%2e%2E/admin",
    "/rest//x",
    "rest/api",
    "/rest\\x",
    "/rest/%",
    "/rest/\u0000",
    "/a#b",
    "",
  ])("refuses the path %j before anything is sent", async (path) => {
    const fake = await fakeJira(() => [200, {}]);
    expect((await failure(fake.jira().request({ path }))).code).toBe("bad_request");
    expect(fake.seen).toEqual([]);
  });

  it("takes an absolute URL inside the base, and asks for no credential outside of it", async () => {
    const fake = await fakeJira(() => [200, {}]);
    let asked = 0;
    const source = {
      current: async () => {
        asked++;
        return bearer("1");
      },
      rejected: async () => bearer("1"),
    };
    const jira = fake.jira({ source });
    await jira.request({ path: `${fake.url}/ex/jira/c1/rest/api/3/myself?x=1` });
    await jira.request({ path: "https://acme.atlassian.net/rest/api/3/myself" });
    expect(fake.seen.map(({ url }) => url)).toEqual([
      "/ex/jira/c1/rest/api/3/myself?x=1",
      "/ex/jira/c1/rest/api/3/myself",
    ]);
    expect(asked).toBe(2);
    const outside = [
      `${fake.url}/ex/jira/c2/rest/api/3/myself`,
      `${fake.url}/ex/jira/c1x/rest`,
      `${fake.url}/ex/jira/c1/../c2/rest`,
      "https://acme.atlassian.net.evil.example/rest",
      "https://user@acme.atlassian.net/rest",
      "http://acme.atlassian.net/rest",
      "//evil.example/rest",
      "javascript:alert(1)",
      "https://[",
    ];
    for (const path of outside) {
      expect([path, (await failure(jira.request({ path }))).code]).toEqual([path, "url_outside_connections"]);
    }
    expect(asked).toBe(2);
    expect(fake.seen).toHaveLength(2);
  });

  it("carries one authorization, its own, and no cookie", async () => {
    const fake = await fakeJira(() => [200, {}]);
    await fake.jira().request({
      path: "/x",
      headers: { Authorization: "Basic theirs", Cookie: "JSESSIONID=1", "X-A": "b" },
    });
    expect(fake.seen[0]!.headers).toMatchObject({ authorization: "Bearer access-token-1", "x-a": "b" });
    expect(fake.seen[0]!.headers.cookie).toBeUndefined();
  });

  it("carries Basic for a user and password", async () => {
    const fake = await fakeJira(() => [200, {}]);
    const basic = { kind: "basic", username: "ä", password: new Secret("pass:word"), token_id: "b" } as const;
    await fake
      .jira({ source: { current: async () => basic, rejected: async () => basic } })
      .request({ path: "/x" });
    expect(fake.seen[0]!.headers.authorization).toBe(
      `Basic ${Buffer.from("ä:pass:word").toString("base64")}`,
    );
  });

  it("tells every answer's status to who counts them", async () => {
    const fake = await fakeJira((_seen, count) => (count === 1 ? REJECTED : [204]));
    const statuses: number[] = [];
    const answer = await fake
      .jira({ onAnswer: (status) => void statuses.push(status) })
      .request({ path: "/x" });
    expect(statuses).toEqual([401, 204]);
    expect(answer.json()).toBeUndefined();
  });
});

describe("OAuth 1.0a", () => {
  /** Verifies as a server does that knows nothing of ours: base string by hand, signature by node:crypto. */
  function verified(method: string, url: string, header: string): Record<string, string> {
    const parameters = Object.fromEntries(
      [...header.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, name, value]) => [
        name!,
        decodeURIComponent(value!),
      ]),
    );
    const { oauth_signature, realm: _realm, ...signed } = parameters;
    const encode = (text: string) =>
      encodeURIComponent(text).replace(
        /[!'()*]/g,
        (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
      );
    const { origin, pathname, searchParams } = new URL(url);
    const pairs = [...Object.entries(signed), ...searchParams].map(([name, value]) => [
      encode(name),
      encode(value),
    ]);
    pairs.sort(([a, x], [b, y]) => (a === b ? (x! < y! ? -1 : 1) : a! < b! ? -1 : 1));
    const normalized = pairs.map((pair) => pair.join("=")).join("&");
    const base = [method, encode(origin + pathname), encode(normalized)].join("&");
    const good = createVerify("RSA-SHA1")
      .update(base)
      .verify(signingKey().public_pem, oauth_signature!, "base64");
    expect(good).toBe(true);
    return signed;
  }

  const oauth1 = (token?: string) =>
    ({
      kind: "oauth1",
      consumer_key: "OauthKey",
      key: signingKey(),
      token_id: "t1",
      ...(token === undefined ? {} : { oauth_token: new Secret(token) }),
    }) as const;

  it("signs what goes on the wire, and each try anew", async () => {
    const fake = await fakeJira((_seen, count) => (count === 1 ? "cut" : [200, { issues: [], total: 0 }]));
    const source = { current: async () => oauth1("token/1+2"), rejected: async () => oauth1("other") };
    const jira = fake.jira({ flavor: "datacenter-oauth1", base_path: "/jira", source });
    await jira.searchPage(`summary ~ "a+b & c*'!()" ORDER BY key`, { fields: ["summary", "ü"] });
    expect(fake.seen).toHaveLength(2);
    const tries = fake.seen.map(({ method, url, headers }) =>
      verified(method, fake.url + url, headers.authorization!),
    );
    expect(tries[0]).toMatchObject({
      oauth_consumer_key: "OauthKey",
      oauth_token: "token/1+2",
      oauth_signature_method: "RSA-SHA1",
    });
    expect(tries[0]!.oauth_nonce).not.toBe(tries[1]!.oauth_nonce);
    expect(Math.abs(Number(tries[0]!.oauth_timestamp) - Date.now() / 1000)).toBeLessThan(10);
  });

  it("sends an empty token on 2-legged calls, whose anonymity is no fault", async () => {
    const fake = await fakeJira(() => [200, {}, { "x-ausername": "anonymous" }]);
    const source = { current: async () => oauth1(), rejected: async () => oauth1() };
    await fake
      .jira({ flavor: "datacenter-oauth1", base_path: "/jira", source })
      .request({ path: "/rest/api/2/serverInfo" });
    expect(fake.seen[0]!.headers.authorization).toContain('oauth_token=""');
  });

  it("asks for another token only when Jira blames the token", async () => {
    const problems = [
      "signature_invalid",
      "timestamp_refused",
      "consumer_key_unknown",
      "nonce_used",
      "permission_denied",
      "token_rejected",
    ];
    for (const problem of problems) {
      const fake = await fakeJira(() => [
        problem === "timestamp_refused" ? 400 : 401,
        `oauth_problem=${problem}`,
        {
          "www-authenticate": `OAuth realm="x", oauth_problem="${problem}"`,
          "content-type": "application/x-www-form-urlencoded",
        },
      ]);
      let blamed = 0;
      const source = {
        current: async () => oauth1("t"),
        rejected: async () => {
          blamed++;
          return oauth1("t");
        },
      };
      const jira = fake.jira({ flavor: "datacenter-oauth1", base_path: "/jira", source });
      expect((await failure(jira.request({ path: "/rest/api/2/myself" }))).code).toBe(problem);
      expect([problem, blamed, fake.seen.length]).toEqual([problem, problem === "token_rejected" ? 1 : 0, 1]);
    }
  });

  it("tells a bare 401 as anonymous: the token is not to blame for what did not count as OAuth", async () => {
    const fake = await fakeJira(() => [401, "", { "www-authenticate": 'OAuth realm="http%3A%2F%2Fx"' }]);
    const source = { current: async () => oauth1("t"), rejected: () => Promise.reject(new Error("blamed")) };
    const jira = fake.jira({ flavor: "datacenter-oauth1", base_path: "/jira", source });
    expect((await failure(jira.request({ path: "/rest/api/2/myself" }))).code).toBe("jira_anonymous");
  });
});

describe("401", () => {
  it("refreshes once, naming the token that failed, and signs the second try with the new one", async () => {
    const fake = await fakeJira((seen) =>
      seen.headers.authorization === "Bearer access-token-2" ? [200, { ok: true }] : REJECTED,
    );
    const { source, rejected } = credentials();
    const answer = await fake.jira({ source }).request({ method: "POST", path: "/x", json: { a: 1 } });
    expect(answer.json()).toEqual({ ok: true });
    expect(rejected).toEqual(["id-1"]);
    expect(fake.seen.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}']);
  });

  it("is final when the new token fails too", async () => {
    const fake = await fakeJira(() => REJECTED);
    const { source, rejected } = credentials(9);
    const error = await failure(fake.jira({ source }).request({ path: "/x" }));
    expect(error.code).toBe("jira_unauthorized");
    expect([rejected, fake.seen.length]).toEqual([["id-1"], 2]);
  });

  it("is not tried again with the same token", async () => {
    const fake = await fakeJira(() => REJECTED);
    const { source, rejected } = credentials(1);
    await failure(fake.jira({ source }).request({ path: "/x" }));
    expect([rejected, fake.seen.length]).toEqual([["id-1"], 1]);
  });

  it("about a scope never refreshes, and names the scope the operation needs", async () => {
    const fake = await fakeJira(() => [401, { code: 401, message: "Unauthorized; scope does not match" }]);
    const { source, rejected } = credentials();
    const error = await failure(fake.jira({ source }).issue("A-1"));
    expect(error.code).toBe("scope_missing");
    expect(error.details.needed).toMatchObject({
      path: "/rest/api/3/issue/{issueIdOrKey}",
      classic: ["read:jira-work"],
    });
    expect(error.fix).toContain("read:jira-work");
    expect([rejected, fake.seen.length]).toEqual([[], 1]);
  });

  it("as a page of Cloud's edge says that the address is wrong, and refreshes nothing", async () => {
    const fake = await fakeJira(() => [
      401,
      "<html><title>Unauthorized</title></html>",
      { "content-type": "text/html" },
    ]);
    const { source, rejected } = credentials();
    const error = await failure(fake.jira({ source }).request({ path: "/x" }));
    expect([error.code, rejected]).toEqual(["jira_unauthorized", []]);
    expect(error.fix).toContain("api.atlassian.com");
  });

  it("200 as anonymous is told, and on Data Center a read is tried with a new token first", async () => {
    const fake = await fakeJira((seen) =>
      seen.headers.authorization?.endsWith("-2") === true
        ? [200, { user: "alana" }, { "x-ausername": "alana" }]
        : [200, {}, { "x-ausername": "anonymous" }],
    );
    const options = { flavor: "datacenter-oauth2", base_path: "/jira" } as const;
    const { source, rejected } = credentials();
    expect((await fake.jira({ ...options, source }).request({ path: "/x" })).json()).toEqual({
      user: "alana",
    });
    expect(rejected).toEqual(["id-1"]);
    const second = credentials();
    const error = await failure(
      fake.jira({ ...options, source: second.source }).request({ method: "POST", path: "/x" }),
    );
    expect([error.code, second.rejected]).toEqual(["jira_anonymous", []]);
    const cloud = await fakeJira(() => [200, {}, { "x-seraph-loginreason": "AUTHENTICATED_FAILED" }]);
    const third = credentials();
    expect((await failure(cloud.jira({ source: third.source }).request({ path: "/x" }))).code).toBe(
      "jira_anonymous",
    );
    expect(third.rejected).toEqual([]);
  });
});

describe("a redirect", () => {
  it("is not followed with the credential", async () => {
    const fake = await fakeJira(() => [302, "", { location: "https://evil.example/" }]);
    expect((await failure(fake.jira().request({ path: "/x" }))).code).toBe("redirect_refused");
    expect(fake.seen).toHaveLength(1);
  });
});

describe("errors", () => {
  it("hold Jira's words as data and nothing of ours that is secret", async () => {
    const fake = await fakeJira(() => [
      400,
      { errorMessages: ["<script>planted</script>"], errors: { summary: "needed" } },
    ]);
    const error = await failure(
      fake.jira().request({ method: "POST", path: "/rest/api/3/issue?q=1", json: { secretText: 1 } }),
    );
    expect(error.code).toBe("jira_bad_request");
    expect(error.details).toMatchObject({
      status: 400,
      method: "POST",
      path: "/rest/api/3/issue",
      jira: { errorMessages: ["<script>planted</script>"], errors: { summary: "needed" } },
    });
    expect(error.message + error.fix).not.toContain("planted");
    expect(JSON.stringify([error.details, error.stack])).not.toMatch(/access-token|secretText/);
  });

  it("say when an answer is not JSON", async () => {
    const fake = await fakeJira(() => [200, "<html>login</html>", { "content-type": "text/html" }]);
    expect((await failure(fake.jira().myself())).code).toBe("jira_answer_unreadable");
  });
});
