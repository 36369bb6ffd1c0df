/** What happens that webhooks tell of. */
import type { Issue, JiraRecord, Json } from "../world/model.ts";

/** Something that webhooks tell of. */
export type Happening = {
  readonly event: string;
  /** `issue_event_type_name` of an issue event. */
  readonly typeName?: string;
  /** The issue it happened to; filters are asked about it. */
  readonly issue: Issue;
  readonly changelog?: JiraRecord;
  readonly comment?: JiraRecord;
  readonly worklog?: JiraRecord;
  /** Members of the body beside those. */
  readonly more?: JiraRecord;
  /** The key of an issue property. */
  readonly property?: string;
};

/** The field ids of a changelog. */
export function changedFields(changelog: JiraRecord | undefined): string[] {
  const items: Json = changelog?.items ?? null;
  if (!Array.isArray(items)) return [];
  return items.flatMap((item) => {
    if (item === null || typeof item !== "object" || Array.isArray(item)) return [];
    return [String(item.fieldId ?? item.field)];
  });
}
