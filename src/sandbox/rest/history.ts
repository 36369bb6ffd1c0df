/** What happened to an issue: Cloud's pages of changes. */
import type { Issue, JiraRecord } from "../world/model.ts";
import { type Call, issueParam, ok, type Row } from "./call.ts";
import { classicPage } from "./page.ts";
import { partOf } from "./render.ts";

/** One history entry. */
export function historyJson(call: Call, issue: Issue, history: JiraRecord): JiraRecord {
  return partOf(call, issue, history);
}

export const historyRows: readonly Row[] = [
  [
    "GET",
    "/rest/api/{version}/issue/{issue}/changelog",
    (call) => {
      // Data Center tells the history only as an expand of the issue.
      if (call.site.face !== "cloud") return undefined;
      const issue = issueParam(call);
      const path = `/rest/api/${call.version}/issue/${issue.key}/changelog`;
      return ok(
        classicPage(call, path, issue.changelog, (history) => historyJson(call, issue, history), 100, 100),
      );
    },
  ],
];
