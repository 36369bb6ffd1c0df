import type { Dialect } from "../protocol/flavors.ts";
import type { Caller } from "./caller.ts";
import { objectFrom, unreadable } from "./issues.ts";
import type { IssueJson, Jira } from "./model.ts";
import { LIST_FIELDS } from "./search.ts";

/** As many as Cloud takes in one call. */
const MOST = 100;

/** Many issues by id or key, and how many a question finds. */
export function bulkResource(
  caller: Caller,
  dialect: Dialect,
  search: Jira["search"],
): Pick<Jira, "bulkFetch" | "count"> {
  const cloud = dialect.deployment === "cloud";
  return {
    async *bulkFetch(ids, { fields = LIST_FIELDS, expand = [] } = {}) {
      for (let at = 0; at < ids.length; at += MOST) {
        const some = ids.slice(at, at + MOST);
        if (!cloud) {
          yield* search(`issuekey in (${some.map(quoted).join(", ")}) order by id`, {
            ...{ fields, expand, page_size: MOST, lenient: true },
          });
          continue;
        }
        const json = { issueIdsOrKeys: some, fields, ...(expand.length > 0 ? { expand } : {}) };
        const path = caller.api("/issue/bulkfetch");
        const { issues } = await objectFrom(
          caller.request({ method: "POST", path, json, repeatable: true }),
          "list of issues",
        );
        if (!Array.isArray(issues)) throw unreadable("list of issues");
        yield* issues as IssueJson[];
      }
    },
    async count(jql) {
      const read = cloud
        ? { path: caller.api("/search/approximate-count"), json: { jql } }
        : { path: caller.api("/search"), json: { jql, maxResults: 0, fields: [] } };
      const answer = await objectFrom(caller.request({ method: "POST", ...read, repeatable: true }), "count");
      const found = cloud ? answer.count : answer.total;
      if (typeof found !== "number") throw unreadable("count");
      return found;
    },
  };
}

/** Ids stay numbers; everything else is a quoted word, so that no key can become a clause. */
function quoted(id: string): string {
  return /^\d+$/.test(id) ? id : `"${id.replace(/["\\]/g, "\\$&")}"`;
}
