import { randomBytes } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createExports, type Exports, type ExportsParts } from "../../src/export/index.ts";
import { createGateway } from "../../src/gateway/index.ts";
import { createPolicies, type HandleLimitsInput, type HandleView } from "../../src/handles/index.ts";
import { exporting } from "../../src/jobs/exports.ts";
import { runPieces } from "../../src/jobs/pieces.ts";
import type { Browser } from "../connect/browser.ts";
import { type House, jiraFor, newBrowser, openHouse, walk } from "./house.ts";

const FLOW = {
  ...{ latchkey_policy: 1, name: "Flow", flavor: "cloud" },
  endpoints: [
    {
      path: "/rest/api/3/search/jql",
      query: { jql: "jql" },
      answer: ["issues.id", "issues.key", "issues.fields.status.name", "issues.fields.updated"],
    },
  ],
};
const LEAN = ["remotelinks", "sprints", "projects", "changelog", "worklogs"];

let house: House;
let exports: Exports;
let parts: ExportsParts;
let browser: Browser;
let connection_id = "";
let manage = "";
/** Held back while a test looks at one that runs. */
let gate: Promise<void> = Promise.resolve();

beforeAll(async () => {
  const late: { exports?: Exports } = {};
  const through = new Proxy({} as Exports, {
    get: (_, name) => Reflect.get(late.exports!, name) as unknown,
  });
  house = await openHouse({ flavors: ["cloud"], parts: { exports: through } });
  const client = (owner: string, id: string) => jiraFor(house.hall, house.recorder, owner, id);
  const named = [{ name: "flow", document: FLOW }];
  const reader = (one: { owner: string; id: string }) => client(one.owner, one.id);
  parts = {
    ...house.hall,
    random: randomBytes,
    folder: join(house.hall.folder, "exports"),
    jiraFor: async (owner, id) => {
      await gate;
      return await client(owner, id);
    },
    policies: createPolicies({ ...house.hall, random: randomBytes, named, reader }),
  };
  restart = () => {
    exports = createExports(parts);
    late.exports = exports;
  };
  restart();
  browser = newBrowser();
  connection_id = /con_\w+/.exec((await walk(house, browser, "cloud")).url)?.[0] ?? "";
  manage = await key({ policy: "raw", api: "manage", path_prefixes: ["/rest/"] });
});
afterAll(async () => {
  await exports.close();
  await house.close();
});
let restart: () => void;

async function key(limits: HandleLimitsInput): Promise<string> {
  const asked = { owner: "local", name: "exports", connection_ids: [connection_id], limits };
  return (await house.handles.create(asked)).key.reveal();
}

