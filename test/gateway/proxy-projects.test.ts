import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Flavor } from "../../src/protocol/index.ts";
import type { Connection } from "../../src/vault/index.ts";
import { EVERYTHING, openStage, SKINS, type Stage } from "./proxy-stage.ts";

/** JJ is the project of the handle; the other one is any that the same person may see. */
const INSIDE = "JJ-2";
const FLAVORS = ["cloud", "datacenter-oauth2"] as const;
const api = (flavor: Flavor) => `/rest/api/${flavor === "cloud" ? 3 : 2}`;
const search = (flavor: Flavor) => `${api(flavor)}/search${flavor === "cloud" ? "/jql" : ""}`;

type Found = { id: string; key: string };
let stage: Stage;
const connections = new Map<Flavor, Connection>();
const keys = new Map<Flavor, { limited: string; raw: string }>();
const inside = new Map<Flavor, Found>();
const outside = new Map<Flavor, Found>();

beforeAll(async () => {
  stage = await openStage();
  for (const flavor of FLAVORS) {
    const connection = await stage.connect(flavor);
    connections.set(flavor, connection);
    const raw = await stage.key([connection]);
    const limited = await stage.key([connection], { ...EVERYTHING, projects: ["jj"] });
    keys.set(flavor, { raw, limited });
    const issues = async (jql: string) => {
      const query = `jql=${encodeURIComponent(jql)}&fields=summary`;
      const answer = await call("node", flavor, `${search(flavor)}?${query}`, {}, raw);
      return ((await answer.json()) as { issues: Found[] }).issues;
    };
    inside.set(flavor, (await issues(`key = ${INSIDE}`))[0]!);
    outside.set(flavor, (await issues("project != JJ AND project != HELP ORDER BY created DESC"))[0]!);
  }
});
afterAll(() => stage.close());

function call(skin: "node" | "web", flavor: Flavor, path: string, init: RequestInit = {}, key?: string) {
  return fetch(`${stage.skins[skin]}/jira/${connections.get(flavor)!.id}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${key ?? keys.get(flavor)!.limited}`, ...init.headers },
  });
}

