import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import {
  type ExportPolicy,
  type ExportRequest,
  type Format,
  runExport,
  verifyExport,
} from "../../src/export/index.ts";
import { compilePolicy, type FieldDescription } from "../../src/policy/index.ts";
import { sandbox, sandboxOfThisFile } from "../jira/sandbox-stage.ts";
import { KEYS } from "../policy/people.ts";
import { clientOf } from "./client.ts";
import { type Front, folderOf, frontOf, load, manyIssues, wayThrough } from "./stage.ts";

sandboxOfThisFile();

type Json = Record<string, unknown>;
const root = fileURLToPath(new URL("../..", import.meta.url));
const recorded = (name: string): unknown =>
  JSON.parse(readFileSync(join(root, "test/fixtures/recorded/data", name), "utf8"));
const folder = folderOf();
const fronts: Front[] = [];
const clients: ReturnType<typeof clientOf>[] = [];
let cloud: ReturnType<typeof clientOf>;
let old: ReturnType<typeof clientOf>;

beforeAll(async () => {
  await load(manyIssues(60));
  for (const flavor of ["cloud", "datacenter-oauth2"] as const) {
    const face = flavor === "cloud" ? sandbox.cloudUrl : sandbox.dataCenterUrl.replace(/\/jira$/, "");
    const front = await frontOf(face);
    fronts.push(front);
    clients.push(clientOf(await wayThrough(front, flavor)));
  }
  [cloud, old] = clients as [typeof cloud, typeof old];
});
afterAll(async () => {
  for (const client of clients) await client.close();
  for (const front of fronts) await front.close();
  folder.remove();
});

async function exported(
  client: ReturnType<typeof clientOf>,
  jql: string,
  name: string,
  more: Partial<ExportRequest> & { readonly policy?: ExportPolicy } = {},
) {
  const { policy, ...asked } = more;
  const format = name.split(".").at(-1) as Format;
  const parts = { jira: client.jira, site_url: "https://acme.example", policy, now: Date.now };
  const done = await runExport(parts, { jql, to: join(folder.path, name), format, ...asked });
  expect(await verifyExport(done.manifest_path)).toEqual([]);
  return done;
}

const textOf = (name: string) => readFileSync(join(folder.path, name), "utf8");
const rowsOf = (name: string) =>
  textOf(name)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Json);

/** Every leaf by its path. */
function leaves(value: unknown, path = "", found = new Map<string, unknown>()): Map<string, unknown> {
  if (typeof value !== "object" || value === null) found.set(path, value);
  else if (Object.keys(value).length === 0) found.set(path, Array.isArray(value) ? "[]" : "{}");
  else for (const [name, member] of Object.entries(value)) leaves(member, `${path}/${name}`, found);
  return found;
}

describe("the lines of an export", () => {
  it("hold every leaf of real answers, unchanged", async () => {
    const pages = ["jira-ruby/issue.json", "jira-ruby/rapidview/SAMPLEPROJECT.issues.full.json"].map(
      recorded,
    );
    const issues = [
      ...pages.flatMap((page) => (page as { issues: Json[] }).issues),
      recorded("jira-ruby/issue/10002.json"),
    ] as Json[];
    await load(issues);
    await exported(old, "project in (SAMPLEPROJECT, SAM)", "real.jsonl");
    const lists = ["comments", "worklogs", "attachments"].map((kind) => rowsOf(`real.${kind}.jsonl`));
    const found = new Map(rowsOf("real.jsonl").map((row) => [row.id, whole(row, lists)]));
    const last = new Map(issues.map((issue) => [issue.id, issue]));
    expect(found.size).toBe(last.size);
    let compared = 0;
    for (const [id, issue] of last) {
      const came = leaves(found.get(id));
      for (const [path, leaf] of leaves(issue)) {
        compared++;
        expect(came.has(path) ? came.get(path) : "missing", `${issue.key}${path}`).toEqual(leaf);
      }
    }
    expect(compared).toBeGreaterThan(900);
  });

  it("are named: custom fields in the manifest, sprints and projects beside the issues", async () => {
    const { manifest, run } = await exported(old, "project is not EMPTY", "rock.jsonl");
    expect(Object.keys(manifest.names).length).toBeGreaterThan(2);
    const rows = Object.fromEntries(run.files.map(({ kind, rows }) => [kind, rows]));
    expect(rows.projects).toBeGreaterThan(2);
    expect(rows.remotelinks).toBeGreaterThan(0);
    expect(manifest.left_out).toEqual({});
    expect(rows.sprints).toBeGreaterThan(0);
  });
});

/** The issue with its rows put back where Jira had them. */
function whole(row: Json, [comments, worklogs, attachments]: readonly Json[][]): Json {
  const own = (rows: readonly Json[] = []) =>
    rows.filter(({ issue_id }) => issue_id === row.id).map(({ issue_id: _, ...rest }) => rest);
  const fields = row.fields as Json;
  const { comment, worklog } = fields as Record<string, Json | undefined>;
  return {
    ...row,
    fields: {
      ...fields,
      ...(comment ? { comment: { ...comment, comments: own(comments) } } : {}),
      ...(worklog ? { worklog: { ...worklog, worklogs: own(worklogs) } } : {}),
      attachment: own(attachments),
    },
  };
}

