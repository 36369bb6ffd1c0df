import type { Jira } from "../jira/index.ts";
import type { Dialect } from "../protocol/flavors.ts";
import type { Connection } from "../vault/index.ts";
import type { Forms } from "./form.ts";
import type { holderOf } from "./lease.ts";
import type { PushLimits, PushParts } from "./model.ts";
import type { People } from "./people.ts";
import type { createReadings, Marked } from "./recent.ts";

/** What all pushes of a process share. */
export type Workshop = PushParts & {
  readonly limits: PushLimits;
  readonly holder: ReturnType<typeof holderOf>;
  readonly forms: Forms;
  readonly readings: ReturnType<typeof createReadings<readonly Marked[]>>;
};

/** What the pushes over one connection share. */
export type Bench = Workshop & {
  readonly owner: string;
  readonly connection: Connection;
  readonly jira: Jira;
  readonly dialect: Dialect;
  readonly people: People;
};
