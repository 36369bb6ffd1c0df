import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";

const folder = fileURLToPath(new URL("../fixtures/recorded/data", import.meta.url));
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
  .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
  .sort();
const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), "utf8"));

type Doc = Record<string, unknown>;
const isDoc = (value: unknown): value is Doc =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const selfOf = (doc: Doc): string | undefined =>
  typeof doc.self === "string" && doc.self.includes("/rest/")
    ? doc.self.slice(doc.self.indexOf("/rest/"))
    : undefined;
const isIssue = (doc: Doc) =>
  /^[A-Z]+-\d+$/.test(String(doc.key)) && (isDoc(doc.fields) || /\/issue\/\d+$/.test(selfOf(doc) ?? ""));

/** Where a recorded document must be found again: its path, or the path of a list that must hold it. */
type Expected = { readonly path: string; readonly body: unknown; readonly inList?: boolean };

function expectedOf(value: unknown, placed: readonly string[]): Expected[] {
  if (Array.isArray(value)) return value.flatMap((one) => expectedOf(one, placed));
  if (!isDoc(value)) return [];
  if (isIssue(value)) return [{ path: `/rest/api/2/issue/${value.key}`, body: value }];
  if (Array.isArray(value.issues) && value.issues.every((one) => isDoc(one) && isIssue(one))) {
    return value.issues.flatMap((one) => expectedOf(one, placed));
  }
  let self = selfOf(value)?.replace("/rest/api/3/", "/rest/api/2/");
  // One sprint was recorded with the address of another.
  if (self?.includes("/sprint/")) self = self.replace(/\d+$/, String(value.id));
  if ("colorName" in value) return [{ path: `/rest/api/2/statuscategory/${value.id}`, body: value }];
  if (self?.includes("/project/")) return [{ path: `/rest/api/2/project/${value.key}`, body: value }];
  if (self !== undefined) return [{ path: self, body: value }];
  if (typeof value.custom === "boolean") return [{ path: "/rest/api/2/field", body: value, inList: true }];
  const lists = Object.values(value).filter(
    (list) => Array.isArray(list) && list.length > 0 && list.every((one) => isDoc(one) && selfOf(one)),
  );
  if (lists.length === 1) return expectedOf(lists[0], placed);
  return placed.map((path) => ({ path, body: value }));
}

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

async function get(path: string, cloud = false, on = sandbox): Promise<unknown> {
  const [base, account] = cloud
    ? [`${on.cloudUrl}/sites/acme`, "alana@example.com:sandbox-api-token-alana"]
    : [on.dataCenterUrl, "alana:alana"];
  const answer = await fetch(base + path, { headers: { authorization: `Basic ${btoa(account)}` } });
  const text = await answer.text();
  if (answer.status !== 200) return `${answer.status} ${text}`;
  return JSON.parse(text) as unknown;
}

async function expectBack({ path, body, inList }: Expected, cloud: boolean, on = sandbox): Promise<void> {
  const back = await get(path, cloud, on);
  // Cloud adds a field's key.
  if (inList) expect(back, path).toContainEqual(cloud ? { key: (body as Doc).id, ...(body as Doc) } : body);
  else expect(back, path).toEqual(body);
}

describe("every recorded file is loaded and read back unchanged, leaf for leaf", () => {
  beforeEach(() => sandbox.control.reset());

  test("there are files", () => expect(files.length).toBe(83));

  test.each(files)("%s", async (file) => {
    const value = read(file);
    const answer = await fetch(`${sandbox.cloudUrl}/__sandbox/world?name=${encodeURIComponent(file)}`, {
      method: "POST",
      body: JSON.stringify(value),
    });
    const loaded = (await answer.json()) as { placed: string[] };
    expect(answer.status, JSON.stringify(loaded)).toBe(200);
    const expected = expectedOf(value, loaded.placed);
    if (file !== "jira-ruby/empty_issues.json") expect(expected.length).toBeGreaterThan(0);
    // Hundreds of records of one kind prove no more than a sample of them.
    const step = Math.max(1, Math.floor(expected.length / 40));
    for (const [index, one] of expected.entries()) {
      if (index % step > 0) continue;
      await expectBack(one, false);
      await expectBack(one, true);
    }
  });
});

