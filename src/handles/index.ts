/** Handles: keys `lk_…` that let a caller use connections within limits. */
export { createHandles, type Handles, type HandlesParts } from "./handles.ts";
export type { HandleInput, HandleLimits, HandleView, Use } from "./model.ts";
export { createPolicies, type Policies, type PoliciesParts, type SitePolicy } from "./policies.ts";
export type { NamedPolicy } from "./policy-document.ts";
export type { PolicyKeyring } from "./policy-keys.ts";
export type { SiteReader } from "./policy-site.ts";
