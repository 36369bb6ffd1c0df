/** Handles: keys `lk_…` that let a caller use connections within limits. */
export { createHandles, type Handles, type HandlesParts, type Refused } from "./handles.ts";
export { permit as demandAllowed } from "./limits.ts";
export {
  type Checkpoint,
  createUseLog,
  type Entry,
  type Fault,
  type LogLimits,
  type Proof,
  type UseLog,
} from "./log/index.ts";
export type { HandleInput, HandleLimits, HandleLimitsInput, HandleView, Use } from "./model.ts";
export { fitsPattern } from "./paths.ts";
export { createPolicies, type Policies, type PoliciesParts, type SitePolicy } from "./policies.ts";
export type { NamedPolicy } from "./policy-document.ts";
export type { PolicyKeyring } from "./policy-keys.ts";
export type { SiteReader } from "./policy-site.ts";
export { createProjects, type Projects } from "./projects/index.ts";