test("lists and pages answer at the address of what they list", async () => {
  sandbox.control.reset();
  const lists: Record<string, string> = {
    "jira-ruby/issue/10002/comment.json": "/rest/api/2/issue/10002/comment",
    "jira-ruby/issue/10002/worklog.json": "/rest/api/2/issue/10002/worklog",
    "jira-ruby/issue/10002/transitions.json": "/rest/api/2/issue/10002/transitions",
    "jira-ruby/issue/10002/properties.json": "/rest/api/2/issue/10002/properties",
    "jira-ruby/webhook.json": "/rest/webhooks/1.0/webhook",
    "jira-ruby/rapidview.json": "/rest/greenhopper/1.0/rapidview",
    "go-jira/all_permissionschemes.json": "/rest/api/2/permissionscheme",
    "go-jira/my_filters.json": "/rest/api/2/filter",
    "go-jira/remote_links.json": "/rest/api/2/issue/MKY-1/remotelink",
    "go-jira/no_role.json": "/rest/recorded/go-jira/no_role.json",
  };
  sandbox.control.world(read("jira-ruby/issue/10002.json"));
  for (const [file, path] of Object.entries(lists)) {
    sandbox.control.world(read(file), { name: file });
    await expectBack({ path, body: read(file) }, false);
    await expectBack({ path, body: read(file) }, true);
  }
});

test("the whole folder in one go: of two recordings of one thing the later stands, and none hides another", async () => {
  const all = await startSandbox({ load: [folder] });
  try {
    const last = new Map<string, Expected>();
    for (const file of files) {
      for (const one of expectedOf(read(file), [])) {
        const key = one.inList ? `${one.path}#${(one.body as Doc).id}` : one.path;
        const stub = isDoc(one.body) && isIssue(one.body) && !isDoc(one.body.fields);
        if (!(stub && last.has(key))) last.set(key, one);
      }
    }
    expect(last.size).toBeGreaterThan(700);
    let index = 0;
    for (const one of last.values())
      if (index++ % 3 === 0 || /issue|user|version/.test(one.path)) await expectBack(one, false, all);
    expect(await get("/rest/api/2/issue/JJ-2", false, all)).toMatchObject({ id: "10300", key: "JJ-2" });
  } finally {
    await all.stop();
  }
});

describe("what is loaded lives", () => {
  beforeEach(() => sandbox.control.reset());

  test("a recorded issue is found by search with its recorded fields, and its project exists", async () => {
    sandbox.control.world(read("jira-ruby/issue.json"), { site: "datacenter" });
    const found = (await get(
      "/rest/api/2/search?jql=project%20%3D%20SAMPLEPROJECT%20order%20by%20key&fields=*all&maxResults=50",
    )) as {
      issues: Doc[];
    };
    const recorded = (read("jira-ruby/issue.json") as { issues: Doc[] }).issues;
    expect(found.issues).toHaveLength(recorded.length);
    for (const issue of recorded) {
      expect(found.issues.find((one) => one.key === issue.key)?.fields).toEqual(issue.fields);
    }
    expect(await get("/rest/api/2/project/SAMPLEPROJECT")).toMatchObject({ key: "SAMPLEPROJECT" });
  });

  test("an issue that is changed here is no longer given back as it came, its other fields stay", async () => {
    sandbox.control.world(read("jira-ruby/issue/10002.json"), { site: "datacenter" });
    const before = (await get("/rest/api/2/issue/10002")) as { key: string; fields: Doc };
    const answer = await fetch(`${sandbox.dataCenterUrl}/rest/api/2/issue/10002`, {
      method: "PUT",
      headers: { authorization: `Basic ${btoa("alana:alana")}`, "content-type": "application/json" },
      body: JSON.stringify({ fields: { summary: "Changed here" } }),
    });
    expect(answer.status).toBe(204);
    const after = (await get("/rest/api/2/issue/10002")) as { key: string; fields: Doc };
    expect(after.fields.summary).toBe("Changed here");
    expect(after.fields.description).toEqual(before.fields.description);
  });

  test("a load that names a site goes there alone", () => {
    const loaded = sandbox.control.world(read("jira-ruby/issue.json"), { site: "globex" });
    expect(loaded.sites).toEqual(["globex"]);
    const having = sandbox.control.state().sites.filter((site) => site.projects.includes("SAMPLEPROJECT"));
    expect(having.map((site) => site.id)).toEqual(["globex"]);
    expect(() => sandbox.control.world({}, { site: "nowhere" })).toThrow(/no site "nowhere"/);
  });

  test("load_hosts=replace puts the address of the site in place of the recorded one", async () => {
    const replacing = await startSandbox({ switches: { load_hosts: "replace" } });
    try {
      replacing.control.world([read("jira-ruby/issue/10002.json"), read("jira-ruby/webhook/2.json")]);
      const issue = (await get("/rest/api/2/issue/10002", false, replacing)) as Doc;
      expect(issue.self).toBe(`${replacing.dataCenterUrl}/rest/api/2/issue/10002`);
      expect(JSON.stringify(issue)).not.toContain("localhost:2990");
      const webhook = (await get("/rest/webhooks/1.0/webhook/2", false, replacing)) as Doc;
      expect(webhook.self).toBe(`${replacing.dataCenterUrl}/rest/webhooks/1.0/webhook/2`);
    } finally {
      await replacing.stop();
    }
  });
});

