import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NamedPolicy } from "../../src/handles/index.ts";
import type { Flavor } from "../../src/protocol/index.ts";
import type { Connection } from "../../src/vault/index.ts";
import { EVERYTHING, FLAVORS, openStage, SKINS, type Stage, type Upstream } from "./proxy-stage.ts";

/** Everything that the table of fields knows, of many endpoints: what leaves then is decided by the kinds alone. */
const READ: readonly (readonly [path: string, query?: Record<string, string>])[] = [
  ["/issue/{issueIdOrKey}", { fields: "any", expand: "any" }],
  ["/issue/{issueIdOrKey}/comment"],
  ["/issue/{issueIdOrKey}/worklog"],
  ["/issue/{issueIdOrKey}/watchers"],
  ["/issue/{issueIdOrKey}/votes"],
  ["/issue/{issueIdOrKey}/transitions"],
  ["/issue/{issueIdOrKey}/remotelink"],
  ["/myself"],
  ["/user/search", { query: "any", username: "any" }],
  ["/field"],
  ["/status"],
  ["/priority"],
  ["/serverInfo"],
  ["/project/{projectIdOrKey}"],
];
const SEARCHES = { cloud: "/search/jql", datacenter: "/search" } as const;

function policyFor(flavor: "cloud" | "datacenter"): NamedPolicy {
  const api = `/rest/api/${flavor === "cloud" ? 3 : 2}`;
  const search = { query: { jql: "jql", fields: "any", maxResults: "integer" }, answer: ["**"] };
  const endpoints = [
    ...READ.map(([path, query = {}]) => ({ path: api + path, query, answer: ["**"] })),
    ...(flavor === "cloud" ? [{ path: `${api}/issue/{issueIdOrKey}/changelog`, answer: ["**"] }] : []),
    { path: api + SEARCHES[flavor], ...search },
    {
      path: `${api}/issue/{issueIdOrKey}/comment`,
      methods: ["POST"],
      body: { body: "rich" },
      answer: ["id", "created"],
    },
    { path: "/rest/servicedeskapi/servicedesk", answer: ["**"] },
    { path: "/rest/servicedeskapi/request/{issueIdOrKey}", answer: ["**"] },
  ];
  const jql = { people: ["assignee", "reporter", "creator"] };
  return { name: `everything-${flavor}`, document: { latchkey_policy: 1, flavor, jql, endpoints } };
}

const kindOf = (flavor: Flavor) => (flavor === "cloud" ? "cloud" : "datacenter");
const api = (flavor: Flavor) => `/rest/api/${flavor === "cloud" ? 3 : 2}`;

let stage: Stage;
const connections = new Map<Flavor, Connection>();
const keys = new Map<Flavor, string>();
let raw: string;
/** Every text that says who somebody is, by flavor. */
const people = new Map<Flavor, readonly string[]>();

beforeAll(async () => {
  stage = await openStage({ max_filtered_bytes: 200_000 }, [policyFor("cloud"), policyFor("datacenter")]);
  for (const flavor of FLAVORS) connections.set(flavor, await stage.connect(flavor));
  raw = await stage.key([...connections.values()]);
  for (const flavor of FLAVORS) {
    const policy = `everything-${kindOf(flavor)}`;
    keys.set(flavor, await stage.key([connections.get(flavor)!], { ...EVERYTHING, policy }));
    const query = flavor === "cloud" ? "query=a" : "username=a";
    const users = (await (
      await call("node", flavor, `${api(flavor)}/user/search?${query}`, raw)
    ).json()) as Users;
    people.set(
      flavor,
      users.flatMap((one) => [one.accountId, one.name, one.emailAddress, one.displayName]).filter(isLong),
    );
  }
});
afterAll(() => stage.close());

type Users = { accountId?: string; name?: string; emailAddress?: string; displayName?: string }[];
const isLong = (text: string | undefined): text is string => text !== undefined && text.length > 4;

function call(skin: "node" | "web", flavor: Flavor, path: string, key: string, init: RequestInit = {}) {
  return fetch(`${stage.skins[skin]}/jira/${connections.get(flavor)!.id}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${key}`, ...init.headers },
  });
}

