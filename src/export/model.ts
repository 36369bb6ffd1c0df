import type { Jira, Standing } from "../jira/index.ts";
import type { Log } from "../log.ts";

/** What an export holds, each in a file of its own. `deleted` is there from the second run on. */
export const KINDS = [
  "issues",
  "comments",
  "worklogs",
  "changelog",
  "remotelinks",
  "attachments",
  "users",
  "projects",
  "sprints",
  "deleted",
] as const;
export type Kind = (typeof KINDS)[number];

export const FORMATS = ["jsonl", "csv", "parquet"] as const;
export type Format = (typeof FORMATS)[number];

/** Kinds that one may do without; all of them are exported by default. */
export const OPTIONAL_KINDS: readonly Kind[] = KINDS.filter(
  (kind) => kind !== "issues" && kind !== "deleted",
);

export type ExportRequest = {
  /** Which issues. An `order by` is left out: an export has its own order. */
  readonly jql: string;
  /** The file of issues; what belongs to them is put beside it. */
  readonly to: string;
  readonly format: Format;
  /** Kinds to do without. Default: none. */
  readonly without?: readonly Kind[];
  /** The bytes of attachments too. Default false. */
  readonly attachments?: boolean;
  /** `last`: only what changed since the last run into this file. Default: everything. */
  readonly since?: "last" | undefined;
  /** Forgets an export into this file that did not end, instead of going on with it. Default false. */
  readonly fresh?: boolean;
};

/** What leaves, and in what form. A policy of a handle fits. */
export type ExportPolicy = {
  readonly name: string;
  ask(asked: {
    readonly method: string;
    readonly path: string;
    readonly query?: string;
  }): Promise<{ readonly query: string }>;
  answer(operation: string, status: number, body: unknown): unknown;
  readonly endpoints: readonly { readonly operation: { readonly name: string } }[];
};

export type ExportProgress = {
  readonly phase: "planning" | "reading" | "reconciling" | "writing";
  readonly issues: number;
  /** How many there are to read; Jira's own estimate on Cloud. */
  readonly expected: number;
  /** Issues a second, of this run of the process. */
  readonly per_s: number;
  /** Absent where nothing can be reckoned yet. */
  readonly left_s?: number;
  readonly standing: Standing;
};

export type ExportParts = {
  /** A client whose calls are `bulk`. */
  readonly jira: Jira;
  readonly site_url: string;
  /** Default: everything leaves as Jira sent it. */
  readonly policy?: ExportPolicy | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log?: Log;
  /** Ends the export; what was read stays for the next one. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ExportProgress) => void;
  /** Called after every page, to give memory back. */
  readonly sweep?: () => void;
};

export type ExportedFile = {
  readonly kind: Kind;
  /** Beside the manifest. */
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
};

export type ExportRun = {
  readonly run: number;
  readonly since?: string;
  readonly started_at: string;
  readonly finished_at: string;
  readonly files: readonly ExportedFile[];
};

/** What stands beside the files: what they are and whether they are whole. */
export type Manifest = {
  readonly latchkey_export: 1;
  readonly site: string;
  readonly flavor: string;
  readonly jql: string;
  readonly format: Format;
  readonly policy: string | null;
  /** What was asked for and is not there, with the reason. */
  readonly left_out: Readonly<Record<string, "policy" | "refused" | "asked">>;
  /** Names of custom fields by their ids. */
  readonly names: Readonly<Record<string, string>>;
  /** The first run holds everything, each later one what changed since. */
  readonly runs: readonly ExportRun[];
};

export type Exported = {
  readonly manifest: Manifest;
  readonly manifest_path: string;
  readonly run: ExportRun;
  /** Whether an export that had not ended was gone on with. */
  readonly resumed: boolean;
};

/** Part of the issues, by when they were created: `from` ≤ created < `to`, as Jira writes times; or by their ids. */
export type Window = {
  readonly from?: string;
  readonly to?: string;
  readonly ids?: readonly string[];
  /** The question it is a part of. */
  readonly jql?: string;
};
