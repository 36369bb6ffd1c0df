/** What the room of pushes takes and gives. */
import type { Governor, Jira, Priority } from "../jira/index.ts";
import type { Log } from "../log.ts";
import type { LinkRow, Store } from "../store/index.ts";
import type { Publication, Vault } from "../vault/index.ts";

/** An idea or story of an application, as it is handed over. */
export type Idea = {
  /** The application's own id; at most 200 characters. The same id is the same idea. */
  readonly id: string;
  /** Becomes the summary: one line of at most 255 characters. */
  readonly title: string;
  /** Markdown. Absent leaves Jira's description alone; `""` empties it. */
  readonly description?: string;
  /** Where people see the idea; the remote link leads there. Without it there is no remote link. */
  readonly url?: string;
  /** The application's own word for where the idea stands. */
  readonly status?: string;
  /** Whether the idea is over, which strikes the remote link out. Default: by `status`, see {@link isResolved}. */
  readonly resolved?: boolean;
  readonly labels?: readonly string[];
  /** Further fields by name or id: options by name, users by e-mail or account id, dates as `2026-11-20`. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Project key or id. */
  readonly project: string;
  /** Issue type name or id. */
  readonly issueType: string;
  /** Raises a customer request of Jira Service Management instead. */
  readonly request?: RequestTarget;
};

export type RequestTarget = {
  /** Id of the service desk, or the key of its project. */
  readonly service_desk: string;
  /** Name or id. */
  readonly request_type: string;
  /** The customer: an account id, on Data Center a user name. Jira must let the connection's account do that. */
  readonly on_behalf_of?: string;
};

/** What becomes of a field that was edited on both sides. `report`: nothing but that it is told. */
export type ConflictRule = "report" | "ours" | "theirs";

export type PushOptions = {
  /** Says what would be sent, and sends no write. */
  readonly dry_run?: boolean;
  /** For every field that has no rule of its own. Default `report`. */
  readonly on_conflict?: ConflictRule;
  /** By the field's name in the idea: `summary`, `description`, `labels`, or as it stands in `fields`. */
  readonly conflict?: Readonly<Record<string, ConflictRule>>;
  /** Whether a person waits. Default `interactive` for one idea, `bulk` for many. */
  readonly priority?: Priority;
  /** How long the outcome of an earlier sending is waited for, milliseconds. Default 60 000; 0 answers at once. */
  readonly patience_ms?: number;
  /** Ends the wait, and what has not been sent. */
  readonly signal?: AbortSignal;
};

/** One call to Jira as a dry run shows it. */
export type PlannedCall = { readonly method: string; readonly path: string; readonly json: unknown };

export type Difference = {
  readonly field: string;
  /** As the application has it now. */
  readonly ours: unknown;
  /** As Jira has it now; a text as Markdown. */
  readonly theirs: unknown;
};

export type PushOutcome = "created" | "updated" | "unchanged" | "would_create" | "would_update" | "refused";

export type PushResult = {
  readonly idea_id: string;
  readonly outcome: PushOutcome;
  /** Absent where nothing was kept: a dry run of a new idea, an idea that is none. */
  readonly link?: LinkView;
  /** Fields that were edited on both sides; those without a rule were left as they are. */
  readonly differs?: readonly Difference[];
  /** A refusal: what is wrong, where, and what to do. */
  readonly error?: PushProblem;
  /** A dry run: what would be sent, in that order. */
  readonly calls?: readonly PlannedCall[];
};

export type PushProblem = {
  /** Of the error table. */
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
  /** Every field at fault, by the name the idea gives it, or by Jira's where it gives none. */
  readonly fields?: readonly FieldProblem[];
  /** The outcome of a sending is open: push the idea again then. */
  readonly retry_after_s?: number;
};

export type FieldProblem = {
  readonly field: string;
  readonly problem: string;
  /** The values Jira allows, or names close to an unknown one; at most 50. */
  readonly allowed?: readonly string[];
};

export type LinkState = LinkRow["state"];