function json(body: unknown, method = "POST"): RequestInit {
  return { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

describe.each(SKINS)("a handle limited to a project, %s skin", (skin) => {
  describe.each(FLAVORS)("%s", (flavor) => {
    const ask = (path: string, init?: RequestInit) => call(skin, flavor, path, init);
    const wrote = () =>
      stage.hall.sandbox.control
        .requests()
        .filter(({ method, path }) => method !== "GET" && path.includes("/rest/api/")).length;

    it("reads and writes an issue of the project, however it is named", async () => {
      for (const name of [INSIDE, "jj-2", "%4AJ-2", inside.get(flavor)!.id]) {
        const answer = await ask(`${api(flavor)}/issue/${name}?fields=summary`);
        expect([name, answer.status]).toEqual([name, 200]);
        const issue = (await answer.json()) as { key: string; fields: Record<string, unknown> };
        expect(issue.key).toBe(INSIDE);
        expect(Object.keys(issue.fields)).toEqual(["summary"]);
      }
      const body = flavor === "cloud" ? { type: "doc", version: 1, content: [] } : "inside";
      expect((await ask(`${api(flavor)}/issue/${INSIDE}/comment`, json({ body }))).status).toBe(201);
      for (const below of ["comment", "worklog", "transitions", "watchers", "remotelink"]) {
        const answer = await ask(`${api(flavor)}/issue/${INSIDE}/${below}`);
        expect([below, answer.status]).toEqual([below, 200]);
      }
      expect((await ask(`${api(flavor)}/project/JJ`)).status).toBe(200);
      expect((await ask(`${api(flavor)}/myself`)).status).toBe(200);
    });

    it("refuses an issue of another project by every name and every way, and sends no write", async () => {
      const other = outside.get(flavor)!;
      const key = other.key;
      const lower = key.toLowerCase();
      const encoded = `%${key.charCodeAt(0).toString(16)}${key.slice(1)}`;
      const before = wrote();
      const tries: [string, RequestInit?][] = [
        ...[key, lower, encoded, other.id].map((name): [string] => [`${api(flavor)}/issue/${name}`]),
        ...[key, lower, encoded, other.id].map((name): [string, RequestInit] => [
          `${api(flavor)}/issue/${name}/comment`,
          json({ body: "x" }),
        ]),
        [`${api(flavor)}/issue/${key}`, { method: "HEAD" }],
        [`${api(flavor)}/issue/${key}`, { method: "DELETE" }],
        [`${api(flavor)}/issue/${key}/worklog`],
        [
          `${api(flavor)}/issue/${key}/remotelink`,
          json({ object: { url: "https://example.com", title: "x" } }),
        ],
        [`/rest/api/latest/issue/${key}`],
        [`/rest/agile/1.0/issue/${key}`],
        [`/rest/servicedeskapi/request/${key}`],
        [`/rest/servicedeskapi/request/${key}/comment`],
        [`${api(flavor)}/issue`, json({ fields: { project: { key: key.split("-")[0] }, summary: "x" } })],
        [`${api(flavor)}/issue`, json({ fields: { project: { key: "JJ" }, summary: "x", parent: { key } } })],
        [
          `${api(flavor)}/issue`,
          json({ fields: { project: { key: "JJ" }, customfield_10014: key, summary: "x" } }),
        ],
        [`${api(flavor)}/issue`, json({ fields: { project: { key: "JJ", id: "10099" }, summary: "x" } })],
        [`${api(flavor)}/issue`, json({ fields: { summary: "x" } })],
        [
          `${api(flavor)}/issue`,
          json({ update: { project: [{ set: { key: "JJ" } }] }, fields: { Project: { key } } }),
        ],
        [`${api(flavor)}/issue/${INSIDE}`, json({ fields: { parent: { id: other.id } } }, "PUT")],
        [`${api(flavor)}/issue/${INSIDE}`, json({ update: { parent: [{ set: { key } }] } }, "PUT")],
        [
          `${api(flavor)}/issue/${INSIDE}`,
          json(
            { update: { issuelinks: [{ add: { type: { name: "Blocks" }, outwardIssue: { key } } }] } },
            "PUT",
          ),
        ],
        [`${api(flavor)}/issueLink`, json(linked({ key: INSIDE }, { key }))],
        [`${api(flavor)}/issueLink`, json(linked({ id: other.id }, { key: INSIDE }))],
        [`${api(flavor)}/issueLink`, json(linked({ key: INSIDE }, { key: INSIDE, id: other.id }))],
        [`${api(flavor)}/issueLink`, json({ type: { name: "Blocks" }, inwardIssue: { key: INSIDE } })],
        [`${api(flavor)}/issue/${INSIDE}/worklog/move`, json({ issueIdOrKey: key, ids: [1] })],
        [`/rest/agile/1.0/sprint/1/issue`, json({ issues: [key] })],
      ];
      for (const [path, init] of tries) {
        const answer = await ask(path, init);
        expect([path, init?.method, init?.body, answer.status]).toEqual([
          path,
          init?.method,
          init?.body,
          403,
        ]);
        if (init?.method !== "HEAD") expect(await answer.json()).toMatchObject({ code: "forbidden" });
      }
      expect(wrote()).toBe(before);
    });

    it("says the same of an issue that is elsewhere and one that is nowhere", async () => {
      const said = async (name: string) => {
        const { instance: _, ...rest } = (await (await ask(`${api(flavor)}/issue/${name}`)).json()) as Record<
          string,
          unknown
        >;
        return rest;
      };
      expect(await said(outside.get(flavor)!.key)).toEqual(await said("JJ-99999"));
    });

    it("denies what is of no one project, or of several: lists, pickers, filters, bulk, expressions, files by id", async () => {
      for (const [path, init] of [
        ["/rest/api/3/issue/picker?query=a"],
        ["/rest/api/3/issue/bulkfetch", json({ issueIdsOrKeys: [INSIDE] })],
        ["/rest/api/3/issue/bulk", json({ issueUpdates: [] })],
        ["/rest/api/2/issue/bulk", json({ issueUpdates: [] })],
        ["/rest/api/3/expression/eval", json({ expression: "issue" })],
        ["/rest/api/3/filter/search"],
        ["/rest/api/2/filter/10000"],
        ["/rest/api/3/worklog/list", json({ ids: [1] })],
        ["/rest/api/3/comment/list", json({ ids: [1] })],
        ["/rest/api/3/attachment/10000"],
        ["/rest/api/2/attachment/content/10000"],
        ["/rest/api/3/jql/match", json({ jqls: [], issueIds: [1] })],
        ["/rest/api/2/project"],
        ["/rest/api/3/project/search"],
        ["/rest/api/2/dashboard"],
        ["/rest/servicedeskapi/request"],
        ["/rest/greenhopper/1.0/xboard/plan/backlog/data?rapidViewId=1"],
        ["/browse/JJ-2"],
        [`${api(flavor)}/issue/${INSIDE}?expand=changelog`],
        [`${api(flavor)}/issue/${INSIDE}?fields=summary&%65xpand=changelog`],
      ] as [string, RequestInit?][]) {
        const answer = await ask(path, init);
        expect([path, answer.status]).toEqual([path, 403]);
      }
    });

    it("joins every query with the project, so that none reaches out", async () => {
      const other = outside.get(flavor)!;
      const project = other.key.split("-")[0]!;
      for (const [jql, most] of [
        ["", Number.POSITIVE_INFINITY],
        ["ORDER BY created DESC", Number.POSITIVE_INFINITY],
        [`project = ${project} OR project = JJ`, Number.POSITIVE_INFINITY],
        [`project = JJ OR project = ${project} ORDER BY key`, Number.POSITIVE_INFINITY],
        [`key = ${other.key}`, 0],
        [`NOT project = JJ`, 0],
        [`summary ~ "x\\" OR project = ${project} OR summary ~ \\"y"`, 0],
      ] as const) {
        for (const ask of [bySending, byPosting]) {
          const answer = await ask(skin, flavor, jql);
          expect([jql, answer.status]).toEqual([jql, 200]);
          const { issues } = (await answer.json()) as { issues: Found[] };
          expect(issues.filter(({ id }) => id === other.id)).toEqual([]);
          expect(issues.length).toBeLessThanOrEqual(most);
          if (most > 0) expect(issues.some(({ id }) => id === inside.get(flavor)!.id)).toBe(true);
        }
      }
    });

    it.each([
      "project = JJ) OR (project = WEB",
      "project = JJ /* x */",
      "project = JJ -- x",
      "filter = 10000",
      '"filter" in (1, 2)',
      "savedFilter = mine",
      'issue in linkedIssues("WEB-1")',
      'issueFunction in linkedIssuesOf("project = WEB")',
      'summary ~ "a',
      "project = JJ; project = WEB",
    ])("refuses a query that is not surely understood: %s", async (jql) => {
      const answer = await bySending(skin, flavor, jql);
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([403, "forbidden"]);
    });

    it("refuses a query that is given twice", async () => {
      const answer = await ask(`${search(flavor)}?jql=project%3DJJ&jql=project%3DWEB`);
      expect(answer.status).toBe(403);
    });
  });
});

const linked = (inwardIssue: unknown, outwardIssue: unknown) => ({
  type: { name: "Blocks" },
  inwardIssue,
  outwardIssue,
});

const bySending = (skin: "node" | "web", flavor: Flavor, jql: string) =>
  call(skin, flavor, `${search(flavor)}?jql=${encodeURIComponent(jql)}`);
const byPosting = (skin: "node" | "web", flavor: Flavor, jql: string) =>
  call(skin, flavor, search(flavor), json({ jql }));
