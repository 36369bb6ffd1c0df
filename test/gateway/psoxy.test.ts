/** Psoxy's addresses, seen from a caller of Psoxy: real HTTP, real rule files, the sandbox as Jira. */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../../src/vault/index.ts";
import type { Stage, Upstream } from "./proxy-stage.ts";
import { EXAMPLES, openPsoxyStage, type PsoxyStage, SALT } from "./psoxy-stage.ts";

let opened: PsoxyStage;
let stage: Stage;
let cloud: Connection;
let datacenter: Connection;
let upstream: Upstream;
let key: PsoxyStage["key"];

const as = (connection: Connection, policy = "psoxy:jira") =>
  key([connection], { policy, methods: ["GET", "HEAD"] });
const get = (path: string, bearer: string, headers: Record<string, string> = {}) =>
  fetch(`${stage.skins.node}/psoxy/${path}`, { headers: { authorization: `Bearer ${bearer}`, ...headers } });
const token = (value: string) =>
  `t~${createHash("sha256")
    .update(value + SALT)
    .digest("base64url")}`;

beforeAll(async () => {
  opened = await openPsoxyStage();
  ({ stage, cloud, datacenter, upstream, key } = opened);
}, 30_000);
afterAll(() => opened?.close());

describe("a caller of Psoxy for Jira Cloud", () => {
  test("searches by time and gets tokens of people, made with the salt, and nothing that names them", async () => {
    const path = `jira/ex/jira/${cloud.site.id}/rest/api/3/search/jql`;
    const query = `jql=${encodeURIComponent('created >= "2000-01-01" and project = JJ order by created')}&fields=*all`;
    const answer = await get(`${path}?${query}`, await as(cloud));
    expect(answer.status).toBe(200);
    const text = await answer.text();
    const { issues } = JSON.parse(text) as { issues: { key: string; fields: Record<string, unknown> }[] };
    const { fields } = (await raw("/rest/api/3/issue/JJ-2")) as {
      fields: { reporter: Record<string, string> };
    };
    const { accountId = "", displayName = "" } = fields.reporter;
    const ours = issues.find((issue) => issue.key === "JJ-2")!.fields;
    expect(ours.reporter).toMatchObject({ accountId: token(accountId) });
    expect(ours.updated).toMatch(/^\d{4}-\d\d-\d\dT/);
    for (const name of [accountId, displayName, "summary", "description", "avatarUrls"])
      expect(text).not.toContain(name);
    const sha = createHash("sha1")
      .update(readFileSync(join(EXAMPLES, "rules/jira-cloud.yaml")))
      .digest("hex");
    expect(answer.headers.get("x-psoxy-rules-sha")).toBe(sha);
    expect(answer.headers.get("x-psoxy-pii-salt-sha256")).toMatch(/^[A-Za-z0-9_.]{43}$/);
    expect(answer.headers.get("x-psoxy-error")).toBeNull();
  });

  async function raw(path: string): Promise<unknown> {
    const bearer = await stage.key([cloud]);
    const answer = await fetch(`${stage.skins.node}/jira/${cloud.id}${path}`, {
      headers: { authorization: `Bearer ${bearer}` },
    });
    return answer.json();
  }

  test("finds its sites, and of them only the handle's", async () => {
    const answer = await get("jira/oauth/token/accessible-resources", await as(cloud));
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual([{ id: cloud.site.id, url: cloud.site.url }]);
  });

  test.each([
    ["a cloud id of nobody's", "ex/jira/00000000-0000-0000-0000-000000000000/rest/api/3/users"],
    ["a path the rules do not name", "ex/jira/CLOUD/rest/api/3/myself"],
    ["a parameter the rules do not name", "ex/jira/CLOUD/rest/api/3/users?expand=groups"],
    ["a query that names a person", "ex/jira/CLOUD/rest/api/3/search/jql?jql=assignee%20%3D%20alana"],
    ["an encoded slash", "ex/jira/CLOUD/rest/api/3/issue/..%2F..%2Fmyself"],
    ["a parameter that carries a credential", "ex/jira/CLOUD/rest/api/3/users?access_token=x"],
    ["what never passes", "ex/jira/CLOUD/rest/auth/1/session"],
    ["no site", "rest/api/3/users"],
  ])("is refused %s, in Psoxy's words and in ours", async (_, path) => {
    const answer = await get(`jira/${path.replace("CLOUD", cloud.site.id)}`, await as(cloud));
    expect([answer.status, answer.headers.get("x-psoxy-error")]).toEqual([403, "BLOCKED_BY_RULES"]);
    expect(await answer.json()).toMatchObject({
      status: 403,
      code: expect.stringMatching(/denied|refused|forbidden/),
    });
  });

  test("writes nothing, whatever the handle may do elsewhere", async () => {
    const bearer = await key([cloud], { policy: "psoxy:jira", methods: ["GET", "POST", "DELETE"] });
    const address = `${stage.skins.node}/psoxy/jira/ex/jira/${cloud.site.id}/rest/api/3/issue/JJ-2`;
    const answer = await fetch(address, { method: "DELETE", headers: { authorization: `Bearer ${bearer}` } });
    expect([answer.status, answer.headers.get("x-psoxy-error")]).toEqual([403, "BLOCKED_BY_RULES"]);
  });

  test("through a handle for one project reads that project's issues and no other's", async () => {
    const only = (name: string) => key([cloud], { policy: "psoxy:jira", projects: [name] });
    const path = `jira/ex/jira/${cloud.site.id}/rest/api/3/issue/JJ-2`;
    const inside = await get(path, await only("JJ"));
    expect([inside.status, ((await inside.json()) as { key: string }).key]).toEqual([200, "JJ-2"]);
    const outside = await get(path, await only("HELP"));
    expect([outside.status, outside.headers.get("x-psoxy-error")]).toEqual([403, "BLOCKED_BY_RULES"]);
  });

  test("is told of Jira's own refusals by status, without Jira's words about what was asked", async () => {
    const path = `jira/ex/jira/${cloud.site.id}/rest/api/3/issue/NOBODY-1`;
    const answer = await get(path, await as(cloud));
    expect([answer.status, answer.headers.get("x-psoxy-error")]).toEqual([404, "API_ERROR"]);
    expect(Object.keys((await answer.json()) as object).sort()).toEqual(["errorMessages", "errors"]);
  });

  test("control headers: another target, no body, a handle beside the cloud's own identity, none that unmasks", async () => {
    const bearer = await as(cloud);
    const target = `/ex/jira/${cloud.site.id}/rest/api/3/users`;
    const elsewhere = await get("jira/", bearer, {
      "x-psoxy-targetpath": target,
      "x-psoxy-targetquery": "maxResults=1",
    });
    expect(elsewhere.status).toBe(200);
    expect(await elsewhere.json()).toHaveLength(1);
    const silent = await get(`jira${target}`, bearer, { "x-psoxy-no-response-body": "true" });
    expect([silent.status, await silent.text()]).toEqual([200, ""]);
    const aside = await fetch(`${stage.skins.node}/psoxy/jira${target}`, {
      headers: { authorization: "AWS4-HMAC-SHA256 of another", "x-psoxy-authorization": `Bearer ${bearer}` },
    });
    expect(aside.status).toBe(200);
    const unmasked = await get(`jira${target}`, bearer, { "x-psoxy-skip-sanitizer": "true" });
    expect(unmasked.headers.get("x-psoxy-warning")).toMatch(/not followed/);
    expect(await unmasked.text()).not.toMatch(/displayName/);
    for (const [name, value] of [
      ["x-psoxy-pseudonym-implementation", "v0.3"],
      ["x-psoxy-user-to-impersonate", "alana"],
      ["x-psoxy-targetpath", "/has a blank"],
      ["x-psoxy-targetquery", "a=b#c"],
    ] as const) {
      const refused = await get(`jira${target}`, bearer, { [name]: value });
      expect([name, refused.status, refused.headers.get("x-psoxy-error")]).toEqual([
        name,
        400,
        "INVALID_REQUEST",
      ]);
    }
  });

  test("without a handle, or with one for something else, learns nothing", async () => {
    const path = `jira/ex/jira/${cloud.site.id}/rest/api/3/users`;
    const bare = await fetch(`${stage.skins.node}/psoxy/${path}`);
    expect([bare.status, bare.headers.get("x-psoxy-rules-sha")]).toEqual([401, null]);
    for (const [bearer, instance] of [
      [await stage.key([cloud]), "jira"],
      [await as(cloud), "dc"],
      [await as(cloud), "unknown"],
    ]) {
      const answer = await get(path.replace("jira/", `${instance}/`), bearer!);
      expect([answer.status, answer.headers.get("x-psoxy-rules-sha")]).toEqual([403, null]);
    }
    const astray = await fetch(`${stage.skins.node}/jira/${cloud.id}/rest/api/3/myself`, {
      headers: { authorization: `Bearer ${await as(cloud)}` },
    });
    expect(astray.status).toBe(403);
  });

  test("the health check tries the token and the rules, and says when somebody must consent again", async () => {
    const well = await get("jira/", await as(cloud), { "x-psoxy-health-check": "" });
    expect(well.status).toBe(200);
    const body = (await well.json()) as { connections: Record<string, string>[]; saltSha256Hash: string };
    expect(body).toMatchObject({
      configuredSource: "jira-cloud",
      pseudonymImplementation: "v0.4",
      nonDefaultSalt: true,
    });
    expect(body.saltSha256Hash).toBe(well.headers.get("x-psoxy-pii-salt-sha256"));
    expect(body.connections[0]).toMatchObject({
      token: "works",
      rules: "work on /rest/api/3/project/search",
    });
    expect(Date.parse(body.connections[0]!.reconsentBy!)).toBe(cloud.absolute_expires_at);
    const lonely = await get("jira/", await key([], { policy: "psoxy:jira" }), {
      "x-psoxy-health-check": "",
    });
    expect(lonely.status).toBe(412);
  });

  test("a handle for an instance of the other kind of Jira is not made", async () => {
    await expect(as(cloud, "psoxy:dc")).rejects.toMatchObject({ code: "bad_request" });
    await expect(as(cloud, "psoxy:nobody")).rejects.toMatchObject({ code: "bad_request" });
  });
});

