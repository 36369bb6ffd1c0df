import { readFileSync } from "node:fs";

/** What an operation of Jira Cloud asks of a token: all of `classic`, or all of `granular`. */
export type OperationScopes = {
  readonly method: string;
  /** The path as Atlassian writes it, with its parameters in braces. */
  readonly path: string;
  readonly classic: readonly string[];
  readonly granular: readonly string[];
  /** Whether an OAuth 2.0 token may call it at all. */
  readonly oauth2: boolean;
};

type Row = readonly [string, string, readonly number[] | null, readonly number[] | null, 0?];
type Table = { readonly scopes: readonly string[]; readonly operations: readonly Row[] };
type Entry = { readonly segments: readonly string[]; readonly scopes: OperationScopes };

let table: ReadonlyMap<string, readonly Entry[]> | undefined;

function load(): ReadonlyMap<string, readonly Entry[]> {
  const { scopes, operations }: Table = JSON.parse(
    readFileSync(new URL("./data/operations.json", import.meta.url), "utf8"),
  );
  const named = (at: readonly number[] | null) => (at ?? []).map((index) => scopes[index]!);
  const found = new Map<string, Entry[]>();
  for (const [method, path, classic, granular, barred] of operations) {
    const segments = path.split("/").slice(1);
    const key = `${method} ${segments.length}`;
    const list = found.get(key) ?? [];
    list.push({
      segments,
      scopes: { method, path, classic: named(classic), granular: named(granular), oauth2: barred !== 0 },
    });
    found.set(key, list);
  }
  return found;
}

/**
 * The scopes a call needs, from Atlassian's operations table (Cloud platform and service management);
 * `undefined` where the table does not know the path. `/rest/api/2` and `/rest/api/latest` are read as 3.
 * Both lists empty: any token will do.
 */
export function scopesFor(method: string, path: string): OperationScopes | undefined {
  table ??= load();
  const bare = path
    .split("?")[0]!
    .replace(/^\/rest\/api\/(2|latest)\//, "/rest/api/3/")
    .replace(/\/$/, "");
  const segments = bare.split("/").slice(1);
  const verb = method.toUpperCase() === "HEAD" ? "GET" : method.toUpperCase();
  let best: Entry | undefined;
  for (const entry of table.get(`${verb} ${segments.length}`) ?? []) {
    if (fits(entry.segments, segments) && (best === undefined || literals(entry) > literals(best)))
      best = entry;
  }
  return best?.scopes;
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return pattern.every((part, at) => (part.startsWith("{") ? segments[at] !== "" : part === segments[at]));
}

/** `/issue/picker` is nearer than `/issue/{issueIdOrKey}`. */
function literals(entry: Entry): number {
  return entry.segments.filter((part) => !part.startsWith("{")).length;
}
