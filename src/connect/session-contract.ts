/** What connect sessions take and give: an application sends its user to connect, and takes the result up. */

import type { Flavor } from "../protocol/flavors.ts";
import type { Secret } from "../secret.ts";
import type { Connection } from "../vault/index.ts";
import type { ConnectParts } from "./contract.ts";

export type ConnectSessionParts = Pick<ConnectParts, "vault" | "store" | "now" | "random" | "log"> & {
  /** Where people reach the gateway; the link begins with it. */
  readonly public_url: string;
  /** Origins a person may be sent back to. Default none: then no session can be made. */
  readonly return_origins?: readonly string[];
};

export type ConnectSessionInput = {
  readonly owner: string;
  /** The application's own id of the user who is signed in there; opaque, 1 to 255 characters. */
  readonly user: string;
  /** How the application names that user to people: an e-mail address or a name. Default the id. */
  readonly user_name?: string;
  /** The application's name, where several share one gateway. Default the gateway's `application`. */
  readonly application?: string;
  /** Where the browser goes afterwards; its origin is one of `return_origins`. */
  readonly return_url: string;
  /** Address or cloud id of the Jira; without it the person says which. */
  readonly site?: string;
  readonly flavor?: Flavor;
  readonly registration_id?: string;
  /** Default: the registration's. What keeps the connection alive (`offline_access`) is added. */
  readonly scope?: readonly string[];
  /** Of the link; default 600, at most 900. */
  readonly expires_in_s?: number;
};

export type ReconnectLinkInput = {
  readonly owner: string;
  readonly connection_id: string;
  /**
   * With a user the renewal counts once it is redeemed for that user, and the person may confirm that another Jira
   * account is meant; without, it counts at once, and only the same account may approve.
   */
  readonly user?: string;
  readonly user_name?: string;
  /** Needed with `user`. */
  readonly return_url?: string;
  /** Scopes to ask for besides those the connection has. */
  readonly scope?: readonly string[];
  /** Default 600, at most 900. */
  readonly expires_in_s?: number;
};

export type ConnectSession = {
  readonly id: string;
  readonly owner: string;
  readonly user?: string;
  readonly user_name?: string;
  readonly application?: string;
  readonly return_url?: string;
  readonly site?: string;
  readonly flavor?: Flavor;
  readonly registration_id?: string;
  readonly scope?: readonly string[];
  /** The connection it renews. */
  readonly reconnect_id?: string;
  /**
   * `created`: the link was not opened. `opened`, `begun`: in a browser, at Jira. `waiting`: approved, to be redeemed.
   * `redeemed`: done. `failed`, `expired`: over, nothing was kept.
   */
  readonly state: "created" | "opened" | "begun" | "waiting" | "redeemed" | "failed" | "expired";
  /** Once it is redeemed. */
  readonly connection_id?: string;
  /** Why it failed; `where`: the page on which the person takes back an approval that came to nothing. */
  readonly error?: { readonly code: string; readonly where?: string };
  readonly created_at: number;
  /** Of the link, then of the dance, then of the result. */
  readonly expires_at: number;
  readonly ended_at?: number;
};

export type RedeemInput = {
  readonly owner: string;
  readonly id: string;
  /** What came to the return URL. */
  readonly result: string;
  /** The user who is signed in at the application now. */
  readonly user: string;
};

export type ConnectSessions = {
  /** The link works once, in one browser. @throws bad_request, registration_unknown */
  create(input: ConnectSessionInput): Promise<{ readonly session: ConnectSession; readonly url: Secret }>;
  /** The same for a connection that is there. @throws not_found, bad_request, connection_pending */
  reconnectLink(
    input: ReconnectLinkInput,
  ): Promise<{ readonly session: ConnectSession; readonly url: Secret }>;
  /** @throws not_found, also for another owner's */
  get(owner: string, id: string): Promise<ConnectSession>;
  /** Newest first, at most 100. */
  list(owner: string): Promise<readonly ConnectSession[]>;
  /**
   * Takes the result up, once, within five minutes, for the very user the session was made for: the connection is
   * active from then on. A refused call changes nothing.
   * @throws not_found, connect_session_over, connect_result_refused
   */
  redeem(input: RedeemInput): Promise<{ readonly connection: Connection; readonly reconnected: boolean }>;
  /** For the gateway: opens a link, once. @throws connect_session_over */
  open(token: Secret): Promise<ConnectSession>;
  /** For the gateway: the session a link belongs to, whatever became of it. */
  findByLink(token: Secret): Promise<ConnectSession | undefined>;
  /** For the gateway: by its id alone. */
  find(id: string): Promise<ConnectSession | undefined>;
  /** For the gateway: a dance was begun for it, which may take until then. @throws connect_session_over */
  begun(session: ConnectSession, expires_at: number): Promise<void>;
  /** For the gateway: the one-time result of a dance that ended well; `undefined` where nothing is to be redeemed. */
  issue(session: ConnectSession): Promise<Secret | undefined>;
  /** For the gateway: the dance ended otherwise, or the person said no. */
  fail(session: ConnectSession, code: string): Promise<void>;
};
