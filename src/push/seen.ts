import { type IssueJson, type Json, personOf } from "../jira/index.ts";
import type { LinkChange, LinkRow } from "../store/index.ts";
import type { Bench } from "./bench.ts";

/** What a look at an issue always asks for. */
export const SEEN_FIELDS = ["summary", "status", "resolution", "assignee"];

export type Seen = {
  readonly change: LinkChange & { readonly issue_key: string };
  readonly summary?: string;
  readonly assignee?: string;
};

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;
const nameIn = (value: unknown) => (isObject(value) && typeof value.name === "string" ? value.name : null);

export function issueUrl(site_url: string, key: string): string {
  return `${site_url.replace(/\/+$/, "")}/browse/${encodeURIComponent(key)}`;
}

const projectOf = (key: string | null) => key?.replace(/-\d+$/, "");

/** What an issue shows, as the link keeps it. */
export function seenIn(bench: Pick<Bench, "connection" | "now">, row: LinkRow, issue: IssueJson): Seen {
  const { status, resolution, assignee, summary } = issue.fields ?? {};
  const category =
    isObject(status) && isObject(status.statusCategory) ? status.statusCategory.key : undefined;
  const person = personOf(assignee);
  const moved = row.issue_key !== null && projectOf(row.issue_key) !== projectOf(issue.key);
  return {
    change: {
      issue_id: issue.id,
      issue_key: issue.key,
      issue_url: issueUrl(bench.connection.site.url, issue.key),
      status: nameIn(status),
      status_category: typeof category === "string" ? category : null,
      resolution: nameIn(resolution),
      assignee_id: person?.account_id ?? null,
      seen_at: bench.now(),
      ...(moved ? { state: "moved" as const } : {}),
    },
    ...(typeof summary === "string" ? { summary } : {}),
    ...(person?.display_name === undefined ? {} : { assignee: person.display_name }),
  };
}
