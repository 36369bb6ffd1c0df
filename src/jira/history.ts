import { LatchkeyError } from "../errors.ts";
import type { Dialect } from "../protocol/flavors.ts";
import { segment } from "./address.ts";
import type { Caller } from "./caller.ts";
import { objectFrom, unreadable } from "./issues.ts";
import type { Jira, Json } from "./model.ts";
import { byToken, paginateWith, tokenPage } from "./paginate.ts";
import type { IssueHistory } from "./resources.ts";

const MOST_ISSUES = 1_000;

/** What changed on issues, all of it, oldest first. */
export function historyResource(caller: Caller, dialect: Dialect): Pick<Jira, "changelog" | "changelogs"> {
  const issuePath = (key: string) => caller.api(`/issue/${segment(key)}`);

  /** Data Center tells the history only with the issue, and whole. */
  async function expanded(key: string): Promise<{ id: string; histories: readonly Json[] }> {
    const answer = caller.request({
      path: issuePath(key),
      query: { fields: "created", expand: "changelog" },
    });
    const { id, changelog } = await objectFrom(answer, "issue");
    const { histories, total } = (
      typeof changelog === "object" && changelog !== null ? changelog : {}
    ) as Json;
    if (!Array.isArray(histories)) throw unreadable("history");
    if (typeof total === "number" && total > histories.length) {
      throw new LatchkeyError("page_guard", undefined, {
        details: { reason: "the history is cut short", total, came: histories.length },
      });
    }
    return { id: String(id), histories: histories as Json[] };
  }

  async function* bulk(keys: readonly string[]): AsyncGenerator<IssueHistory> {
    const read = async (nextPageToken: string | undefined) => {
      const json = { issueIdsOrKeys: keys, ...(nextPageToken === undefined ? {} : { nextPageToken }) };
      const path = caller.api("/changelog/bulkfetch");
      const answer = caller.request({ method: "POST", path, json, repeatable: true });
      return tokenPage(await objectFrom(answer, "page of histories"), "issueChangeLogs");
    };
    for await (const { items } of byToken(read)) {
      for (const { issueId, changeHistories } of items) {
        if (!Array.isArray(changeHistories)) throw unreadable("history");
        for (const history of changeHistories as Json[]) yield { issue_id: String(issueId), history };
      }
    }
  }

  return {
    async *changelog(key) {
      if (dialect.deployment === "cloud") {
        yield* paginateWith(caller, `${issuePath(key)}/changelog`, { items: "values", page_size: 100 });
      } else yield* (await expanded(key)).histories;
    },
    async *changelogs(keys) {
      if (dialect.deployment === "cloud") {
        for (let at = 0; at < keys.length; at += MOST_ISSUES) yield* bulk(keys.slice(at, at + MOST_ISSUES));
        return;
      }
      for (const key of keys) {
        const { id, histories } = await expanded(key);
        for (const history of histories) yield { issue_id: id, history };
      }
    },
  };
}
