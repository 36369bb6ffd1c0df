/** A Jira with many issues: the sandbox, seen through a server in front of it that cuts lists as Jira does and fails on demand. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cloudIds } from "../../src/sandbox/world/places.ts";
import { bearerFor, sandbox } from "../jira/sandbox-stage.ts";

type Json = Record<string, unknown>;
/** What goes wrong before a page is answered. */
export type Trouble = "limited" | "failed" | "cut" | "expired";

export const DAY_MS = 86_400_000;
const BEGAN = Date.UTC(2025, 2, 28, 22, 0, 30);
const jiraTime = (at: number) => new Date(at).toISOString().replace("Z", "+0000");

/** Issues with more comments, worklogs and changes than a search shows, in a project of their own. */
export function manyIssues(many: number, key = "MANY"): Json[] {
  const person = { accountId: "5b10-alana", displayName: "Alana", active: true };
  return Array.from({ length: many }, (_, at) => {
    const busy = at % 50 === 7;
    const at_ms = BEGAN + Math.floor(at / 7) * 1_800_000;
    const list = (length: number, one: (n: number) => Json) => Array.from({ length }, (_, n) => one(n));
    const id = (n: number) => String(1_000_000 + at * 100 + n);
    const comments = list(busy ? 25 : at % 3, (n) => ({
      ...{
        id: id(n),
        author: person,
        body: `Word ${n}`,
        created: jiraTime(at_ms + n),
        updated: jiraTime(at_ms + n),
      },
    }));
    const worklogs = list(busy ? 30 : 0, (n) => ({
      ...{
        id: id(n),
        author: person,
        started: jiraTime(at_ms),
        timeSpentSeconds: 60 * n,
        created: jiraTime(at_ms),
      },
    }));
    const histories = list(busy ? 50 : at % 2, (n) => ({
      ...{ id: id(n), author: person, created: jiraTime(at_ms + n) },
      items: [
        { field: "status", fieldId: "status", from: "1", fromString: "Open", to: "3", toString: "Done" },
      ],
    }));
    return {
      id: String(500_000 + at),
      key: `${key}-${at + 1}`,
      self: `https://recorded.example/rest/api/2/issue/${500_000 + at}`,
      fields: {
        ...{ summary: at % 40 === 3 ? "=1+1" : `Number ${at}`, created: jiraTime(at_ms), reporter: person },
        updated: jiraTime(at_ms + (at % 13) * 60_000),
        project: { id: "90001", key, name: "Many" },
        status: { id: "1", name: "Open" },
        comment: { comments, maxResults: comments.length, total: comments.length, startAt: 0 },
        worklog: { worklogs, maxResults: 20, total: worklogs.length, startAt: 0 },
        customfield_10016: at / 4,
      },
      changelog: { startAt: 0, maxResults: histories.length, total: histories.length, histories },
    };
  });
}

export async function load(issues: readonly Json[]): Promise<void> {
  const answer = await fetch(`${sandbox.cloudUrl}/__sandbox/world`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ issues }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

export type Front = {
  readonly url: string;
  /** Searches that were answered with a page. */
  pages(): number;
  /** What is to go wrong, in this order, before every page that is answered. */
  trouble: readonly Trouble[];
  /** Called before a page is answered. */
  onPage: (() => void) | undefined;
  close(): Promise<void>;
};

/** Stands before a face of the sandbox. */
export async function frontOf(target: string): Promise<Front> {
  let pages = 0;
  const met = new Map<string, number>();
  const server: Server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const search = /\/search(\/jql)?(\?|$)/.test(request.url!) && !isSmall(request.url!);
    const place = `${request.url} ${body}`;
    const next = met.get(place) ?? 0;
    const wrong = search ? front.trouble[next] : undefined;
    met.set(place, wrong === undefined ? 0 : next + 1);
    if (wrong === "limited") return void response.writeHead(429, { "retry-after": "0" }).end("{}");
    if (wrong === "failed") return void response.writeHead(503, { "retry-after": "0" }).end("busy");
    if (wrong === "expired") {
      const says = { "www-authenticate": 'OAuth realm="x"', "content-type": "application/json" };
      return void response.writeHead(401, says).end('{"code":401,"message":"Unauthorized"}');
    }
    const { host: _, connection: __, ...headers } = request.headers;
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method!,
      headers: headers as Record<string, string>,
      ...(body === "" ? {} : { body }),
    });
    let text = await answer.text();
    if (search && answer.ok) {
      text = cutLists(text);
      pages++;
      front.onPage?.();
    }
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" });
    if (wrong === "cut") {
      response.write(text.slice(0, text.length >> 1));
      setImmediate(() => request.socket.destroy());
    } else response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const front: Front = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pages: () => pages,
    trouble: [],
    onPage: undefined,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return front;
}

const isSmall = (url: string) => /maxResults=1(&|$)/.test(url);

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** As Jira inlines them: twenty of each, and of the changes the newest. */
function cutLists(text: string): string {
  const page = JSON.parse(text) as { issues?: { fields?: Json; changelog?: Json }[] };
  for (const { fields = {}, changelog } of page.issues ?? []) {
    for (const [member, list] of [
      ["comment", "comments"],
      ["worklog", "worklogs"],
    ] as const) {
      const holder = fields[member] as Json | undefined;
      if (Array.isArray(holder?.[list])) holder[list] = (holder[list] as unknown[]).slice(0, 20);
    }
    if (Array.isArray(changelog?.histories))
      changelog.histories = changelog.histories.toReversed().slice(0, 40);
  }
  return JSON.stringify(page);
}

/** Where a client finds the site behind the front, and what it signs with. */
export type Way = {
  readonly flavor: "cloud" | "datacenter-oauth2";
  readonly base: string;
  readonly token: string;
};

export async function wayThrough(front: Front, flavor: Way["flavor"]): Promise<Way> {
  const scope = [
    "read:jira-user",
    "read:jira-work",
    "write:jira-work",
    "read:board-scope:jira-software",
    "read:sprint:jira-software",
  ];
  const credential = await bearerFor(flavor, flavor === "cloud" ? scope : ["WRITE"]);
  if (credential.kind !== "bearer") throw new Error("another kind of credential");
  const base = flavor === "cloud" ? `${front.url}/ex/jira/${cloudIds.acme}` : `${front.url}/jira`;
  return { flavor, base, token: credential.token.reveal() };
}

/** A folder of a test's own, and what is in it. */
export function folderOf(): { readonly path: string; contents(): Record<string, string>; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "latchkey-export-"));
  return {
    path,
    contents: () =>
      Object.fromEntries(
        readdirSync(path, { withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map(({ name }) => name)
          .sort()
          .map((name) => [name, withoutTimes(readFileSync(join(path, name), "latin1"))]),
      ),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

const withoutTimes = (text: string) => text.replace(/"(started|finished)_at": ?"[^"]*"/g, '"$1_at": ""');
