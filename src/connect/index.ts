/** The dances: find the Jira, ask, come back, pick the site, connect; and say what is wrong when something is. */
import type { Connect, ConnectParts } from "./contract.ts";

export type * from "./contract.ts";
export { explainFailure, type Failure } from "./failures.ts";

/** Puts the dances together over a vault and the outward door. */
export function createConnect(_parts: ConnectParts): Connect {
  throw new Error("not built yet");
}