describe.each(SKINS)("a handle with a policy, %s skin", (skin) => {
  describe.each(FLAVORS)("%s", (flavor) => {
    const ask = (path: string, init?: RequestInit) => call(skin, flavor, path, keys.get(flavor)!, init);

    it("lets nobody out by any endpoint of the policy", async () => {
      const own = kindOf(flavor);
      const paths = READ.map(
        ([path]) => api(flavor) + path.replace(/\{issue[^}]+\}/, "JJ-2").replace(/\{p[^}]+\}/, "JJ"),
      );
      paths.push(
        `${api(flavor)}${SEARCHES[own]}?jql=project%3DJJ&fields=*all`,
        "/rest/servicedeskapi/servicedesk",
      );
      if (flavor === "cloud") paths.push(`${api(flavor)}/issue/JJ-2/changelog`);
      let named = 0;
      let answered = 0;
      for (const path of paths) {
        const before = await (await call(skin, flavor, path, raw)).text();
        const answer = await ask(path);
        const text = `${await answer.text()}\n${JSON.stringify([...answer.headers])}`;
        if (people.get(flavor)!.some((one) => before.includes(one))) named++;
        if (answer.ok) answered++;
        for (const one of people.get(flavor)!) expect(text, `${path} names ${one}`).not.toContain(one);
      }
      expect(people.get(flavor)!.length).toBeGreaterThan(3);
      expect(named).toBeGreaterThan(4);
      expect(answered).toBeGreaterThan(paths.length - 3);
    });

    it("keeps what is no person, and says its own length", async () => {
      const answer = await ask(`${api(flavor)}/issue/JJ-2`);
      const text = await answer.text();
      expect(JSON.parse(text)).toMatchObject({
        key: "JJ-2",
        fields: { status: { name: expect.any(String) } },
      });
      expect(answer.headers.get("content-type")).toBe("application/json");
      if (skin === "node") expect(Number(answer.headers.get("content-length"))).toBe(Buffer.byteLength(text));
      expect(answer.headers.get("etag")).toBeNull();
    });

    it("takes a token for the person it stands for, in a query", async () => {
      type Found = {
        issues: { key: string; fields: { reporter?: { accountId?: string; name?: string } } }[];
      };
      const search = async (jql: string) => {
        const query = `jql=${encodeURIComponent(jql)}&fields=reporter`;
        const answer = await ask(`${api(flavor)}${SEARCHES[kindOf(flavor)]}?${query}`);
        expect(answer.status).toBe(200);
        return ((await answer.json()) as Found).issues;
      };
      const all = await search("created > -900000d ORDER BY created DESC");
      const one = all.find(({ fields }) => fields?.reporter)!;
      const token = one.fields.reporter!.accountId ?? one.fields.reporter!.name ?? "";
      expect(token).toMatch(/^lkp_/);
      const found = await search(`reporter = "${token}" AND key = ${one.key}`);
      expect(found.map(({ key }) => key)).toEqual([one.key]);
      expect(await search(`reporter != "${token}" AND key = ${one.key}`)).toEqual([]);
      const [someone = ""] = people.get(flavor)!;
      const refused = await ask(
        `${api(flavor)}${SEARCHES[kindOf(flavor)]}?jql=${encodeURIComponent(`reporter = "${someone}"`)}`,
      );
      expect(refused.status).toBe(403);
      expect(await refused.json()).toMatchObject({ code: "policy_denied" });
    });

    it("denies what it does not name: an endpoint, a parameter, a member, a method", async () => {
      for (const [path, init] of [
        [`${api(flavor)}/user?accountId=1`],
        [`${api(flavor)}/issue/JJ-2/comment?expand=renderedBody`],
        [`${api(flavor)}/issue/JJ-2`, { method: "DELETE" }],
        ["/rest/agile/1.0/board"],
        [`${api(flavor)}/issue/JJ-2/comment`, json({ body: "x", visibility: { type: "role" } })],
      ] as [string, RequestInit?][]) {
        const answer = await ask(path, init);
        expect([path, answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
          path,
          403,
          "policy_denied",
        ]);
      }
    });

    it("treats Jira's own words in a refusal", async () => {
      const missing = await ask(`${api(flavor)}/issue/JJ-99999`);
      expect(missing.status).toBe(404);
      stage.hall.sandbox.control.faults({
        match: { path: "*/issue/JJ-2", times: 1 },
        status: 400,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          errorMessages: ["The user alana.grant@example.com is not known."],
          errors: { x: "Bob" },
        }),
      });
      const refused = await ask(`${api(flavor)}/issue/JJ-2`);
      expect(refused.status).toBe(400);
      const text = await refused.text();
      expect(text).toContain("Withheld");
      expect(text).not.toMatch(/alana\.grant|Bob/);
    });

    it("writes what was admitted, once, and lets out what the rule names", async () => {
      const body = flavor === "cloud" ? { type: "doc", version: 1, content: [] } : "by policy";
      const made = await ask(`${api(flavor)}/issue/JJ-2/comment`, json({ body }));
      expect([made.status, made.status === 201 ? "" : await made.text()]).toEqual([201, ""]);
      expect(Object.keys((await made.json()) as object).sort()).toEqual(["created", "id"]);
    });
  });
});

function json(body: unknown): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

