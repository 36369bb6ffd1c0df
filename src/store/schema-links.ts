/** An idea of an application, and the issue it became. */
export type LinkRow = {
  id: string;
  owner: string;
  /** The one it was last pushed over. */
  connection_id: string;
  registration_id: string;
  site_id: string;
  /** The application's own; unique within owner and site. */
  idea_id: string;
  /** The application's name as it stood when the link was made; it stands in the remote link's global id. */
  application: string;
  kind: "issue" | "request";
  /** As the idea names it. A request has its service desk here. */
  project: string;
  /** As the idea names it. A request has its request type here. */
  issue_type: string;
  /**
   * How far it is in Jira. `planned`: nothing was sent. `sending`: the creation is on its way, or its outcome is
   * unknown. `created`: the issue stands. `done`: property and remote link stand too.
   */
  step: "planned" | "sending" | "created" | "done";
  state: "waiting" | "ok" | "differs" | "deleted" | "moved" | "duplicate" | "failed";
  issue_id: string | null;
  issue_key: string | null;
  issue_url: string | null;
  /** SHA-256 of what was last pushed whole; the same again costs no call. */
  idea_digest: string | null;
  /** JSON {field: {ours, theirs}}: digests of what we sent last and of what Jira made of it. */
  pushed: string | null;
  /** Until when the creation may have been on its way; null unless its outcome is open. */
  intent_at: number | null;
  /** From when on it is looked once more for a second issue of the same idea. */
  recheck_at: number | null;
  lease_owner: string | null;
  lease_until: number | null;
  /** Grows with every claim; a writer with an older one is refused. */
  fence: number;
  status: string | null;
  /** Jira's key: `new`, `indeterminate`, `done`. */
  status_category: string | null;
  resolution: string | null;
  assignee_id: string | null;
  /** A request: the last public comment that was told of. */
  comment_id: string | null;
  /** JSON {idea, summary, assignee, differs, duplicates, comments}, sealed: texts of people. */
  sealed_content: string | null;
  /** Grows with every change of sealed_content. */
  generation: number;
  /** JSON {code, at, field?, fix?}; null unless the last push or look failed. */
  error: string | null;
  pushed_at: number | null;
  /** When the issue was last read. */
  seen_at: number | null;
  created_at: number;
  updated_at: number;
};
