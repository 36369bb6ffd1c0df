/** Limits of one handle. An absent list allows nothing of its kind; nothing is allowed by omission. */
export type HandleLimits = {
  /** Upper-case HTTP methods. Default `GET` and `HEAD`. */
  readonly methods: readonly string[];
  /** Prefixes of the path below the site's base, matched on segment boundaries. Default `/rest/api/`. */
  readonly path_prefixes: readonly string[];
  /** In what form answers leave. `raw`: as Jira sent them. Absent: nothing leaves. */
  readonly policy?: "raw";
  /** Whether the handle may call the gateway's own API for its owner. Default: not. */
  readonly api?: "read" | "manage";
};

export type HandleInput = {
  readonly owner: string;
  /** What it is for, in words; 1 to 100 characters. */
  readonly name: string;
  readonly connection_ids: readonly string[];
  readonly limits?: Partial<HandleLimits>;
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
