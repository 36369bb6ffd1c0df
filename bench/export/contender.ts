/** One way to get issues into a file, in a process of its own: `{"name", "base", "origin", "project", "to"}`. */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { request } from "undici";
import { createSweeper, runExport } from "../../src/export/index.ts";
import { createGovernor, createJira } from "../../src/jira/index.ts";
import { createLog } from "../../src/log.ts";
import { Secret } from "../../src/secret.ts";
import { createTransport } from "../../src/transport.ts";

type Told = {
  readonly name: "latchkey" | "undici" | "jira.js";
  readonly base: string;
  readonly origin: string;
  readonly project: string;
  readonly to: string;
  readonly format?: "jsonl" | "csv" | "parquet";
};
const told = JSON.parse(process.argv[2]!) as Told;
const jql = `project = ${told.project}`;

async function byLatchkey(): Promise<number> {
  const log = createLog({ write: () => {}, level: "error" });
  const transport = createTransport({ allowances: () => [{ origin: told.origin, base_path: "/" }], log });
  const governor = createGovernor({ now: Date.now, random: randomBytes });
  const credential = { kind: "bearer", token: new Secret("t"), token_id: "t" } as const;
  const jira = createJira({
    ...{ flavor: "cloud", api_base_url: told.base, site_url: told.base, transport, governor, log },
    ...{ now: Date.now, random: randomBytes, priority: "bulk" },
    credentials: { current: async () => credential, rejected: async () => credential },
  });
  const { run } = await runExport(
    { jira, site_url: told.base, now: Date.now, sweep: createSweeper() },
    { jql, to: told.to, format: told.format ?? "jsonl", without: ["remotelinks", "sprints"], fresh: true },
  );
  await transport.close();
  await governor.close();
  return run.files[0]!.rows;
}

/** The same pages, six at once: fetched, parsed, put back into text, written. */
async function byUndici(): Promise<number> {
  const pages = (await (await request(`${told.origin}/__bench/pages`)).body.json()) as string[];
  const mine = pages.filter(
    (page) => decodeURIComponent(page).includes(`${jql})`) || page.includes(`${told.project})`),
  );
  const file = openSync(told.to, "w");
  let next = 0;
  let rows = 0;
  const reader = async () => {
    while (next < mine.length) {
      const { body } = await request(`${told.origin}${mine[next++]}`);
      const { issues } = (await body.json()) as { issues: unknown[] };
      writeSync(file, issues.map((issue) => `${JSON.stringify(issue)}\n`).join(""));
      rows += issues.length;
    }
  };
  await Promise.all(Array.from({ length: 6 }, reader));
  fsyncSync(file);
  closeSync(file);
  return rows;
}

async function byJiraJs(): Promise<number> {
  const { createCloudClient } = await import("jira.js");
  const client = createCloudClient({
    host: told.base,
    auth: { type: "basic", email: "a@example.com", apiToken: "t" },
  });
  const file = openSync(told.to, "w");
  let rows = 0;
  let nextPageToken: string | undefined;
  do {
    const page = await client.issueSearch.searchAndReconsileIssuesUsingJql({
      ...{ jql, maxResults: 100, fields: ["*all"], expand: "changelog" },
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    });
    const issues = page.issues ?? [];
    writeSync(file, issues.map((issue) => `${JSON.stringify(issue)}\n`).join(""));
    rows += issues.length;
    nextPageToken = page.nextPageToken ?? undefined;
  } while (nextPageToken !== undefined);
  closeSync(file);
  return rows;
}

const began = performance.now();
const rows = await { latchkey: byLatchkey, undici: byUndici, "jira.js": byJiraJs }[told.name]();
const seconds = (performance.now() - began) / 1000;
const rss_mb = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ rows, seconds, rss_mb, cpu_s: cpu() }));

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
