import type { Connect } from "../connect/index.ts";
import type { Doctor } from "../doctor/index.ts";
import type { Exports } from "../export/index.ts";
import type { Handles, Policies, Projects } from "../handles/index.ts";
import type { Governor, Jira } from "../jira/index.ts";
import type { Log } from "../log.ts";
import type { Push } from "../push/index.ts";
import type { Recorder } from "../recorder/index.ts";
import type { Store } from "../store/index.ts";
import type { Transport } from "../transport.ts";
import type { Vault } from "../vault/index.ts";
import type { Following } from "../webhooks/index.ts";
import type { AdminLinks } from "./admin-links.ts";
import type { PsoxyInstances } from "./psoxy/instances.ts";

/** What the gateway stands on; `compose.ts` has all of it. */
export type GatewayParts = {
  readonly vault: Vault;
  readonly connect: Connect;
  readonly handles: Handles;
  /** Says what is wrong. Absent: nobody is asked, and its addresses are not there. */
  readonly doctor?: Doctor;
  /** Named policies. Absent: only `raw` is known. */
  readonly policies?: Policies;
  /** Instances that answer in Psoxy's place. Absent: there are none. */
  readonly psoxy?: PsoxyInstances;
  /** What a handle limited to projects may reach. Absent: such a handle reaches nothing. */
  readonly projects?: Projects;
  /** The largest answer that is looked into. Default 10,000,000 bytes. */
  readonly max_filtered_bytes?: number;
  /** How changes in Jira become known. Absent: no webhook of Jira is taken. */
  readonly following?: Following;
  /** Ideas and the issues they become. Absent: there are none. */
  readonly push?: Push;
  /** Exports as jobs. Absent: there are none. */
  readonly exports?: Exports;
  readonly store: Store;
  readonly transport: Transport;
  /** The authenticated client of one connection of one owner. */
  jiraFor(owner: string, connection_id: string): Promise<Jira>;
  /** Lets calls go as Jira's limits allow. Default: nothing is held back. */
  readonly governor?: Governor;
  /** Keeps the calls that failed. Default: none is kept. */
  readonly recorder?: Recorder;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  /** Where people reach the gateway, path included where it is mounted below one. */
  readonly public_url: string;
  /** The application's own user behind a request; `undefined`: nobody is signed in. Default: everyone is `local`. */
  readonly owner?: (
    request: Request,
    info?: { readonly remote?: string },
  ) => string | undefined | Promise<string | undefined>;
  /** The application's name, as people see it. Default `Latchkey`. */
  readonly application?: string;
  /** Origins a person may be sent back to after connecting. Default: only our own pages. */
  readonly return_origins?: readonly string[];
  /** One-time links to the admin page. Default: made over the same store. */
  readonly admin?: AdminLinks;
  /** The demo's own Jiras, named on the connect page so that a newcomer has something to type. */
  readonly demo?: { readonly cloud: string; readonly datacenter: string };
};
