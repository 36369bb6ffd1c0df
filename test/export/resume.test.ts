import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExportRequest, runExport } from "../../src/export/index.ts";
import { sandbox, sandboxOfThisFile } from "../jira/sandbox-stage.ts";
import { clientOf } from "./client.ts";
import {
  type Front,
  folderOf,
  frontOf,
  load,
  manyIssues,
  type Trouble,
  type Way,
  wayThrough,
} from "./stage.ts";

sandboxOfThisFile();

const MANY = 430;
const FLAVORS = ["cloud", "datacenter-oauth2"] as const;
const fronts = {} as Record<(typeof FLAVORS)[number], Front>;
const ways = {} as Record<(typeof FLAVORS)[number], Way>;
const folders: ReturnType<typeof folderOf>[] = [];

beforeAll(async () => {
  await load(manyIssues(MANY));
  for (const flavor of FLAVORS) {
    const face = flavor === "cloud" ? sandbox.cloudUrl : sandbox.dataCenterUrl.replace(/\/jira$/, "");
    fronts[flavor] = await frontOf(face);
    ways[flavor] = await wayThrough(fronts[flavor], flavor);
  }
});
afterAll(async () => {
  for (const front of Object.values(fronts)) await front.close();
  for (const folder of folders) folder.remove();
});

function requestIn(path: string): ExportRequest {
  return { jql: "project = MANY", to: join(path, "many.jsonl"), format: "jsonl", without: ["remotelinks"] };
}

function folder() {
  const made = folderOf();
  folders.push(made);
  return made;
}

async function once(flavor: (typeof FLAVORS)[number], path: string, signal?: AbortSignal) {
  const { jira, close } = clientOf(ways[flavor]);
  const parts = { jira, site_url: "https://acme.example", now: Date.now, ...(signal ? { signal } : {}) };
  return await runExport(parts, requestIn(path)).finally(close);
}

const whole = {} as Record<string, Record<string, string>>;

describe.each(FLAVORS)("an export of %s", (flavor) => {
  it("holds every issue once, and every comment, worklog and change of it", async () => {
    const made = folder();
    const { run, manifest } = await once(flavor, made.path);
    const count = Object.fromEntries(run.files.map(({ kind, rows }) => [kind, rows]));
    const totals = manyIssues(MANY).map(({ fields, changelog }) => {
      const { comment, worklog } = fields as Record<string, { total: number }>;
      return [comment!.total, worklog!.total, (changelog as { total: number }).total];
    });
    const all = (at: number) => totals.reduce((sum, one) => sum + one[at]!, 0);
    expect(count).toMatchObject({
      issues: MANY,
      comments: all(0),
      worklogs: all(1),
      changelog: all(2),
      users: 1,
    });
    whole[flavor] = made.contents();
    const keys = [...whole[flavor]!["many.jsonl"]!.matchAll(/"key":"(MANY-\d+)"/g)].map(([, key]) => key);
    expect(new Set(keys).size).toBe(MANY);
    expect(manifest.left_out.remotelinks).toBe("asked");
  });

  it("is the same bytes when it was ended at any page and gone on with", async () => {
    const pages = flavor === "cloud" ? [1, 2, 3, 4, 5, 6] : [2, 5];
    for (const at of pages) {
      const made = folder();
      const ended = new AbortController();
      const front = fronts[flavor];
      let seen = 0;
      front.onPage = () => {
        if (++seen >= at) ended.abort(new Error("ended"));
      };
      await once(flavor, made.path, ended.signal).catch((error) => expect(error.message).toBe("ended"));
      front.onPage = undefined;
      await once(flavor, made.path);
      expect(made.contents(), `ended at page ${at}`).toEqual(whole[flavor]);
    }
  });

  it("is the same bytes when calls are limited, fail, are cut and lose their token before every page", async () => {
    const made = folder();
    const troubles: Trouble[] = ["limited", "expired", "failed", "cut"];
    fronts[flavor].trouble = troubles;
    await once(flavor, made.path).finally(() => {
      fronts[flavor].trouble = [];
    });
    expect(made.contents()).toEqual(whole[flavor]);
  });

  it("is the same bytes when it was ended while its files were made", async () => {
    const made = folder();
    const { jira, close } = clientOf(ways[flavor]);
    const onProgress = ({ phase }: { readonly phase: string }) => {
      if (phase === "writing") throw new Error("ended");
    };
    const parts = { jira, site_url: "https://acme.example", now: Date.now, onProgress };
    await expect(runExport(parts, requestIn(made.path))).rejects.toThrow("ended");
    expect(Object.keys(made.contents())).toEqual([]);
    // A file of the kind that a kill in the middle of making files leaves behind.
    mkdirSync(join(made.path, "many.partial", "whole"));
    writeFileSync(join(made.path, "many.partial", "whole", "many.jsonl"), "half a li");
    const before = fronts[flavor].pages();
    const { resumed } = await runExport({ ...parts, onProgress: () => {} }, requestIn(made.path)).finally(
      close,
    );
    expect([resumed, fronts[flavor].pages()]).toEqual([true, before]);
    expect(made.contents()).toEqual(whole[flavor]);
  });

  it("is the same bytes when its process was killed, more than once", async () => {
    const made = folder();
    const script = join(dirname(fileURLToPath(import.meta.url)), "child.ts");
    const run = (kill_at: number | undefined, kill_with?: string) =>
      new Promise<number | string>((resolve) => {
        const front = fronts[flavor];
        const args = [script, JSON.stringify(ways[flavor]), JSON.stringify(requestIn(made.path))];
        const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
        let seen = 0;
        front.onPage = () => {
          if (kill_at !== undefined && ++seen >= kill_at) child.kill("SIGKILL");
        };
        const watch = setInterval(() => {
          if (kill_with !== undefined && existsSync(kill_with)) child.kill("SIGKILL");
        }, 1);
        child.on("close", (code, signal) => {
          clearInterval(watch);
          resolve(signal ?? code ?? -1);
        });
      });
    expect(await run(2)).toBe("SIGKILL");
    expect(await run(4)).toBe("SIGKILL");
    expect(existsSync(join(made.path, "many.manifest.json"))).toBe(false);
    // Whether the kill comes before the last file is in its place or after, the next run ends it.
    const last = run(undefined, join(made.path, "many.partial", "made.json"));
    expect([0, "SIGKILL"]).toContain(await last);
    await once(flavor, made.path);
    expect(made.contents()).toEqual(whole[flavor]);
  });
});
