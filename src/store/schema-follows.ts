/** Rows of how changes in Jira become known. */

/** A connection that has links, and how their changes become known: told by Jira, or asked for. */
export type FollowRow = {
  /** The connection's. */
  id: string;
  owner: string;
  registration_id: string;
  site_id: string;
  /** `app`: a webhook of our own at Jira. `admin`: an administrator's. `poll`: nothing but asking. */
  mode: "app" | "admin" | "poll";
  /** Why it only asks; null where Jira tells. */
  reason:
    | "not_looked_yet"
    | "not_reachable"
    | "scope_missing"
    | "not_set_up"
    | "not_supported"
    | "too_many_projects"
    | "refused"
    | "failed"
    | "silent"
    | null;
  /** Jira's own words to a refusal, bounded. */
  says: string | null;
  /** The webhook's id at Jira. */
  webhook_id: number | null;
  /** JSON {url, jql}: as it was registered. */
  webhook: string | null;
  /** When a registration was about to be sent; null unless its outcome is open. */
  intent_at: number | null;
  /** When Jira forgets the webhook. */
  expires_at: number | null;
  /** When it is looked at the registration again. */
  due_at: number;
  /** When Jira is asked for changes again. */
  poll_at: number;
  poll_every_s: number;
  polled_at: number | null;
  /** When the last webhook came that named one of its issues. */
  heard_at: number | null;
  /** Changes of long ago that the last look found and no webhook had told. */
  missed: number;
  /** When it was registered anew because nothing came. */
  silent_at: number | null;
  lease_until: number | null;
  /** Grows with every claim; a writer with an older one is refused. */
  fence: number;
  created_at: number;
  updated_at: number;
};

/** A webhook that an administrator sets up in Jira: the end of its address, and what it is signed with. */
export type HookRow = {
  id: string;
  registration_id: string;
  /** SHA-256 of the secret in its path, hex. */
  path_hash: string;
  /** What `X-Hub-Signature` is made with, sealed; null where Jira does not sign. */
  sealed_secret: string | null;
  /** When a webhook last came by it. */
  heard_at: number | null;
  created_at: number;
};

/** A webhook that was taken, by which a second one like it is known. */
export type HeardRow = {
  /** SHA-256 of the registration and of what names the webhook, hex. */
  id: string;
  at: number;
};

/** When Jira says an issue was changed last, as it said at the last look. */
export type MarkRow = {
  /** The link's. */
  id: string;
  /** In Jira's own form; it is compared and never computed with. */
  updated: string;
};

/** An issue that has links and may have changed. However often Jira tells of it, it is one row. */
export type TouchedRow = {
  /** The three that follow, as JSON. */
  id: string;
  registration_id: string;
  site_id: string;
  issue_id: string;
  /** How often it was told of since it was last read. */
  count: number;
  first_at: number;
  due_at: number;
  /** Readings that failed. */
  attempts: number;
  lease_until: number | null;
  /** Grows with every claim; the end of an older one changes nothing. */
  fence: number;
};
