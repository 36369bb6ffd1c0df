/**
 * Search by JQL. The ordered ids of a result are kept for the asking user as long as nothing in the world
 * changes, so that paging through a result neither searches nor sorts again.
 */
import type { Issue, Site, World } from "../world/model.ts";
import { compileClause } from "./compile.ts";
import type { JqlContext } from "./fields.ts";
import { sortIssues } from "./order.ts";
import { parseJql } from "./parse.ts";
import type { Problems } from "./resolved.ts";

export type { JqlContext } from "./fields.ts";

export type JqlResult =
  | {
      readonly ok: true;
      /** All matching issues that the user may see, in order. */
      readonly issues: readonly Issue[];
      /** False where the query holds no condition at all. */
      readonly bounded: boolean;
      /** What was wrong and was passed over, when asked to be lenient. */
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly errors: readonly string[] };

export type JqlSearch = {
  readonly jql: string;
  readonly context: JqlContext;
  /** Whether the asking user may see an issue. */
  readonly visible: (issue: Issue) => boolean;
  /** Distinguishes users in the kept results. */
  readonly user: string;
  /** Unknown fields and values match nothing instead of being an error (`validateQuery=false`). Default false. */
  readonly lenient?: boolean;
  /** The issues to look through, where the index knows others than the site has. Such results are not kept. */
  readonly issues?: readonly Issue[];
};

const KEPT = 60;
const MINUTE = 60_000;

type Kept = { readonly seq: number; readonly site: Site; readonly world: World; readonly result: JqlResult };
const kept = new Map<string, Kept>();

/** Runs one query. Never throws on any text. */
export async function searchJql(search: JqlSearch): Promise<JqlResult> {
  const { context, jql } = search;
  const parsed = await parseJql(jql);
  if (!parsed.ok) return { ok: false, errors: [parsed.message] };
  const name = JSON.stringify([context.site.id, search.user, search.lenient === true, jql]);
  const names = search.issues === undefined ? [name, `${name}@${Math.floor(context.now / MINUTE)}`] : [];
  for (const key of names) {
    const known = kept.get(key);
    if (known?.site === context.site && known.world === context.world && known.seq === context.world.seq) {
      return known.result;
    }
  }
  const problems: Problems = { list: [], timed: false };
  const { where, orderBy } = parsed.query;
  const predicate = where === undefined ? undefined : compileClause(where, context, problems);
  const found: Issue[] = [];
  if (problems.list.length === 0 || search.lenient === true) {
    for (const issue of search.issues ?? Object.values(context.site.issues)) {
      if ((predicate === undefined || predicate(issue)) && search.visible(issue)) found.push(issue);
    }
  }
  const issues = sortIssues(found, orderBy ?? undefined, context, problems);
  const result: JqlResult =
    problems.list.length > 0 && search.lenient !== true
      ? { ok: false, errors: [...new Set(problems.list)] }
      : { ok: true, issues, bounded: where !== undefined, warnings: [...new Set(problems.list)] };
  if (search.issues !== undefined) return result;
  keep(problems.timed ? `${name}@${Math.floor(context.now / MINUTE)}` : name, {
    seq: context.world.seq,
    site: context.site,
    world: context.world,
    result,
  });
  return result;
}

function keep(name: string, entry: Kept): void {
  kept.delete(name);
  if (kept.size >= KEPT) kept.delete(kept.keys().next().value as string);
  kept.set(name, entry);
}
