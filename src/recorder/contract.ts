/** What the recorder takes and gives. */
import type { ErrorCode } from "../errors.ts";
import type { HttpHeaders, HttpRequest } from "../http.ts";
import type { Log } from "../log.ts";
import type { Flavor } from "../protocol/flavors.ts";
import type { Store } from "../store/index.ts";
import type { BaseStrings, Evidence, Step } from "./step.ts";

/** One try of a call that failed in the end. */
export type FailedTry = {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly ended_at: number;
  /** As it was signed. Nothing of its body is looked at but a form's, for the base string. */
  readonly sent?: HttpRequest | undefined;
  readonly response?:
    | { readonly status: number; readonly headers: HttpHeaders; readonly body?: Uint8Array | undefined }
    | undefined;
  /** Where there was no answer. */
  readonly error_code?: ErrorCode | undefined;
};

/** A call that failed, as whoever made it knows it. Tries are empty where nothing was sent. */
export type FailedCall = {
  readonly method: string;
  /** The whole address, unsigned. */
  readonly url: string;
  /** Where the site's REST paths begin. */
  readonly api_base_url: string;
  readonly error_code: ErrorCode;
  /** Jira's own words, bounded. */
  readonly words?: readonly string[] | undefined;
  readonly began_at: number;
  readonly tries: readonly FailedTry[];
};

/** Whose call it was. */
export type CallOf = {
  readonly connection: {
    readonly id: string;
    readonly owner: string;
    readonly registration_id: string;
    readonly flavor: Flavor;
    readonly site: { readonly url: string };
  };
  /** Absent where Latchkey asked by itself. */
  readonly handle_id?: string;
};

export type CallView = {
  readonly id: string;
  readonly connection_id: string;
  readonly registration_id: string;
  readonly flavor: Flavor;
  readonly site_url: string;
  readonly handle_id?: string;
  readonly method: string;
  readonly path_template: string;
  readonly url: string;
  /** Of the last answer; absent where there was none. */
  readonly status?: number;
  readonly error_code: ErrorCode;
  readonly started_at: number;
  readonly ended_at: number;
  readonly tries: number;
  /** Calls of the same connection that failed alike soon after, and were only counted. */
  readonly missed: number;
  readonly steps: readonly Step[];
};

/** The last thing that went wrong, as far as it was recorded. */
export type Trouble = {
  readonly kind: "dance" | "call";
  readonly id: string;
  readonly at: number;
  readonly outcome: "failed";
  readonly error_code: ErrorCode;
  readonly flavor: Flavor;
  readonly registration_id: string;
  readonly connection_id?: string;
  readonly site_url?: string;
  readonly steps: readonly Step[];
  /** The exchange that failed; masked. */
  readonly method?: string;
  readonly url?: string;
  readonly status?: number;
  readonly headers?: HttpHeaders;
  /** Jira's own word in it, such as an `oauth_problem`. */
  readonly jira_word?: string;
  /** A dance's failure in words, as the record keeps it: JSON of `explainFailure`. */
  readonly failure?: { readonly happened: string; readonly next: readonly string[] };
  /** For operators alone. */
  readonly base_strings?: BaseStrings;
  readonly jira?: readonly string[];
};

/** How much is kept of a storm. Of calls of one connection that fail alike: so many at once, then one in a while. */
export type RecorderLimits = {
  readonly alike: number;
  readonly alike_every_ms: number;
  /** Of all calls together. */
  readonly all: number;
  readonly all_every_ms: number;
  /** Rows that wait for the database; of more, the newest are only counted. */
  readonly pending: number;
  /** From a failure until it is written. */
  readonly flush_ms: number;
};

export type RecorderParts = {
  readonly store: Store;
  /** The vault's seal and its reverse. */
  readonly vault: {
    seal(place: Place, text: string): string;
    open(place: Place, sealed: string): { reveal(): string };
  };
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly limits?: Partial<RecorderLimits>;
};

export type Place = {
  readonly table: string;
  readonly column: string;
  readonly row: string;
  readonly owner: string;
  readonly generation: number;
};

export type Recorder = {
  /** Takes a call that failed. Nobody waits for the database, and nothing is thrown. */
  failed(of: CallOf, call: FailedCall): void;
  /** @throws not_found, also for another owner's */
  get(owner: string, id: string): Promise<CallView>;
  /** Newest first; default 50. */
  list(
    owner: string,
    filter?: { readonly connection_id?: string; readonly limit?: number },
  ): Promise<CallView[]>;
  /** With the owner, and with what operators alone may see. @throws not_found */
  getForOperator(id: string): Promise<CallView & { readonly owner: string; readonly evidence: Evidence }>;
  listForOperator(limit?: number): Promise<(CallView & { readonly owner: string })[]>;
  /**
   * The last dance or call of an owner that failed.
   * @param operator whether base strings and Jira's own words are wanted: for operators alone
   */
  latestTrouble(owner: string, operator?: boolean): Promise<Trouble | undefined>;
  /** Resolves when all that was handed over is written, or the database has refused it once. */
  flush(): Promise<void>;
  /** Writes what waits. Call it before the store is closed. */
  close(): Promise<void>;
};