describe.each(SKINS)("a Jira that answers oddly, %s skin", (skin) => {
  let upstream: Upstream;
  let key: string;
  const ask = (init: RequestInit = {}, path = "/rest/api/2/issue/JJ-2") =>
    fetch(`${stage.skins[skin]}/jira/${upstream.connection.id}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${key}`, ...init.headers },
    });
  const answerWith = (status: number, headers: Record<string, string>, body: string | Buffer) => {
    upstream.handle = (request, response) => {
      if (request.url?.endsWith("/field")) return void response.writeHead(200, JSON_TYPE).end("[]");
      response.writeHead(status, headers).end(body);
    };
  };
  const JSON_TYPE = { "content-type": "application/json" };

  beforeAll(async () => {
    upstream = await stage.upstream(() => {});
    key = await stage.key([upstream.connection], { ...EVERYTHING, policy: "everything-datacenter" });
  });

  it("refuses an answer that is too large to be looked into, and says what to ask for instead", async () => {
    answerWith(200, JSON_TYPE, JSON.stringify({ id: "1", more: "x".repeat(300_000) }));
    const answer = await ask();
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({
      code: "answer_too_large",
      fix: expect.stringContaining("maxResults"),
    });
  });

  it.each([
    ["a page", { "content-type": "text/html" }, "<p>alana</p>"],
    ["JSON that is none", JSON_TYPE, '{"id": "1'],
    ["packed bytes", { ...JSON_TYPE, "content-encoding": "gzip" }, gzipSync('{"id":"1"}')],
    ["a file", { "content-type": "application/octet-stream" }, '{"id":"1"}'],
  ])("refuses %s", async (_name, headers, body) => {
    answerWith(200, headers, body);
    const answer = await ask();
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([403, "policy_denied"]);
  });

  it("keeps the status of a refusal that is a page, and none of its words", async () => {
    answerWith(403, { "content-type": "text/html" }, "<p>alana may not</p>");
    const answer = await ask();
    expect(answer.status).toBe(403);
    expect(await answer.text()).not.toContain("alana");
  });

  it("does not call a write refused that was done", async () => {
    answerWith(201, { "content-type": "text/plain" }, "made by alana");
    const answer = await ask(json({ body: "x" }), "/rest/api/2/issue/JJ-2/comment");
    expect([answer.status, await answer.text()]).toEqual([201, ""]);
  });

  it("sends no condition and no range, and answers HEAD with no length of Jira's", async () => {
    const seen: string[] = [];
    upstream.handle = (request, response) => {
      if (request.url?.endsWith("/field")) return void response.writeHead(200, JSON_TYPE).end("[]");
      seen.push(...Object.keys(request.headers));
      response.writeHead(200, { ...JSON_TYPE, etag: '"1"', "content-length": "10" }).end('{"id":"1"}');
    };
    const headers = { "if-none-match": '"1"', range: "bytes=0-1", accept: "text/html" };
    expect((await ask({ headers })).status).toBe(200);
    const head = await ask({ method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), head.headers.get("etag")]).toEqual([
      200,
      null,
      null,
    ]);
    expect(seen).not.toContain("if-none-match");
    expect(seen).not.toContain("range");
    const refused = await ask(
      { ...json({ body: "x" }), headers: { ...JSON_TYPE, "if-match": '"1"' } },
      "/rest/api/2/issue/JJ-2/comment",
    );
    expect(refused.status).toBe(403);
  });

  it("leaves out what is deeper than any answer of Jira", async () => {
    answerWith(
      200,
      JSON_TYPE,
      `{"id":"1","fields":{"parent":${'{"fields":{"parent":'.repeat(5000)}1${"}}".repeat(5000)}}}`,
    );
    const answer = await ask();
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ id: "1" });
  });
});

describe("links of Jira to itself", () => {
  it("lead through the proxy where the handle asks for it, and stay in the site's texts", async () => {
    const connection = connections.get("cloud")!;
    const key = await stage.key([connection], { ...EVERYTHING, rewrite_links: true });
    const answer = (await (await call("node", "cloud", "/rest/api/3/issue/JJ-2", key)).json()) as {
      self: string;
    };
    expect(answer.self).toMatch(
      new RegExp(`^${stage.skins.node}/jira/${connection.id}/rest/api/(3|latest)/issue/\\d+$`),
    );
    expect((await fetch(answer.self, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
    const form = new FormData();
    form.set("file", new Blob(["plain words"], { type: "text/plain" }), "words.txt");
    const upload = { method: "POST", body: form };
    const added = await call("node", "cloud", "/rest/api/3/issue/JJ-2/attachments", key, upload);
    const [file] = (await added.json()) as { id: string; self: string }[];
    expect(file!.self).toContain(`/jira/${connection.id}/rest/`);
    const content = await call(
      "node",
      "cloud",
      `/rest/api/3/attachment/content/${file!.id}?redirect=false`,
      key,
    );
    expect(await content.text()).toBe("plain words");
    const desk = connections.get("datacenter-oauth2")!;
    const other = await stage.key([desk], {
      ...EVERYTHING,
      path_prefixes: ["/rest/servicedeskapi"],
      rewrite_links: true,
    });
    const desks = await call("node", "datacenter-oauth2", "/rest/servicedeskapi/servicedesk", other);
    const { values } = (await desks.json()) as { values: { _links: { self: string } }[] };
    expect(values[0]!._links.self).toContain(`/jira/${desk.id}/rest/`);
  });
});