async function api(method: string, path: string, body?: unknown, as = manage): Promise<Response> {
  return await fetch(`${house.url}/api/v1/exports${path}`, {
    method,
    headers: { authorization: `Bearer ${as}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

type View = {
  state: string;
  files: { name: string; rows: number; sha256: string }[];
  error?: { code: string };
};
const shown = async (id: string) => (await (await api("GET", `/${id}`)).json()) as View;
const work = () => runPieces(exporting({ exports }), house.hall.log, AbortSignal.timeout(20_000));
const asked = (change: object = {}) => ({
  ...{ connection_id, projects: ["JJ"], format: "jsonl", without: LEAN },
  ...change,
});
async function begun(change: object = {}): Promise<string> {
  const answer = await api("POST", "", asked(change));
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { id: string }).id;
}
async function made(change: object = {}): Promise<string> {
  const id = await begun(change);
  await work();
  await exports.settled();
  return id;
}

describe("an export over the API", () => {
  it("is answered at once, made by the job, and handed out as files to be saved", async () => {
    const answer = await api("POST", "", asked());
    const { id, url } = (await answer.json()) as { id: string; url: string };
    expect([answer.status, url]).toEqual([202, `${house.url}/api/v1/exports/${id}`]);
    expect(await shown(id)).toMatchObject({ state: "queued" });
    expect((await api("GET", `/${id}/files/issues.jsonl`)).status).toBe(404);
    await work();
    await exports.settled();
    const view = await shown(id);
    expect(view).toMatchObject({ state: "done", policy: "raw", begun_anew: 0 });
    const issues = view.files.find(({ name }) => name === "issues.jsonl")!;
    const file = await api("GET", `/${id}/files/issues.jsonl`);
    expect((await file.text()).trim().split("\n")).toHaveLength(issues.rows);
    expect(issues.rows).toBeGreaterThan(0);
    expect(file.headers.get("content-disposition")).toMatch(/^attachment; filename="issues\.jsonl"/);
    expect(file.headers.get("cache-control")).toBe("no-store");
    expect(file.headers.get("x-content-type-options")).toBe("nosniff");
    expect((await api("GET", `/${id}/files/issues.manifest.json`)).status).toBe(200);
    expect(statSync(join(parts.folder, id)).mode & 0o777).toBe(0o700);
    for (const name of ["issues.state", "..%2f..%2flatchkey.db", "%2Fetc%2Fpasswd", ".", "issues.jsonl%00"])
      expect((await api("GET", `/${id}/files/${name}`)).status, name).toBe(404);
  });

  it("brings what changed since one that is done, and refuses another question", async () => {
    const first = await made();
    const wrong = await api("POST", "", asked({ since: first, projects: ["KAN"] }));
    expect(wrong.status).toBe(400);
    const client = await jiraFor(house.hall, house.recorder, "local", connection_id);
    await client.createIssue({ project: "JJ", issuetype: "Task", summary: "New since" });
    const second = await shown(await made({ since: first }));
    expect(second).toMatchObject({ state: "done", since: first });
    expect(second.files.find(({ name }) => name === "issues.2.jsonl")?.rows).toBe(1);
  });

  it("goes on after a restart, and after a process that was killed with it", async () => {
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const id = await begun({ format: "csv" });
    await work();
    expect(await shown(id)).toMatchObject({ state: "running" });
    const closing = exports.close();
    open();
    await closing;
    expect(await shown(id)).toMatchObject({ state: "queued" });
    // A killed one leaves its lease, and nobody takes it before that is over.
    const { store } = house.hall;
    const now = house.hall.now();
    const held = await store.exports.claimForOperator(id, now, now + 60_000);
    restart();
    await work();
    expect(await shown(id)).toMatchObject({ state: "running" });
    expect((await exports.due(9)).length).toBe(0);
    await store.exports.changeForOperator(id, held!.fence, { lease_until: now - 1 });
    await work();
    await exports.settled();
    expect(await shown(id)).toMatchObject({ state: "done", begun_anew: 0 });
  });

  it("begins anew where what was read is on another machine, and says so", async () => {
    const id = await begun();
    const { store } = house.hall;
    const held = await store.exports.claimForOperator(id, house.hall.now(), house.hall.now() + 1);
    await store.exports.changeForOperator(id, held!.fence, { started_at: 1, lease_until: null });
    await work();
    await exports.settled();
    expect(await shown(id)).toMatchObject({ state: "done", begun_anew: 1 });
  });

  it("stops, is removed with its files, and fails with the cause", async () => {
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const id = await begun();
    await work();
    const stopping = api("DELETE", `/${id}`);
    setTimeout(open, 50);
    expect(await (await stopping).json()).toEqual({ outcome: "stopped" });
    expect(await shown(id)).toMatchObject({ state: "stopped" });
    expect(existsSync(join(parts.folder, id))).toBe(false);
    expect(await (await api("DELETE", `/${id}`)).json()).toEqual({ outcome: "removed" });
    expect((await api("GET", `/${id}`)).status).toBe(404);
    const failed = await shown(await made({ projects: undefined, jql: "nonsense ===" }));
    expect(failed).toMatchObject({ state: "failed", error: { code: expect.stringMatching(/^jira_/) } });
  });
});

describe("a handle", () => {
  const start = async (limits: HandleLimitsInput, change: object = {}) => {
    const path_prefixes = ["/rest/"];
    const answer = await api(
      "POST",
      "",
      asked(change),
      await key({ path_prefixes, api: "manage", ...limits }),
    );
    return [answer.status, ((await answer.json()) as { code?: string }).code];
  };

  it("exports only in the form, from the paths and at the rate it may read", async () => {
    expect(await start({ policy: "raw", api: "read" })).toEqual([403, "forbidden"]);
    expect(await start({})).toEqual([403, "policy_denied"]);
    expect(await start({ policy: "raw", path_prefixes: ["/rest/api/3/myself"] })).toEqual([403, "forbidden"]);
    expect(await start({ policy: "raw", path_prefixes: ["/rest/api/"] }, { without: [] })).toEqual([
      ...[403, "forbidden"],
    ]);
    expect(await start({ policy: "raw", rate: { per_minute: 10 } })).toEqual([403, "forbidden"]);
    expect(await start({ policy: "raw" }, { policy: "flow", attachments: true })).toEqual([
      ...[403, "policy_denied"],
    ]);
    expect((await api("POST", "", asked({ connection_id: "con_none" }))).status).toBe(404);
    expect((await api("POST", "", asked({ jql: "project = JJ" }))).status).toBe(400);
  });
});

describe("with a policy", () => {
  it("nothing leaves that it does not let through", async () => {
    const id = await made({ policy: "flow" });
    expect(await shown(id)).toMatchObject({
      state: "done",
      policy: "flow",
      left_out: { comments: "policy" },
    });
    const text = await (await api("GET", `/${id}/files/issues.jsonl`)).text();
    expect(text).toContain('"status"');
    expect(text).not.toContain("summary");
  });
});

describe("the pages", () => {
  it("begin one, show how far it is without a script, and hand out its files", async () => {
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const list = await browser.open(`${house.url}/exports`);
    const refused = await browser.submit(list, {
      form: "/exports",
      fields: { policy: "raw", format: "csv" },
    });
    expect([refused.status, refused.text.includes("No export was begun.")]).toEqual([400, true]);
    const fields = { connection_id, projects: "JJ", format: "csv", policy: "raw" };
    const page = await browser.submit(list, { form: "/exports", fields });
    expect(page.html).toContain("<progress");
    expect((await fetch(page.url)).headers.get("refresh")).toBe("3");
    await work();
    expect((await browser.open(page.url)).html).toContain('<span class="state soon">Running</span>');
    open();
    await exports.settled();
    const done = await browser.open(page.url);
    expect(done.html).toContain('<span class="state well">Done</span>');
    const link = done.links.find(({ text }) => text === "issues.csv")!;
    const file = await fetch(new URL(link.href, house.url));
    expect(file.headers.get("content-disposition")).toContain("attachment");
    expect((await file.text()).startsWith("id,key")).toBe(true);
    expect((await fetch(page.url)).headers.get("refresh")).toBeNull();
    const removed = await browser.submit(done, { form: "/remove" });
    expect(removed.text).toContain("The export was removed.");
  });

  it("take no form from elsewhere, and show another owner nothing", async () => {
    const id = await made();
    const foreign = { method: "POST", headers: { origin: "https://evil.example" } };
    expect((await fetch(`${house.url}/exports/${id}/remove`, foreign)).status).toBe(403);
    const stranger = createGateway({
      ...house.hall,
      ...{ connect: house.connect, handles: house.handles, random: randomBytes, exports },
      jiraFor: () => Promise.reject(new Error("not in this test")),
      ...{ public_url: house.url, owner: () => "somebody-else" },
    });
    const ask = async (method: string, path: string) =>
      (await stranger.fetch(new Request(`${house.url}${path}`, { method, headers: { origin: house.url } })))
        .status;
    for (const path of ["", "/files/issues.jsonl"])
      expect(await ask("GET", `/exports/${id}${path}`)).toBe(404);
    for (const deed of ["again", "remove"]) expect(await ask("POST", `/exports/${id}/${deed}`)).toBe(404);
    expect(await exports.list("somebody-else")).toEqual([]);
    expect((await exports.get("local", id)).state).toBe("done");
  });
});

it("no more are kept of one owner than is said, and none for longer", async () => {
  const id = await made();
  const few = createExports({ ...parts, most: { exports: 1, bytes: 1e9 } });
  const wish = { connection_id, jql: "project = JJ", format: "jsonl", policy: "raw" } as const;
  await expect(few.start("local", wish)).rejects.toMatchObject({ code: "exports_full" });
  const small = createExports({ ...parts, most: { exports: 99, bytes: 10 } });
  await expect(small.start("local", wish)).rejects.toMatchObject({ code: "exports_full" });
  house.hall.clock.ahead_ms = 8 * 86_400_000;
  restart();
  await exports.due(1);
  expect(existsSync(join(parts.folder, id))).toBe(false);
  await expect(exports.get("local", id)).rejects.toMatchObject({ code: "not_found" });
});

it("a handle by another policy, or held to projects, has no part in what was exported raw", async () => {
  const { mayHave } = await import("../../src/gateway/api/export-limits.ts");
  const view = { connection_id, policy: "raw" } as Parameters<typeof mayHave>[1];
  const handle = (limits: object) => ({ connection_ids: [connection_id], limits }) as unknown as HandleView;
  expect(mayHave(handle({ policy: "raw" }), view)).toBe(true);
  expect(mayHave(handle({ policy: "flow" }), view)).toBe(false);
  expect(mayHave(handle({ policy: "raw", projects: [{}] }), view)).toBe(false);
});
