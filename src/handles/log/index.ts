/** The log of use: a chain of entries that nobody changes, removes or adds to unnoticed. */
export type { Entry } from "./entry.ts";
export { LEDGER, type Statement } from "./ledger.ts";
export { type Checkpoint, createUseLog, LIMITS, type LogLimits, type UseLog } from "./log.ts";
export type { Gap, Proof, SegmentProof } from "./proof.ts";
export type { Fault } from "./recorded.ts";
export type { Refusal } from "./refusals.ts";
