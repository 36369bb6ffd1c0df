/** Pushes a file of ideas by real processes while the sandbox misbehaves and the processes are killed. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Any, type Client, cloudAs, dataCenterAs } from "../sandbox/rest-client.ts";
import type { House } from "./house.ts";

/**
 * What goes wrong, at random, as long as it lasts: limits, failures, lost answers, cuts. One for about so many issues
 * that are made, so that it gets on all the same.
 */
export async function misbehave(house: House, signal: AbortSignal, every: number): Promise<number> {
  const bad = [
    { status: 429, headers: { "retry-after": "0" }, body: "" },
    { status: 500, body: { errorMessages: ["Internal server error"] } },
    { status: 503, body: "" },
    { status: 502, body: "<html>Bad gateway</html>" },
    { lose_answer: true },
    { lose_answer: true },
    { cut: true },
  ];
  const paths = [
    { method: "POST", path: "*/issue" },
    { method: "POST", path: "*/issue" },
    { method: "POST", path: "*/remotelink" },
    { method: "GET", path: "*/issue/*" },
  ];
  const any = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!;
  let count = 0;
  let next = house.issues();
  while (!signal.aborted) {
    await sleep(4);
    if (house.issues() < next) continue;
    next = house.issues() + every * 2 * Math.random();
    await house.control("faults", [{ match: { ...any(paths), times: 1 }, ...any(bad) }]);
    count++;
  }
  return count;
}

export type Found = {
  readonly id: string;
  readonly summary: string;
  readonly description: string;
  readonly links: readonly string[];
  readonly idea: string | undefined;
};

/** The issues of the project that carry ideas, read with another client than ours as another person. */
export async function issuesOf({ sandbox }: House, face: "cloud" | "datacenter"): Promise<Found[]> {
  const cloud = face === "cloud";
  const jira = cloud ? cloudAs(sandbox, "admin") : dataCenterAs(sandbox, "admin");
  const api = `/rest/api/${cloud ? 3 : 2}`;
  const asked = {
    jql: "project = JJ AND labels = from-ideas ORDER BY id",
    fields: ["summary", "description"],
  };
  const found: Found[] = [];
  let place: Record<string, unknown> = {};
  for (;;) {
    const path = `${api}/search${cloud ? "/jql" : ""}`;
    const { body } = await jira.post(path, { ...asked, maxResults: 100, ...place });
    const page = body.issues as Any[];
    found.push(...(await Promise.all(page.map((issue) => foundIn(jira, api, issue)))));
    const next = cloud ? body.nextPageToken : found.length < body.total;
    if (!next) return found;
    place = cloud ? { nextPageToken: next } : { startAt: found.length };
  }
}

async function foundIn(jira: Client, api: string, issue: Any): Promise<Found> {
  const links = await jira.get(`${api}/issue/${issue.id}/remotelink`);
  const property = await jira.get(`${api}/issue/${issue.id}/properties/latchkey.idea`);
  const value = property.body?.value;
  const marker = typeof value === "string" ? JSON.parse(value) : value;
  return {
    id: issue.id,
    summary: issue.fields.summary,
    description: plainText(issue.fields.description),
    links: (links.body as Any[]).map((link) => String(link.globalId)),
    idea: marker?.idea,
  };
}

/** Words of a description in either form. */
function plainText(value: Any): string {
  if (typeof value === "string") return value;
  if (typeof value?.text === "string") return value.text;
  return ((value?.content ?? []) as Any[]).map(plainText).join("");
}
