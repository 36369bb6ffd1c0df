/** The Jira of bench/proxy.ts: a bare HTTP server that answers every path with JSON of one of three sizes. */
import { createServer } from "node:http";
import { listening } from "./listening.ts";

export const SIZES = { small: 1_600, medium: 100_000, large: 10_000_000 } as const;

const issue = (n: number) =>
  JSON.stringify({ id: String(10_000 + n), key: `JJ-${n}`, fields: { summary: `Story ${n}`, votes: n % 7 } });

function pageOf(bytes: number): Buffer {
  const issues: string[] = [];
  for (let size = 40; size < bytes; size += issues.at(-1)!.length + 1) issues.push(issue(issues.length));
  return Buffer.from(`{"isLast":true,"issues":[${issues.join(",")}]}`);
}

const pages = Object.fromEntries(Object.entries(SIZES).map(([name, bytes]) => [name, pageOf(bytes)]));

const server = createServer((request, response) => {
  const name = /\/rest\/api\/3\/([a-z]+)$/.exec(request.url ?? "")?.[1] ?? "";
  const body = pages[name];
  request.resume();
  if (!body || !request.headers.authorization) {
    response.writeHead(body ? 401 : 404).end();
    return;
  }
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
});
await listening(server);
