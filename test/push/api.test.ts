/** Pushes over the API: what a handle may push, and what it is shown. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { HandleLimitsInput } from "../../src/handles/index.ts";
import { EVERYTHING } from "../gateway/proxy-stage.ts";
import type { Any } from "../sandbox/rest-client.ts";
import { type Ground, idea, OWNER, openGround } from "./stage.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.close());

type Answer = { readonly status: number; readonly json: Any };
const cloud = () => ground.connections.cloud;
const keyWith = (limits: HandleLimitsInput = {}) =>
  ground.stage.key([cloud()], { ...EVERYTHING, api: "manage", ...limits });

async function api(key: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await fetch(`${ground.stage.skins.web}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body ? { "content-type": "application/json" } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: answer.status, json: (await answer.json()) as Answer["json"] };
}

it("makes issues of one idea or of several, and answers for each", async () => {
  const key = await keyWith();
  const one = await api(key, "POST", "/pushes", { connection_id: cloud().id, idea: idea("one") });
  expect(one).toMatchObject({ status: 200, json: { results: [{ idea_id: "one", outcome: "created" }] } });
  const several = [idea("two"), idea("three", { issueType: "Nothing" }), { id: "four" }, idea("one")];
  const { json } = await api(key, "POST", "/pushes", { connection_id: cloud().id, ideas: several });
  expect(json.results).toMatchObject([
    { idea_id: "two", outcome: "created", link: { issue_key: expect.stringMatching(/^JJ-/) } },
    {
      idea_id: "three",
      outcome: "refused",
      error: { code: "push_refused", fields: [{ field: "issueType" }] },
    },
    {
      idea_id: "four",
      outcome: "refused",
      error: { fields: expect.arrayContaining([{ field: "title", problem: expect.any(String) }]) },
    },
    { idea_id: "one", outcome: "unchanged" },
  ]);
  const links = await api(key, "GET", `/links?connection_id=${cloud().id}&limit=1`);
  expect(links.json.links).toHaveLength(1);
  const [link] = links.json.links;
  expect(await api(key, "GET", `/links/${link.id}`)).toMatchObject({
    status: 200,
    json: { id: link.id, summary: link.summary },
  });
  expect(await api(key, "POST", `/links/${link.id}/refresh`)).toMatchObject({
    status: 200,
    json: { changed: false },
  });
});

it("refuses what is not well formed, and writes nothing in a dry run", async () => {
  const key = await keyWith();
  const { id: connection_id } = cloud();
  for (const body of [
    { connection_id },
    { connection_id, idea: idea("x"), ideas: [idea("y")] },
    { connection_id, ideas: [] },
    { connection_id, ideas: Array.from({ length: 101 }, (_, at) => idea(`n${at}`)) },
    { connection_id, idea: idea("x"), on_conflict: "mine" },
    { connection_id, idea: "text" },
    { idea: idea("x") },
  ]) {
    expect(await api(key, "POST", "/pushes", body), JSON.stringify(body).slice(0, 90)).toMatchObject({
      status: 400,
    });
  }
  const dry = await api(key, "POST", "/pushes", { connection_id, idea: idea("dry"), dry_run: true });
  expect(dry.json.results).toMatchObject([
    { outcome: "would_create", calls: [{ method: "POST" }, { method: "POST" }] },
  ]);
  expect((await api(key, "GET", "/links?idea_id=dry")).json).toEqual({ links: [] });
});

it("holds to the limits of the handle", async () => {
  const { id: connection_id } = cloud();
  const push = async (limits: HandleLimitsInput, one = idea("limits")) =>
    await api(await keyWith(limits), "POST", "/pushes", { connection_id, idea: one });
  expect(await push({ api: "read" })).toMatchObject({ status: 403 });
  expect(await push({ methods: ["GET", "POST"] })).toMatchObject({ status: 403 });
  expect(await push({ path_prefixes: ["/rest/agile/"] })).toMatchObject({ status: 403 });
  const projects = await Array.fromAsync((await ground.jira(cloud())).projects());
  const other = String(projects.find((project) => project.key !== "JJ")?.key);
  expect(await push({ projects: [other] })).toMatchObject({
    status: 200,
    json: { results: [{ outcome: "refused", error: { code: "forbidden", fields: [{ field: "project" }] } }] },
  });
  expect(await push({ projects: ["JJ"] })).toMatchObject({ json: { results: [{ outcome: "created" }] } });
  const foreign = await ground.stage.key([ground.connections.datacenter], { ...EVERYTHING, api: "manage" });
  expect(await api(foreign, "POST", "/pushes", { connection_id, idea: idea("x") })).toMatchObject({
    status: 404,
  });
  expect((await api(foreign, "GET", "/links")).json).toEqual({ links: [] });
  const [link] = await ground.push.links.list(OWNER, { connection_id });
  expect(await api(foreign, "GET", `/links/${link!.id}`)).toMatchObject({ status: 404 });
});

it("shows no text and no person to a handle that has no policy raw", async () => {
  const [link] = await ground.push.links.list(OWNER, { connection_id: cloud().id });
  expect(link).toHaveProperty("summary");
  const { policy: _, ...without } = EVERYTHING;
  const key = await ground.stage.key([cloud()], { ...without, api: "manage" });
  const { json } = await api(key, "GET", `/links/${link!.id}`);
  expect(json).toMatchObject({ id: link!.id, status: link!.status, issue_key: link!.issue_key });
  expect(Object.keys(json)).not.toEqual(expect.arrayContaining(["summary"]));
  expect(await api(key, "POST", "/pushes", { connection_id: cloud().id, idea: idea("x") })).toMatchObject({
    status: 403,
    json: { code: "policy_denied" },
  });
});
