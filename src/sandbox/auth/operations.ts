import { readFileSync } from "node:fs";
import { createRouter } from "../router.ts";

/** `closed`: no OAuth 2.0 token may call it. Else alternatives of scopes; an empty list needs no scope. */
type Needed = "closed" | readonly string[][];

type Table = { readonly operations: ReadonlyArray<readonly [string, string, "closed" | readonly string[]]> };

const table = JSON.parse(
  readFileSync(new URL("../data/jira-cloud-operations.json", import.meta.url), "utf8"),
) as Table;

const lookup = createRouter<Needed>(
  table.operations.map(([method, pattern, needed]) => ({
    method,
    pattern,
    handler: needed === "closed" ? needed : needed.map((scopes) => scopes.split(" ")),
  })),
);

/**
 * Why a token with these scopes may not call an operation; undefined when it may. All scopes of one alternative are
 * needed, and classic and granular scopes never stand in for each other. A path the table does not know needs the
 * classic scope for reading or writing Jira's work.
 */
export function scopeFault(method: string, restPath: string, scopes: readonly string[]): string | undefined {
  const needed = neededScopes(method, restPath);
  if (needed === "closed") return `no OAuth 2.0 token may call ${method} ${restPath}`;
  if (needed.length === 0) return undefined;
  const missing = needed.map((alternative) => alternative.filter((scope) => !scopes.includes(scope)));
  if (missing.some((scopesMissing) => scopesMissing.length === 0)) return undefined;
  return `${method} ${restPath} needs ${missing.map((scopesMissing) => scopesMissing.join(" + ")).join(", or ")} besides what the token has`;
}

function neededScopes(method: string, restPath: string): Needed {
  const found = lookup(method, asDocumented(restPath));
  if (found && "handler" in found) return found.handler;
  return [[method === "GET" || method === "HEAD" ? "read:jira-work" : "write:jira-work"]];
}

/** The table has version 3 alone; version 2 and the alias `latest` need the same. */
function asDocumented(restPath: string): string {
  return restPath
    .replace(/^\/rest\/api\/(2|latest)(?=\/|$)/, "/rest/api/3")
    .replace(/^\/rest\/agile\/latest(?=\/|$)/, "/rest/agile/1.0");
}
