import type { Connect } from "../connect/index.ts";
import type { Jira } from "../jira/index.ts";
import type { Log } from "../log.ts";
import type { Store } from "../store/index.ts";
import type { Transport } from "../transport.ts";
import type { Vault } from "../vault/index.ts";

export type JobName =
  | "keep_alive"
  | "warnings"
  | "sites"
  | "sweep"
  | "retention"
  | "outbox"
  | "inbox"
  | "follow"
  | "exports";

/** One thing to do: a family, a connection, or all that a job has to do. */
export type Piece = {
  readonly owner: string;
  readonly id: string;
};

/** For a job that is one piece. */
export const WHOLE: Piece = { owner: "", id: "all" };

/**
 * Something that runs by itself. When each piece is due stands in the rows it is about, and `run` looks there again:
 * a piece that ran twice, or was left in the middle, does no harm. The engines only wake it and share it out.
 */
export type Job = {
  readonly name: JobName;
  /** Seconds from one look for what is due to the next. */
  readonly every_s: number;
  /** Pieces at once in one process. */
  readonly concurrency: number;
  /** Seconds after which a run without a sign of life counts as abandoned (timers). */
  readonly lease_s: number;
  /** Whether replicas share its pieces, because each takes a network call. */
  readonly shared: boolean;
  /** What is due now, the most urgent first. */
  due(limit: number): Promise<readonly Piece[]>;
  /** @throws what the engine then logs; the piece is due again when its row says so */
  run(piece: Piece): Promise<void>;
};

export type JobParts = {
  readonly vault: Vault;
  readonly store: Store;
  readonly connect: Pick<Connect, "sweep">;
  /** The log of use, which alone may remove what is in it. */
  readonly uses: { retain(before: number, rows: number): Promise<void> };
  /** How changes in Jira become known. Absent: they do not. */
  readonly following?: {
    dueIssues(limit: number): Promise<readonly Piece[]>;
    readAgain(id: string): Promise<void>;
    dueConnections(limit: number): Promise<readonly Piece[]>;
    look(owner: string, connection_id: string): Promise<void>;
    tidy(): Promise<void>;
  };
  /** Exports that the gateway makes. Absent: there are none. */
  readonly exports?: {
    due(limit: number): Promise<readonly Piece[]>;
    begin(id: string): Promise<void>;
  };
  readonly transport: Transport;
  /** The authenticated client of one connection of one owner. */
  jiraFor(owner: string, connection_id: string): Promise<Jira>;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
};

/** What wakes the jobs and shares them among processes. */
export type Engine = {
  start(): Promise<void>;
  /** Waits for the pieces that run, and takes no others. */
  close(): Promise<void>;
};
