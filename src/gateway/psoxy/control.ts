/** What a caller says in Psoxy's own headers. */
import type { IncomingHttpHeaders } from "node:http";
import { LatchkeyError } from "../../errors.ts";
import type { PsoxyInstance } from "./instances.ts";

export type Control = {
  readonly health: boolean;
  readonly no_body: boolean;
  /** Where the call goes instead of where its address says. */
  readonly path?: string;
  readonly query?: string;
  readonly warnings: readonly string[];
};

const LONGEST = 4096;

/** @throws LatchkeyError `bad_request` for a header that cannot be followed */
export function controlOf(headers: IncomingHttpHeaders, instance: PsoxyInstance): Control {
  const implementation = one(headers, "x-psoxy-pseudonym-implementation");
  if (implementation !== undefined && implementation !== instance.implementation) {
    throw refused(
      "X-Psoxy-Pseudonym-Implementation",
      `must be ${instance.implementation}, which this instance makes`,
    );
  }
  if (headers["x-psoxy-user-to-impersonate"] !== undefined)
    throw refused(
      "X-Psoxy-User-To-Impersonate",
      "cannot be followed: Jira is asked as the connection's account",
    );
  const path = one(headers, "x-psoxy-targetpath");
  const query = one(headers, "x-psoxy-targetquery");
  if (path !== undefined && !isTarget(path)) throw refused("X-Psoxy-TargetPath", TARGET);
  if (query !== undefined && !isTarget(query)) throw refused("X-Psoxy-TargetQuery", TARGET);
  const sanitizes = isSaid(headers, "x-psoxy-skip-sanitizer");
  return {
    health: headers["x-psoxy-health-check"] !== undefined,
    no_body: isSaid(headers, "x-psoxy-no-response-body"),
    ...(path === undefined ? {} : { path: path.startsWith("/") ? path : `/${path}` }),
    ...(query === undefined ? {} : { query: query.replace(/^\?/, "") }),
    warnings: sanitizes ? ["X-Psoxy-Skip-Sanitizer is not followed: there is no development mode"] : [],
  };
}

const TARGET = `must be 1 to ${LONGEST} printable characters of ASCII without blanks and #`;

function isTarget(text: string): boolean {
  return text.length <= LONGEST && /^[\x21\x22\x24-\x7e]+$/.test(text);
}

function isSaid(headers: IncomingHttpHeaders, name: string): boolean {
  const value = headers[name];
  return value !== undefined && String(value).toLowerCase() !== "false";
}

function one(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

function refused(header: string, why: string): LatchkeyError {
  return new LatchkeyError("bad_request", `${header} ${why}.`, { details: { field: header } });
}
