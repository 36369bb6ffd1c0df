/** A project of one connection's site, by what never changes. */
export type ProjectLimit = {
  readonly connection_id: string;
  readonly id: string;
  /** As it was when the handle was made; only to be shown. */
  readonly key: string;
};

/** Limits of one handle. An absent list allows nothing of its kind; nothing is allowed by omission. */
export type HandleLimits = {
  /** Upper-case HTTP methods. Default `GET` and `HEAD`. */
  readonly methods: readonly string[];
  /**
   * Prefixes of the path below the site's base, matched on segment boundaries. Default `/rest/api/`, or none where
   * patterns are given.
   */
  readonly path_prefixes: readonly string[];
  /** Patterns of whole paths beside the prefixes: `*` stands for one segment, `**` for any number of them. */
  readonly path_patterns?: readonly string[];
  /** Sites, by address or id; a connection to another one is refused. Absent: the site of each connection. */
  readonly sites?: readonly string[];
  /** Only issues of these projects, by the issue's own project and not by its key. Absent: every project. */
  readonly projects?: readonly ProjectLimit[];
  /** In what form answers leave. `raw`: as Jira sent them; else a policy's name. Absent: nothing leaves. */
  readonly policy?: string;
  /** Calls a minute; as many may come at once. Counted by each process for itself. */
  readonly rate?: { readonly per_minute: number };
  /** Whether somebody waits for its calls; `bulk` lets others go first. Default `interactive`. */
  readonly priority?: "interactive" | "bulk";
  /** Links of Jira to itself lead through the proxy. Default: they stay as they are. */
  readonly rewrite_links?: boolean;
  /** Whether the handle may call the gateway's own API for its owner. Default: not. */
  readonly api?: "read" | "manage";
};

/** What may be asked for: projects by key or id, as people know them. */
export type HandleLimitsInput = Partial<Omit<HandleLimits, "projects">> & {
  readonly projects?: readonly (string | ProjectLimit)[];
};

export type HandleInput = {
  readonly owner: string;
  /** What it is for, in words; 1 to 100 characters. */
  readonly name: string;
  readonly connection_ids: readonly string[];
  readonly limits?: HandleLimitsInput;
  /** Milliseconds since the epoch. Default: it does not expire. */
  readonly expires_at?: number;
};

export type HandleView = {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly connection_ids: readonly string[];
  readonly limits: HandleLimits;
  readonly created_at: number;
  readonly expires_at?: number;
  readonly revoked_at?: number;
  readonly last_used_at?: number;
};

/** One use, for the log: who, which site, method, path template, status, bytes; never a token or a body. */
export type Use = {
  readonly connection_id: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly duration_ms: number;
};