export type LinkView = {
  readonly id: string;
  readonly connection_id: string;
  readonly idea_id: string;
  readonly kind: "issue" | "request";
  /** Absent until the issue stands. */
  readonly issue_id?: string;
  readonly issue_key?: string;
  readonly issue_url?: string;
  readonly summary?: string;
  readonly status?: string;
  /** Jira's key: `new`, `indeterminate`, `done`. */
  readonly status_category?: string;
  readonly resolution?: string;
  readonly assignee?: { readonly account_id: string; readonly display_name?: string };
  /** A request: its public comments, the newest last, at most 20. */
  readonly comments?: readonly PublicComment[];
  /** `waiting`: the issue does not stand yet, or its outcome is unknown. */
  readonly state: LinkState;
  readonly differs?: readonly Difference[];
  /** Keys of further issues that carry the same idea. They are told of and never deleted. */
  readonly duplicates?: readonly string[];
  readonly pushed_at?: number;
  /** When the issue was last read. */
  readonly seen_at?: number;
  readonly created_at: number;
  readonly updated_at: number;
  /** Of the last push or look that failed. */
  readonly error?: PushProblem & { readonly at: number };
};

export type PublicComment = {
  readonly id: string;
  readonly author?: string;
  readonly text: string;
  readonly created_at?: number;
};

export type LinkQuery = {
  readonly connection_id?: string;
  readonly state?: LinkState;
  readonly idea_id?: string;
  /** Those after the link with this id. */
  readonly after?: string;
  /** Default 50, at most 200. */
  readonly limit?: number;
};

/** A link that was read again. */
export type Refreshed = { readonly link: LinkView; readonly changed: boolean };

export type Links = {
  /** Newest first. */
  list(owner: string, query?: LinkQuery): Promise<readonly LinkView[]>;
  /** @throws not_found */
  get(owner: string, id: string): Promise<LinkView>;
  /** The idea as it was last handed over. @throws not_found */
  idea(owner: string, id: string): Promise<Idea>;
  /** How many of a connection are in each state. */
  count(owner: string, connection_id: string): Promise<Partial<Record<LinkState, number>>>;
  /**
   * Reads the issue again with the connection's own rights, keeps what it shows, and publishes `link.updated` where
   * something moved. @throws not_found, and what the client throws where Jira is not reached
   */
  refresh(owner: string, id: string): Promise<Refreshed>;
  /** Pushes the kept idea again, with these rules for what differs. @throws not_found */
  retry(owner: string, id: string, options?: PushOptions): Promise<PushResult>;
  /** Forgets the link here; the issue stays. @throws not_found */
  forget(owner: string, id: string): Promise<void>;
  /** The ideas behind an issue, of all owners: for a webhook, which names an issue and no owner. */
  findByIssue(
    registration_id: string,
    site_id: string,
    issue_id: string,
  ): Promise<readonly { readonly owner: string; readonly id: string; readonly connection_id: string }[]>;
  /** Those not read since `before`, the longest ago first, of all owners. */
  due(
    before: number,
    limit: number,
    connection_id?: string,
  ): Promise<readonly { readonly owner: string; readonly id: string; readonly connection_id: string }[]>;
  listForOperator(limit?: number): Promise<readonly (LinkView & { readonly owner: string })[]>;
};

export type Push = {
  /**
   * Makes the idea an issue, or brings its issue up to date. The same idea again changes nothing.
   * @throws LatchkeyError `not_found` for a connection that is not theirs, and whatever ends the connection itself;
   * what is wrong with the idea is in the answer
   */
  push(owner: string, connection_id: string, idea: Idea, options?: PushOptions): Promise<PushResult>;
  /** Many, several at a time; answers come as they are done, each with the place of its idea, from 0. */
  pushMany(
    owner: string,
    connection_id: string,
    ideas: Iterable<unknown> | AsyncIterable<unknown>,
    options?: PushOptions,
  ): AsyncIterable<PushResult & { readonly at: number }>;
  readonly links: Links;
};

export type PushLimits = {
  /** How long search may lag behind what was written, milliseconds. Default 30 000. */
  readonly index_lag_ms: number;
  /** The creation is given up after this, waiting for Jira's limits included, milliseconds. Default 45 000. */
  readonly send_ms: number;
  /** How many ideas of one call are in the works at once. Default 8. */
  readonly at_once: number;
};

export type PushParts = {
  readonly store: Store;
  readonly vault: Pick<Vault, "connections" | "seal" | "open">;
  jiraFor(owner: string, connection_id: string, options?: { readonly priority?: Priority }): Promise<Jira>;
  readonly governor?: Governor;
  /** The product's name: in the remote link, its global id, and the issue property. */
  readonly application: string;
  /** A picture of 16 × 16 for the remote link. */
  readonly icon_url?: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: Log;
  /** Writes an event in the caller's transaction. */
  publish(tx: Store, random: (bytes: number) => Uint8Array, input: Publication): Promise<void>;
  readonly limits?: Partial<PushLimits>;
  /** Waits; default by the clock on the wall. */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
};
