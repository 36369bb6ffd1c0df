/** Ideas of an application become issues, and stay linked both ways. */
export { isResolved } from "./idea.ts";
export type * from "./model.ts";
export { createPush } from "./push.ts";
