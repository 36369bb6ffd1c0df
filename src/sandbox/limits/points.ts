/** What a call costs on Cloud: a point, one more for each object it read, two for each person, group or permission. */
import type { SandboxRequest, SandboxResponse } from "../message.ts";

const PEOPLE =
  /^\/rest\/api\/[^/]+\/(?:users?|groups?|groupuserpicker|role|mypermissions|permissions|myself)(?:\/|$)/;
const READ_BY_POST =
  /\/(?:search\/jql|search|search\/approximate-count|issue\/bulkfetch|changelog\/bulkfetch|changelog\/list|worklog\/list|jql\/[a-z]+|expression\/[a-z]+|permissions\/check)$/;
const LISTS = ["issues", "values", "comments", "worklogs", "histories", "users", "groups", "projects"];

/** Whether a request only reads; searches sent by POST do. */
export function reads(method: string, path: string): boolean {
  return method === "GET" || method === "HEAD" || (method === "POST" && READ_BY_POST.test(path));
}

/** The points of an answered request. */
export function costOf(request: SandboxRequest, path: string, answer: SandboxResponse): number {
  if (!reads(request.method, path) || answer.status >= 400) return 1;
  return 1 + objectsIn(answer) * (PEOPLE.test(path) ? 2 : 1);
}

function objectsIn(answer: SandboxResponse): number {
  const { body } = answer;
  if (typeof body !== "string" || !/^[[{]/.test(body)) return body === undefined ? 0 : 1;
  const value = JSON.parse(body) as unknown;
  if (Array.isArray(value)) return value.length;
  const record = value as Record<string, unknown>;
  for (const name of LISTS) {
    const list = record[name];
    if (Array.isArray(list)) return list.length;
  }
  return 1;
}
