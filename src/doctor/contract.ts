/** What the doctor takes and gives: plain types, so that a page, a command and the API can show the same. */
import type { ErrorCode, Fault } from "../errors.ts";
import type { HttpHeaders } from "../http.ts";
import type { Log } from "../log.ts";
import type { Flavor } from "../protocol/flavors.ts";
import type { Transport } from "../transport.ts";
import type { Registration, Vault } from "../vault/index.ts";

/** The walk, in its order: what comes first makes all after it impossible. */
export const STEPS = [
  "dns",
  "connection",
  "tls",
  "clock",
  "base_url",
  "jira",
  "registration",
  "key_pair",
  "callback",
  "scopes",
  "family",
  "site",
  "permission",
  "rate_limits",
  "webhooks",
] as const;
export type StepName = (typeof STEPS)[number];

/** `ok`: proven. `found`: here is the cause. `unproven`: nothing speaks against it. `skipped`: it was not looked at. */
export type StepOutcome = "ok" | "found" | "unproven" | "skipped";

export type Step = {
  readonly name: StepName;
  readonly outcome: StepOutcome;
  readonly says: string;
  readonly evidence?: readonly string[];
};

/** Both texts that were signed, tokens masked, and where they part. For operators. */
export type BaseStrings = {
  readonly ours: string;
  readonly theirs: string;
  /** The first character that differs; absent where both are the same. */
  readonly differ_at?: number;
};

export type Cause = {
  readonly code: ErrorCode;
  /** The row of the table in docs/doctor.md. */
  readonly row?: string;
  readonly title: string;
  /** Why it is so, in a sentence or two. */
  readonly says: string;
  /** Who can mend it. */
  readonly whose: Fault;
  readonly evidence: readonly string[];
  /** What to do, for this flavor and version of Jira. */
  readonly next_step: string;
  readonly flavor?: Flavor;
  readonly version?: string;
  readonly base_strings?: BaseStrings;
};

export type Diagnosis = {
  /** What was looked at: an address, or a connection. */
  readonly target: string;
  readonly flavor?: Flavor;
  readonly version?: string;
  /** `unproven`: nothing is wrong as far as can be told, but something essential could not be proven. */
  readonly outcome: "healthy" | "found" | "unproven";
  readonly cause?: Cause;
  readonly steps: readonly Step[];
  readonly connection_id?: string;
  readonly registration_id?: string;
};

/** What was seen, wherever: an answer the doctor got itself, a recorded one, or what another program printed. */
export type Observation = {
  readonly flavor?: Flavor | undefined;
  readonly version?: string | undefined;
  readonly method?: string | undefined;
  /** The address that was asked, query included. */
  readonly url?: string | undefined;
  readonly request_headers?: HttpHeaders | undefined;
  readonly status?: number | undefined;
  readonly headers?: HttpHeaders | undefined;
  /** The body of the answer, or the words on a screen. Bounded. */
  readonly text?: string | undefined;
  /** Our own name for it, where there is one. */
  readonly code?: ErrorCode | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
};

/** What is known when a next step is put into words. */
export type About = {
  readonly flavor?: Flavor | undefined;
  readonly version?: string | undefined;
  readonly site?: string | undefined;
  readonly registration?: Registration | undefined;
  readonly seen: Observation;
};

/** One cause: its signs, why it is so, and what to do. */
export type Row = {
  /** `cloud-4`, `dc-17`: the place in the table. */
  readonly id: string;
  readonly flavors: readonly Flavor[];
  readonly step: StepName;
  readonly code: ErrorCode;
  readonly title: string;
  /** What one sees, in words. */
  readonly signs: string;
  readonly cause: string;
  readonly next: (about: About) => string;
  readonly whose?: Fault;
  /** Whether these are its signs. */
  readonly sees: (seen: Observation) => boolean;
};

/** A check of a registration, as the room of the dances makes it. */
export type Checked = {
  readonly findings: readonly {
    readonly code: string;
    readonly outcome: "ok" | "wrong" | "unproven";
    readonly says: string;
    readonly fix?: string;
    readonly evidence?: Readonly<Record<string, unknown>>;
  }[];
};

/** A dance or a call that failed and was recorded, as far as the doctor reads it. */
export type Recorded = {
  readonly id: string;
  readonly kind: "dance" | "call";
  readonly registration_id: string;
  readonly flavor: Flavor;
  readonly site_url?: string;
  readonly at: number;
  readonly error_code: ErrorCode;
  /** In words, where the record keeps them. */
  readonly failure?: { readonly happened: string; readonly next: readonly string[] };
  /** `oauth_problem=…`, or the word alone. */
  readonly jira_word?: string;
  /** The exchange that failed, masked. */
  readonly method?: string;
  readonly url?: string;
  readonly status?: number;
  readonly headers?: HttpHeaders;
  /** What was signed; for operators. */
  readonly base_strings?: { readonly ours: string; readonly theirs?: string };
  /** Jira's own words; for operators. */
  readonly jira?: readonly string[];
};

export type DoctorParts = {
  readonly vault: Vault;
  readonly transport: Transport;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  /** Proves what can be proven of a registration without a person. */
  readonly check: (registration_id: string) => Promise<Checked>;
  /** From what was typed to a Jira. @throws the LatchkeyError that explains best why there is none */
  readonly discover: (input: {
    readonly owner: string;
    readonly text: string;
    readonly trust: "end-user" | "operator";
  }) => Promise<{
    readonly site: {
      readonly base_url: string;
      readonly deployment: "cloud" | "datacenter";
      readonly version?: string;
    };
    readonly flavors: readonly Flavor[];
    readonly registrations: readonly Registration[];
  }>;
  /** The last dance or call of an owner that failed. `operator`: with what operators alone may see. */
  readonly latest: (owner: string, operator: boolean) => Promise<Recorded | undefined>;
  /** Where the gateway listens for browsers that come back. Absent: that is not looked at. */
  readonly callbackUrl?: (registration_id: string) => string;
};

export type Target =
  | { readonly site: string; readonly owner: string; readonly trust: "end-user" | "operator" }
  | { readonly connection: { readonly owner: string; readonly id: string } }
  | { readonly registration: { readonly owner: string; readonly id: string } };

export type Doctor = {
  /**
   * Walks from the address to the webhooks, and stops at the first cause it can prove. Asks Jira a handful of
   * questions that change nothing; renews tokens where they have run out, as any call would.
   *
   * @throws LatchkeyError `not_found` for a connection or registration that is not there or another owner's
   */
  examine(target: Target): Promise<Diagnosis>;
  /** Explains the last dance or call that failed; `undefined` where none is recorded. */
  last(owner: string, operator?: boolean): Promise<Diagnosis | undefined>;
  /**
   * Names the cause in what another program or a page has said: an answer with its headers (`curl -i`), or an error
   * text. Asks nobody.
   */
  explain(seen: Observation): Diagnosis;
};
