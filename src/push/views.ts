import type { LinkRow } from "../store/index.ts";
import { openContent } from "./content.ts";
import type { LinkView, PushParts, PushProblem } from "./model.ts";

/** A link as it is shown. @throws vault_unreadable */
export function viewOf(parts: Pick<PushParts, "vault">, row: LinkRow): LinkView {
  const { id, connection_id, idea_id, kind, state, created_at, updated_at } = row;
  const content = openContent(parts, row);
  const { summary, assignee, differs, duplicates, comments } = content ?? {};
  const known = <T>(name: string, value: T | null | undefined) =>
    value === null || value === undefined ? {} : { [name]: value };
  return {
    ...{ id, connection_id, idea_id, kind },
    ...known("issue_id", row.issue_id),
    ...known("issue_key", row.issue_key),
    ...known("issue_url", row.issue_url),
    ...known("summary", summary ?? content?.idea.title),
    ...known("status", row.status),
    ...known("status_category", row.status_category),
    ...known("resolution", row.resolution),
    ...(row.assignee_id === null
      ? {}
      : { assignee: { account_id: row.assignee_id, ...(assignee ? { display_name: assignee } : {}) } }),
    ...known("comments", comments),
    state,
    ...known("differs", differs),
    ...known("duplicates", duplicates),
    ...known("pushed_at", row.pushed_at),
    ...known("seen_at", row.seen_at),
    ...{ created_at, updated_at },
    ...(row.error === null ? {} : { error: JSON.parse(row.error) as PushProblem & { at: number } }),
  };
}
