import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExportRequest, runExport } from "../../src/export/index.ts";
import { minuteIn, unmistakableMinute, withoutOrder } from "../../src/export/question.ts";
import { sandbox, sandboxOfThisFile } from "../jira/sandbox-stage.ts";
import { clientOf } from "./client.ts";
import { type Front, folderOf, frontOf, load, manyIssues, wayThrough } from "./stage.ts";

sandboxOfThisFile();

type Row = Record<string, unknown> & { id: string; key: string; issue_id: string; reason: string };
const folder = folderOf();
let front: Front;
let client: ReturnType<typeof clientOf>;

beforeAll(async () => {
  front = await frontOf(sandbox.cloudUrl);
  client = clientOf(await wayThrough(front, "cloud"));
});
afterAll(async () => {
  await client.close();
  await front.close();
  folder.remove();
});

const request: ExportRequest = {
  ...{ jql: "project = MANY AND labels is EMPTY order by key", to: join(folder.path, "many.jsonl") },
  ...{ format: "jsonl", without: ["sprints"] },
};
const at = (ms: number) => new Date(ms).toISOString().replace("Z", "+0000");
const rowsOf = (name: string) =>
  readFileSync(join(folder.path, name), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);

async function next() {
  return await runExport(
    { jira: client.jira, site_url: "https://acme.example", now: Date.now },
    { ...request, since: "last" },
  );
}

function changed(number: number, updated: number, more: Record<string, unknown> = {}) {
  const issue = manyIssues(40)[number - 1] as { fields: Record<string, unknown> };
  return { ...issue, fields: { ...issue.fields, updated: at(updated), ...more } };
}

describe("what changed since the last run", () => {
  const last = Date.UTC(2025, 5, 1, 10, 0, 30);

  it("begins with everything", async () => {
    await load([...manyIssues(40), changed(40, last)]);
    const { run } = await runExport(
      { jira: client.jira, site_url: "https://acme.example", now: Date.now },
      request,
    );
    expect(run.files[0]!.rows).toBe(40);
  });

  it("is nothing where nothing changed, though the minute of the last update is asked for again", async () => {
    const { run } = await next();
    expect(run.files.map(({ rows }) => rows).slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
    expect(run.since).toBe(minuteIn("Australia/Sydney", 0).length === 16 ? run.since : "");
  });

  it("holds what was updated in that very minute, and late, and nothing twice", async () => {
    await load([changed(3, last + 5_000), changed(5, last - 60_000), changed(6, last - 4 * 60_000)]);
    await next();
    expect(rowsOf("many.3.jsonl").map(({ key }) => key)).toEqual(["MANY-3", "MANY-5", "MANY-6"]);
    const { run } = await next();
    expect(run.files[0]).toMatchObject({ name: "many.4.jsonl", rows: 0 });
  });

  it("tells what was deleted, what left the question, and what came into it without an update", async () => {
    await load([
      changed(7, Date.UTC(2025, 2, 29), { labels: ["out"] }),
      changed(9, Date.UTC(2025, 2, 29), { labels: ["out"] }),
    ]);
    const { jira } = clientOf(await wayThrough(front, "cloud"));
    await next();
    expect(rowsOf("many.deleted.5.jsonl").map(({ issue_id, reason }) => [issue_id, reason])).toEqual([
      ["500006", "left"],
      ["500008", "left"],
    ]);
    await load([changed(7, Date.UTC(2025, 2, 29))]);
    void jira;
    const { run } = await next();
    expect(rowsOf("many.6.jsonl").map(({ key }) => key)).toEqual(["MANY-7"]);
    expect(run.files.find(({ kind }) => kind === "deleted")!.rows).toBe(0);
    await removeIssue("MANY-11");
    await next();
    expect(rowsOf("many.deleted.7.jsonl")).toEqual([{ issue_id: "500010", reason: "gone" }]);
  });

  it("is refused for another question, and where there was no run before", async () => {
    const parts = { jira: client.jira, site_url: "https://acme.example", now: Date.now };
    await expect(runExport(parts, { ...request, jql: "project = JJ", since: "last" })).rejects.toThrow(
      /something else/,
    );
    const other = join(folder.path, "other.jsonl");
    await expect(runExport(parts, { ...request, to: other, since: "last" })).rejects.toThrow(
      /no last export/,
    );
    expect(existsSync(other)).toBe(false);
  });
});

async function removeIssue(key: string): Promise<void> {
  const way = await wayThrough(front, "cloud");
  const { jira, close } = clientOf(way);
  await jira.deleteIssue(key);
  await close();
}

describe("a moment in the words of JQL", () => {
  it("is told on the clock of the account", () => {
    const moment = Date.UTC(2026, 0, 31, 23, 59, 59);
    expect(minuteIn("UTC", moment)).toBe("2026-01-31 23:59");
    expect(minuteIn("Australia/Lord_Howe", moment)).toBe("2026-02-01 10:59");
    expect(minuteIn("America/St_Johns", moment)).toBe("2026-01-31 20:29");
  });

  it("is put before an hour that comes twice, and never after the moment meant", () => {
    // In Berlin clocks go back at 01:00 UTC on 25 October 2026: 02:30 comes twice.
    const second = Date.UTC(2026, 9, 25, 1, 30);
    const found = unmistakableMinute("Europe/Berlin", second);
    expect(found.at).toBeLessThan(Date.UTC(2026, 9, 25, 0, 0));
    expect(minuteIn("Europe/Berlin", found.at)).toBe(found.minute);
    const plain = Date.UTC(2026, 6, 1, 12, 34, 56);
    expect(unmistakableMinute("Europe/Berlin", plain)).toEqual({
      minute: "2026-07-01 14:34",
      at: plain - 56_000,
    });
  });

  it("takes the order off a question, and only the order", () => {
    expect(withoutOrder('summary ~ "order by x" ORDER  BY key DESC')).toBe('summary ~ "order by x"');
    expect(withoutOrder("project = A")).toBe("project = A");
    expect(() => withoutOrder(" order by key")).toThrow(/names no issues/);
  });
});
