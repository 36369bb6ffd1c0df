/** What the room takes and gives: how changes in Jira become known here. */
import type { HttpHeaders } from "../http.ts";
import type { Jira } from "../jira/index.ts";
import type { Log } from "../log.ts";
import type { Secret } from "../secret.ts";
import type { FollowRow, Store } from "../store/index.ts";
import type { Vault } from "../vault/index.ts";

/** What this room needs of the links between ideas and issues. */
export type LinkPort = {
  /** The links of an issue, of all owners. */
  findByIssue(
    registration_id: string,
    site_id: string,
    issue_id: string,
  ): Promise<readonly { readonly owner: string; readonly id: string }[]>;
  /** Reads the issue again with the connection's own rights, and tells the application of what changed. */
  refresh(owner: string, id: string): Promise<{ readonly changed: boolean }>;
};

export type FollowingParts = {
  readonly store: Store;
  readonly vault: Pick<Vault, "registrations" | "connections" | "seal" | "open" | "quarantine">;
  /** The authenticated client of one connection of one owner. */
  jiraFor(owner: string, connection_id: string): Promise<Jira>;
  readonly links: LinkPort;
  /** Where Jira may reach the gateway, path included where it is mounted below one. */
  readonly public_url: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: Log;
};

/** A webhook as it came. */
export type Arrival = {
  readonly registration_id: string;
  /** The end of its path, where it has one. */
  readonly secret?: string;
  readonly headers: HttpHeaders;
  readonly query: URLSearchParams;
  /** Reads the body, within bounds; asked for only where the sender has proved something. */
  body(): Promise<Uint8Array>;
};

/** `queued`: an issue is read again. `known`: it came before. `unlinked`: it names no issue that has links. */
export type Receipt = "queued" | "known" | "unlinked";

export type FollowView = {
  readonly connection_id: string;
  readonly owner: string;
  readonly registration_id: string;
  readonly mode: FollowRow["mode"];
  readonly reason?: NonNullable<FollowRow["reason"]>;
  /** What the reason means and what to do, in our words. */
  readonly advice?: string;
  /** Jira's own words to a refusal. */
  readonly says?: string;
  readonly expires_at?: number;
  readonly heard_at?: number;
  readonly polled_at?: number;
  readonly poll_at: number;
};

export type HookView = {
  readonly id: string;
  readonly registration_id: string;
  readonly signed: boolean;
  readonly heard_at?: number;
  readonly created_at: number;
};

export type NewHook = {
  readonly hook: HookView;
  /** The address to paste into Jira. It is not shown again. */
  readonly url: Secret;
  /** What Jira signs with; absent where it does not sign. */
  readonly secret?: Secret;
  /** What to do in Jira, step by step. */
  readonly steps: readonly string[];
};

export type Following = {
  /**
   * Takes a webhook: checks where it comes from, and puts the issue it names among those to be read again. Nothing
   * else in it is believed.
   * @throws LatchkeyError `webhook_refused`; `bad_request` for an honest sender whose body is no JSON; what `body` throws
   */
  receive(arrival: Arrival): Promise<Receipt>;
  /** Issues that are to be read again now. */
  dueIssues(limit: number): Promise<readonly { readonly id: string; readonly owner: string }[]>;
  /** Reads one again, if it is due and nobody else does. */
  readAgain(id: string): Promise<void>;
  /** Connections whose registration or whose changes are to be looked at now. */
  dueConnections(limit: number): Promise<readonly { readonly id: string; readonly owner: string }[]>;
  /** Looks at one, if it is due and nobody else does. @throws what Jira's refusals and failures are */
  look(owner: string, connection_id: string): Promise<void>;
  /** Takes the webhook of a connection back at Jira, before the connection goes. Never throws. */
  end(owner: string, connection_id: string): Promise<void>;
  /** Removes what is no longer needed to tell old from new. */
  tidy(): Promise<void>;
  /** Absent where the connection has no links. */
  of(owner: string, connection_id: string): Promise<FollowView | undefined>;
  listForOperator(): Promise<readonly FollowView[]>;
  readonly hooks: {
    /** @param signed default: true for Cloud, false for Data Center, which signs since version 10
     *  @throws not_found */
    add(registration_id: string, signed?: boolean): Promise<NewHook>;
    list(): Promise<readonly HookView[]>;
    /** @throws not_found */
    remove(id: string): Promise<void>;
  };
};
