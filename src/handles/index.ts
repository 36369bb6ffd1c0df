/** Handles: keys `lk_…` that let a caller use connections within limits. */
export { createHandles, type Handles, type HandlesParts } from "./handles.ts";
export type { HandleInput, HandleLimits, HandleView, Use } from "./model.ts";