describe("a caller of Psoxy for Data Center", () => {
  test("reads an issue by paths below the site, with assignee and reporter as tokens", async () => {
    const answer = await get("dc/rest/api/2/issue/JJ-2", await as(datacenter, "psoxy:dc"));
    expect(answer.status).toBe(200);
    const { key: issue, fields } = (await answer.json()) as {
      key: string;
      fields: Record<string, { key: string }>;
    };
    expect(issue).toBe("JJ-2");
    expect(fields.reporter!.key).toMatch(/^t~[A-Za-z0-9_-]{43}$/);
    expect(JSON.stringify(fields)).not.toMatch(/alana|admin|JIRAUSER/i);
  });

  test("hands reversible tokens back, and the value behind them is what Jira is asked for", async () => {
    const seen: string[] = [];
    upstream.handle = (request, response) => {
      seen.push(request.url!);
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ id: "10 0/1", self: "https://x", user: "a&b=c" }));
    };
    const bearer = await as(upstream.connection, "psoxy:back");
    const first = (await (await get("back/rest/api/2/issue/1", bearer)).json()) as { id: string };
    expect(first).toMatchObject({ id: expect.stringMatching(/^p~/) });
    expect(first).not.toHaveProperty("self");
    // A slash in what stands behind a token would make another path: it is refused, not sent.
    const crooked = await get(`back/rest/api/2/issue/${first.id}`, bearer);
    expect([crooked.status, crooked.headers.get("x-psoxy-error")]).toEqual([403, "BLOCKED_BY_RULES"]);
    const wide = await key([upstream.connection], { policy: "psoxy:back", path_prefixes: ["/"] });
    const { user } = (await (await get("back/rest/x/thing", wide)).json()) as { user: string };
    const again = await get(`back/rest/x/thing?user=${user}`, wide);
    expect([again.status, again.headers.get("x-psoxy-error")]).toEqual([200, null]);
    expect(seen.at(-1)).toBe("/jira/rest/x/thing?user=a%26b%3Dc");
    const forged = `p~${randomBytes(64).toString("base64url")}`;
    const refused = await get(`back/rest/x/thing?user=${forged}`, wide);
    expect([refused.status, refused.headers.get("x-psoxy-error")]).toEqual([
      409,
      "TOKENIZED_REQUEST_PARAMETER_INVALID",
    ]);
  });

  test.each([
    ["nested more deeply than Jira answers", `${"[".repeat(5000)}${"]".repeat(5000)}`, 500, "UNKNOWN"],
    ["with a thing where the rules expect a value", '{"user":{"name":"alana"}}', 500, "UNKNOWN"],
    ["that is not JSON", "<html>alana</html>", 403, "BLOCKED_BY_RULES"],
  ])("gets nothing of an answer %s", async (_, text, status, word) => {
    upstream.handle = (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(text);
    };
    const bearer = await key([upstream.connection], { policy: "psoxy:back", path_prefixes: ["/"] });
    const answer = await get("back/rest/x/thing", bearer);
    expect([answer.status, answer.headers.get("x-psoxy-error")]).toEqual([status, word]);
    const body = (await answer.json()) as { code: string };
    expect(body.code).toBe("policy_denied");
    expect(JSON.stringify(body)).not.toContain("alana");
  });

  test("gets of Jira's refusals no word that quotes what was asked", async () => {
    const said = "The value 'alana' does not exist for the field 'reporter'.";
    upstream.handle = (_, response) => {
      response.writeHead(400, { "content-type": "application/json" });
      response.end(
        JSON.stringify({ errorMessages: [said], errors: { alana: said, summary: said }, more: said }),
      );
    };
    const answer = await get("back/rest/api/2/issue/1", await as(upstream.connection, "psoxy:back"));
    expect([answer.status, answer.headers.get("x-psoxy-error")]).toEqual([400, "API_ERROR"]);
    const text = await answer.text();
    expect(text).toMatch(/Withheld/);
    expect(text.replaceAll("alana", "")).toBe(text);
  });

  test("a token that Jira refuses is the connection's trouble, and a Jira that is gone the source's", async () => {
    upstream.handle = (request) => request.socket.destroy();
    const gone = await get("back/rest/api/2/issue/1", await as(upstream.connection, "psoxy:back"));
    expect([gone.status, gone.headers.get("x-psoxy-error")]).toEqual([503, "CONNECTION_TO_SOURCE"]);
    upstream.handle = (_, response) => response.writeHead(401).end();
    const refused = await get("back/rest/api/2/issue/1", await as(upstream.connection, "psoxy:back"));
    expect([refused.status, refused.headers.get("x-psoxy-error")]).toEqual([500, "CONNECTION_SETUP"]);
  });
});
