/** Webhooks as they are registered, and the events there are. */

/** A webhook an OAuth 2.0 app of Cloud registered. */
export type DynamicWebhook = {
  id: number;
  app: string;
  /** The user whose token registered it. */
  user: string;
  url: string;
  jqlFilter: string;
  events: string[];
  fieldIdsFilter?: string[];
  issuePropertyKeysFilter?: string[];
  expires_ms: number;
};

/** A webhook an administrator registered. */
export type AdminWebhook = {
  id: number;
  name: string;
  url: string;
  events: string[];
  /** JQL by section; the sandbox has one section. */
  filters: Record<string, string>;
  excludeBody: boolean;
  enabled: boolean;
  secret?: string;
  /** Who wrote it last, and when. */
  user: string;
  written_ms: number;
};

/** The events an app may register. */
export const DYNAMIC_EVENTS: readonly string[] = [
  ...["created", "updated", "deleted"].flatMap((what) => [`jira:issue_${what}`, `comment_${what}`]),
  "issue_property_set",
  "issue_property_deleted",
  ...["created", "updated", "closed", "deleted", "started"].map((what) => `sprint_${what}`),
  ...["released", "unreleased", "created", "moved", "updated", "merged", "deleted"].map(
    (what) => `jira:version_${what}`,
  ),
];
