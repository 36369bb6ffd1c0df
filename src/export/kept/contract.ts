/** Exports that a gateway makes and keeps for a time. */
import type { Jira, Standing } from "../../jira/index.ts";
import type { Log } from "../../log.ts";
import type { Store } from "../../store/index.ts";
import type { Connection, Vault } from "../../vault/index.ts";
import type { ExportedFile, ExportPolicy, ExportProgress, Format, Kind, Manifest } from "../model.ts";

const DAY_MS = 86_400_000;

/** What is kept of one owner: so many exports, so many bytes, for so long after they ended. */
export const KEPT_EXPORTS = { exports: 20, bytes: 5_000_000_000, days: 7, ms: 7 * DAY_MS } as const;

export type NewExport = {
  readonly connection_id: string;
  /** Which issues: a question, or projects by key or id. One of the two. */
  readonly jql?: string;
  readonly projects?: readonly string[];
  readonly format: Format;
  /** `raw`, or a policy's name. */
  readonly policy: string;
  readonly without?: readonly Kind[];
  readonly attachments?: boolean;
  /** The id of an export that is done and asked for the same: only what changed since. */
  readonly since?: string;
};

export type ExportState = "queued" | "running" | "done" | "failed" | "stopped";

export type ExportView = {
  readonly id: string;
  readonly connection_id: string;
  readonly jql: string;
  readonly format: Format;
  readonly policy: string;
  readonly without: readonly Kind[];
  readonly attachments: boolean;
  readonly since?: string;
  readonly state: ExportState;
  readonly progress?: Omit<ExportProgress, "standing"> & { readonly standing: Standing };
  readonly files?: readonly ExportedFile[];
  readonly left_out?: Manifest["left_out"];
  /** Of a queued one: why it waits. */
  readonly error?: { readonly code: string; readonly message: string; readonly fix: string };
  /** Times it began again from nothing, because what was read lies on another machine. */
  readonly begun_anew: number;
  readonly created_at: number;
  readonly started_at?: number;
  readonly ended_at?: number;
  /** When it and its files are removed. */
  readonly expires_at?: number;
};

/** A file to hand out. */
export type KeptFile = { readonly name: string; readonly path: string; readonly bytes: number };

export type Exports = {
  /** @throws bad_request, not_found, policy_denied, exports_full */
  start(owner: string, asked: NewExport): Promise<ExportView>;
  /** Newest first. */
  list(owner: string): Promise<ExportView[]>;
  /** @throws not_found */
  get(owner: string, id: string): Promise<ExportView>;
  /** A file that the manifest names, the manifest itself, or an attachment. @throws not_found */
  file(owner: string, id: string, name: string): Promise<KeptFile>;
  /** Stops one that is open; removes one that has ended. Its files go in both cases. @throws not_found */
  remove(owner: string, id: string): Promise<"stopped" | "removed">;
  /** What is to be made and nobody makes; none while this process makes as many as it may. */
  due(limit: number): Promise<readonly { readonly owner: string; readonly id: string }[]>;
  /** Claims one and begins it; does not wait for its end. */
  begin(id: string): Promise<void>;
  /** Waits for what this process makes. */
  settled(): Promise<void>;
  /** Ends what this process makes; another one, or the next, goes on with it. */
  close(): Promise<void>;
};

export type ExportsParts = {
  readonly store: Store;
  readonly vault: Vault;
  /** Where files lie, each export in a folder of its own. */
  readonly folder: string;
  /** A client whose calls are `bulk`. */
  jiraFor(owner: string, connection_id: string): Promise<Jira>;
  readonly policies: {
    fits(name: string, connection: Connection): boolean;
    compiledFor(name: string, connection: Connection): Promise<ExportPolicy>;
  };
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  /** Default {@link KEPT_EXPORTS}. */
  readonly most?: { readonly exports: number; readonly bytes: number };
};
