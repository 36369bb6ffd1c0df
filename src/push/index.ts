/** Ideas of an application become issues, and stay linked both ways. */
export type * from "./model.ts";
