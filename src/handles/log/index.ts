/** The log of use: a chain of entries that nobody changes, removes or adds to unnoticed. */
export type { Entry } from "./entry.ts";
export { type Checkpoint, createUseLog, type LogLimits, type UseLog } from "./log.ts";
export type { Proof } from "./proof.ts";
export type { Fault } from "./recorded.ts";
export type { Refusal } from "./refusals.ts";