describe("files", () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "latchkey-load-"));
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const write = (name: string, text: string): string => {
    writeFileSync(join(home, name), text);
    return join(home, name);
  };
  const issue = (number: number) => ({
    id: `${900_000 + number}`,
    key: `LINE-${number}`,
    self: `https://h/rest/api/2/issue/${900_000 + number}`,
    fields: { summary: `Issue ${number}` },
  });

  test("JSON lines, with blank lines and a byte order mark, and FILE@SITE", async () => {
    const lines = write(
      "issues.jsonl",
      `\uFEFF${[1, 2, 3].map((n) => JSON.stringify(issue(n))).join("\n\n")}\n`,
    );
    const running = await startSandbox({ load: [`${lines}@acme`] });
    try {
      expect(await get("/rest/api/2/issue/LINE-3", true, running)).toEqual(issue(3));
      expect(await get("/rest/api/2/issue/LINE-3", false, running)).toMatch(/^404/);
    } finally {
      await running.stop();
    }
  });

  test("a new issue of a loaded project counts on from the loaded ones", async () => {
    const running = await startSandbox();
    try {
      running.control.world([issue(7), issue(41)]);
      const answer = await fetch(`${running.dataCenterUrl}/rest/api/2/issue`, {
        method: "POST",
        headers: { authorization: `Basic ${btoa("alana:alana")}`, "content-type": "application/json" },
        body: JSON.stringify({
          fields: { project: { key: "LINE" }, summary: "Next", issuetype: { name: "Bug" } },
        }),
      });
      expect(await answer.json()).toMatchObject({ key: "LINE-42", id: "900042" });
    } finally {
      await running.stop();
    }
  });

  test("what cannot be loaded is refused with the file and what was found in it", async () => {
    const cases: Array<[string, string, RegExp]> = [
      ["empty.json", "", /empty\.json is (empty|neither)/],
      ["text.json", "hello", /text\.json is neither JSON nor JSON lines/],
      [
        "other.json",
        '{"name":"x","version":1}',
        /other\.json holds nothing of Jira's to load: it is an object with name, version/,
      ],
      ["list.json", "[]", /an empty list/],
      ["numbers.json", "[1,2]", /a list of 2, the first of them a number/],
      ["half.jsonl", `${JSON.stringify(issue(1))}\n{"id":`, /half\.jsonl, line 2, is not JSON/],
    ];
    for (const [name, text, words] of cases) {
      await expect(startSandbox({ load: [write(name, text)] }), name).rejects.toThrow(words);
    }
    await expect(startSandbox({ load: [join(home, "missing.json")] })).rejects.toThrow(
      /missing\.json cannot be read: there is no such file/,
    );
  });

  test("a refused load leaves nothing half-loaded", () => {
    sandbox.control.reset();
    const before = JSON.stringify(sandbox.control.state().sites);
    expect(() => sandbox.control.world({ nothing: true })).toThrow(/holds nothing/);
    expect(JSON.stringify(sandbox.control.state().sites)).toBe(before);
  });
});