describe("tables", () => {
  it("of CSV let no spreadsheet reckon", async () => {
    const { run } = await exported(cloud, "project = MANY", "many.csv");
    expect(run.files.find(({ kind }) => kind === "issues")!.rows).toBe(60);
    const [head = "", ...lines] = textOf("many.csv").trimEnd().split("\n");
    expect(head.split(",").slice(0, 5)).toEqual(["id", "key", "project", "status", "summary"]);
    expect(head).toMatch(/\(customfield_10016\)/);
    expect(lines.length).toBe(60);
    expect(lines[3]).toContain(",'=1+1,");
    expect(textOf("many.changelog.csv")).toContain(",status,status,1,Open,3,Done\n");
  });

  it("of Parquet have numbers, times and the whole row", async () => {
    await exported(cloud, "project = MANY", "many.parquet");
    const file = await asyncBufferFromFile(join(folder.path, "many.parquet"));
    const { row_groups } = await parquetMetadataAsync(file);
    const rows = (await parquetReadObjects({ file })) as Json[];
    expect([row_groups.length, rows.length]).toEqual([1, 60]);
    const points = Object.keys(rows[0]!).find((name) => name.endsWith("(customfield_10016)"))!;
    expect([rows[9]!.key, rows[9]![points], rows[9]!.summary]).toEqual(["MANY-10", 2.25, "Number 9"]);
    expect(rows[9]!.created).toBeInstanceOf(Date);
    expect(JSON.parse(rows[9]!.json as string)).toMatchObject({
      id: "500009",
      fields: { customfield_10016: 2.25 },
    });
    const comments = await asyncBufferFromFile(join(folder.path, "many.comments.parquet"));
    const said = (await parquetReadObjects({ file: comments })) as Json[];
    expect(said[0]).toMatchObject({ author: "Alana", author_id: "5b10-alana", body: "Word 0" });
  });
});

describe("a policy", () => {
  it("lets out what it names, people as tokens, and of the rest nothing", async () => {
    const document = parse(
      readFileSync(join(root, "examples/policies/analyst-cloud.yaml"), "utf8"),
    ) as unknown;
    const custom_fields = (await cloud.jira.fields()) as unknown as readonly FieldDescription[];
    const fields = JSON.stringify(custom_fields);
    const known = (rule: unknown) => {
      const id = /customfield_\d+/.exec(JSON.stringify(rule))?.[0];
      return id === undefined || fields.includes(id);
    };
    const cut = document as { endpoints: { answer: unknown[] }[] };
    for (const endpoint of cut.endpoints) endpoint.answer = endpoint.answer.filter(known);
    const compiled = compilePolicy(document, { ...KEYS, custom_fields });
    const policy = {
      ...compiled,
      name: "analyst",
      ask: async (asked: never) => compiled.admit(asked),
    } as ExportPolicy;
    const { manifest } = await exported(cloud, "project = ROCK", "tokens.jsonl", { policy });
    expect(manifest.left_out).toMatchObject({ attachments: "policy", remotelinks: "policy" });
    const text = ["", ".comments", ".changelog", ".users"]
      .map((kind) => textOf(`tokens${kind}.jsonl`))
      .join("");
    expect(rowsOf("tokens.jsonl").length).toBeGreaterThan(10);
    expect(rowsOf("tokens.changelog.jsonl").length).toBeGreaterThan(10);
    for (const name of ["Alana", "alana", "William", "emailAddress", "displayName"])
      expect(text).not.toContain(name);
    const asked = exported(cloud, 'text ~ "secret"', "denied.jsonl", { policy });
    await expect(asked).rejects.toMatchObject({ code: "policy_denied" });
    const bytes = exported(cloud, "project = ROCK", "denied.jsonl", { policy, attachments: true });
    await expect(bytes).rejects.toMatchObject({ code: "policy_denied" });
  });
});

it("fetches the bytes of attachments, under names that lead nowhere", async () => {
  const content = Buffer.from("bytes of a picture");
  await old.jira.attachments.add("JJ-2", [{ filename: "../a b.txt", content }]);
  await exported(old, "key = JJ-2", "files.jsonl", { attachments: true });
  const row = rowsOf("files.attachments.jsonl").at(-1)!;
  expect(row.file).toMatch(/^files\.attachments\/\d+-[^/]*a_b\.txt$/);
  expect(readFileSync(join(folder.path, row.file as string))).toEqual(content);
});

it("refuses an export that began otherwise, until it is told to begin anew", async () => {
  const ended = new AbortController();
  ended.abort(new Error("ended"));
  const parts = { jira: cloud.jira, site_url: "https://acme.example", now: Date.now };
  const request = { jql: "project = MANY", to: join(folder.path, "two.jsonl"), format: "jsonl" as const };
  await expect(runExport({ ...parts, signal: ended.signal }, request)).rejects.toThrow("ended");
  const other = { ...request, jql: "project = JJ" };
  await expect(runExport(parts, other)).rejects.toMatchObject({ code: "usage" });
  const { run, resumed } = await runExport(parts, { ...other, fresh: true });
  expect([resumed, run.files[0]!.rows > 0]).toEqual([false, true]);
});
