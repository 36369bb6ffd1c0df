/** What a worker process is told to do, and what it writes down while it does it. */
import type { Step } from "../../src/vault/index.ts";

/** A moment in the worker's own work: the nth time that step is done, and so many milliseconds later. */
export type Moment = { readonly step: Step; readonly nth: number; readonly after_ms?: number };

export type Orders = {
  readonly name: string;
  readonly database_url: string;
  /** How long the store waits for another writer. */
  readonly busy_ms: number;
  readonly key_file: string;
  readonly owner: string;
  /** Origins and paths the transport may reach. */
  readonly allow: readonly { readonly origin: string; readonly base_path: string }[];
  /** Where a token is tried: answers 401 to one that is over. */
  readonly probe_url: string;
  readonly limits: { readonly lease_ms: number; readonly exchange_ms: number };
  /** The log of the vault. */
  readonly log_file: string;
  readonly quiet: boolean;
  /** One line per step, written before the next thing happens. */
  readonly steps_file: string;
  /** Ends itself with SIGKILL there. */
  readonly die?: Moment;
  /** Stops itself with SIGSTOP there. */
  readonly stop?: Moment;
  readonly clock_ms?: number;
};

/** What the driver may tell a running worker: its clock is that far off from now on. */
export type Message = { readonly clock_ms: number };

export type Line = {
  /** Milliseconds of the machine's monotonic clock, the same in every process. */
  readonly at: number;
  readonly worker: string;
  readonly step: Step | "dead" | "failed" | "used" | "refused";
  readonly family_id?: string;
  readonly fence?: number;
  readonly connection_id?: string;
  readonly code?: string;
};

export function monotonic(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
