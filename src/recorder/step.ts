/** What the record of a dance or of a failed call consists of. Everything in it was masked before it was written. */
import type { HttpHeaders } from "../http.ts";

export type Lane = "person" | "application" | "latchkey" | "jira";

/** What became of a signature of OAuth 1.0a; `unknown` where nobody said. */
export type SignatureOutcome = "accepted" | "refused" | "unknown";

export type SignedStep = {
  /** The parameters of the Authorization header and their values, masked where secret. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly signature: SignatureOutcome;
};

/** One message, with its answer where it has one. */
export type Step = {
  /** Counted from 1. */
  readonly n: number;
  readonly from: Lane;
  readonly to: Lane;
  readonly label: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly duration_ms?: number;
  readonly request?: { readonly method: string; readonly url: string };
  readonly response?: { readonly status: number; readonly headers: HttpHeaders };
  /** Of a message that was signed with OAuth 1.0a. */
  readonly oauth1?: SignedStep;
  /** How long was waited before it was sent again, where it was. */
  readonly wait_ms?: number;
  /** Code of the error table, or Jira's own word. */
  readonly problem?: string;
};

/** The texts that were signed, tokens masked: ours, and the one Jira worked out where it told. */
export type BaseStrings = { readonly ours: string; readonly theirs?: string };

/** What operators alone may see of a record. */
export type Evidence = {
  /** Jira's own words about a failed call, bounded. */
  readonly jira?: readonly string[];
  /** By number of the step. */
  readonly exchanges?: Readonly<Record<string, BaseStrings>>;
};

/** The stored steps. */
export function readSteps(text: string): Step[] {
  return JSON.parse(text) as Step[];
}
