/** What the room of the dances takes and gives: plain types, so that pages and commands can be written against them. */
import type { ErrorCode } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Flavor } from "../protocol/flavors.ts";
import type { Evidence, Step } from "../recorder/index.ts";
import type { Secret } from "../secret.ts";
import type { Store } from "../store/index.ts";
import type { Transport } from "../transport.ts";
import type { Account, Connection, Registration, SiteRef, Vault } from "../vault/index.ts";
import type { Failure } from "./failures.ts";
import type { Given, ServiceAccountInput, TokenInput } from "./token-contract.ts";

export type { Given, ServiceAccountInput, TokenInput } from "./token-contract.ts";

export type ConnectParts = {
  readonly vault: Vault;
  readonly store: Store;
  readonly transport: Transport;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: Log;
  /** The callback URL of a registration that is being set up. Default: `http://localhost:8080/callback/{id}`. */
  readonly callbackUrl?: (registration_id: string) => string;
  /** The name a person sees in Jira for what asks to be connected. Default `Latchkey`. */
  readonly application?: string;
  /** How long a server may take to say who it is, before its host is given up; default 8000 ms. */
  readonly probe_timeout_ms?: number;
  /** Called before a connection is forgotten, while its tokens still work. Never throws. */
  readonly parting?: (owner: string, connection_id: string) => Promise<void>;
};

/** `end-user`: typed by somebody who may not reach private addresses. `operator`: typed on the command line or by an admin. */
export type Trust = "end-user" | "operator";

export type DiscoverInput = {
  readonly owner: string;
  /** Whatever the person typed: `acme`, a host, a URL of an issue. */
  readonly text: string;
  readonly flavor?: Flavor;
  /** Goes on where a flavor is unusual for the site (OAuth 1.0a on atlassian.net). */
  readonly force?: boolean;
  readonly trust: Trust;
};

export type Discovery = {
  readonly site: {
    readonly base_url: string;
    readonly deployment: "cloud" | "datacenter";
    readonly version?: string;
    readonly title?: string;
  };
  /** The possible flavors, best first. */
  readonly flavors: readonly Flavor[];
  /** What was found and how, in sentences. */
  readonly why: readonly string[];
  /** Registrations of this owner or the operator that fit the site, best first; suspended ones last, drafts never. */
  readonly registrations: readonly Registration[];
  /** A Data Center that nobody has registered yet: go on with `setup.propose`. */
  readonly needs_setup: boolean;
};

export type BeginInput = {
  readonly owner: string;
  readonly registration_id: string;
  /** URL or cloud id of the site the person wants; taken after consent only where it matches exactly one granted site. */
  readonly site_hint?: string;
  /** Where the application wants the browser back; kept as it is and handed back in the completion. */
  readonly return_to?: string;
  /** The browser session's binding secret; a command line makes its own. */
  readonly binding: Secret;
  /** The connection to renew: same account and same site, or an explicit confirmation. */
  readonly reconnect?: string;
  /** Default: the registration's. */
  readonly scope?: readonly string[];
  /**
   * In place of the registration's: a loopback address that a terminal listens on (Jira must know it too, for
   * OAuth 2.0), or `oob` (OAuth 1.0a only): Jira shows a verification code instead of redirecting.
   */
  readonly redirect_uri?: string;
  /** The connect session this dance is for: what it brings waits there to be redeemed. */
  readonly connect_session_id?: string;
};

export type Begun = {
  readonly attempt_id: string;
  /** Where the person goes to decide. */
  readonly authorize_url: string;
  readonly dance_id: string;
  readonly expires_at: number;
  /** OAuth 1.0a only; for the classic walk, which prints both. */
  readonly oauth_token?: Secret;
  readonly oauth_token_secret?: Secret;
};

export type CompleteInput = {
  /** From the path of the callback. */
  readonly registration_id: string;
  readonly params: URLSearchParams;
  /** The binding secret of the browser that brought the callback; `undefined` where it has none. */
  readonly binding: Secret | undefined;
  /** Who is signed in there now; where it is told, it must be the owner who began. */
  readonly owner?: string;
  /** A reconnect may end with another account than before, without asking again. Default false. */
  readonly confirm_account?: boolean;
};

export type VerifierInput = {
  readonly owner: string;
  /** One of the two; with only a registration, the owner's newest open out-of-band attempt is meant. */
  readonly attempt_id?: string;
  readonly registration_id?: string;
  readonly oauth_verifier: string;
  /** Absent only from a terminal, where owning the vault is the proof. */
  readonly binding?: Secret;
};

export type PasteInput = {
  readonly owner: string;
  readonly attempt_id: string;
  /** The whole URL the browser failed to open; a bare code only for OAuth 1.0a. */
  readonly text: string;
  readonly binding: Secret;
};

export type ChoiceInput = {
  readonly owner: string;
  readonly attempt_id: string;
  readonly site_id: string;
  readonly binding: Secret;
};

export type ConfirmInput = {
  readonly owner: string;
  readonly attempt_id: string;
  readonly binding: Secret;
};

export type Choices = {
  /** What the dance waits for: `chooseSite`, or `confirmAccount`. */
  readonly waits_for: "site" | "account";
  readonly sites: readonly SiteRef[];
  /** Who approved. */
  readonly account?: Account;
  /** The account the connection had before, where another has approved. */
  readonly before?: Account;
  /** What the person had asked for, when none of the sites is it. */
  readonly asked?: string;
};

export type Completion =
  | {
      readonly kind: "connected";
      readonly connection: Connection;
      readonly dance_id: string;
      readonly return_to?: string;
      /** The connection existed before and keeps its id. */
      readonly reconnected: boolean;
    }
  | {
      readonly kind: "choose-site";
      readonly attempt_id: string;
      readonly sites: readonly SiteRef[];
      readonly dance_id: string;
    };

export type Disconnected = {
  /** No Jira lets an application revoke a person's approval; it is only forgotten here. */
  readonly revoked: false;
  /** The page where the person removes the approval at Jira. */
  readonly where: string;
  readonly says: string;
};

export type FindingOutcome = "ok" | "wrong" | "unproven";

export type CheckFinding = {
  /** A code of the error table where one names it, else a word of the check: `reachable`, `redirect_uri`. */
  readonly code: ErrorCode | string;
  readonly outcome: FindingOutcome;
  readonly says: string;
  readonly fix?: string;
  /** Bounded, without secrets; for the operator. */
  readonly evidence?: Readonly<Record<string, unknown>>;
};

export type CheckReport = {
  readonly registration_id: string;
  /** `wrong` when any finding is, else `unproven` when nothing was proven, else `ok`. */
  readonly outcome: FindingOutcome;
  readonly findings: readonly CheckFinding[];
};

export type ProposeInput = {
  readonly owner: string;
  readonly text: string;
  readonly flavor?: Flavor;
  readonly trust: Trust;
};

/** One thing to do or paste in Jira's own pages. */
export type Instruction = {
  /** The way there, as Jira's menus name it. */
  readonly where: string;
  readonly url?: string;
  readonly label: string;
  readonly value: string;
  readonly note?: string;
};

export type SetupCompletion = {
  readonly owner: string;
  readonly registration_id: string;
  /** OAuth 2.0: what Jira showed after saving the incoming link. */
  readonly client_id?: string;
  readonly client_secret?: Secret;
};

/** One message of a dance, masked before it was stored. */
export type DanceStep = Step;

export type DanceView = {
  readonly id: string;
  readonly registration_id: string;
  readonly attempt_id?: string;
  readonly connection_id?: string;
  readonly flavor: Flavor;
  readonly site_url?: string;
  readonly started_at: number;
  readonly ended_at?: number;
  readonly outcome: "running" | "connected" | "failed" | "choosing";
  readonly error_code?: ErrorCode;
  /** In words, with what was known when it failed: the missing scopes, the skew, what a proxy changed. */
  readonly failure?: Failure;
  readonly steps: readonly DanceStep[];
};

/**
 * The dances. Every failure is a `LatchkeyError` whose `details` carry `dance_id` (and `attempt_id`,
 * `registration_id`, `return_to`) where the failure belongs to a dance that was begun here.
 */
export type Connect = {
  discover(input: DiscoverInput): Promise<Discovery>;
  begin(input: BeginInput): Promise<Begun>;
  complete(input: CompleteInput): Promise<Completion>;
  completeByVerifier(input: VerifierInput): Promise<Completion>;
  completeByPaste(input: PasteInput): Promise<Completion>;
  chooseSite(input: ChoiceInput): Promise<Completion>;
  choices(owner: string, attempt_id: string, binding: Secret): Promise<Choices>;
  /**
   * Goes on with a reconnect that another Jira account approved. `complete` had refused it with
   * `account_mismatch`, whose details carry `attempt_id`, `before` and `account`; nothing had changed.
   */
  confirmAccount(input: ConfirmInput): Promise<Completion>;
  disconnect(owner: string, connection_id: string): Promise<Disconnected>;
  check(input: { readonly registration_id: string }): Promise<CheckReport>;
  /** A connection from a token that a person made in Jira; no dance. */
  withToken(input: TokenInput): Promise<Given>;
  /** A connection of a service account, whose credentials are its registration's; no dance. */
  withServiceAccount(input: ServiceAccountInput): Promise<Given>;
  readonly setup: {
    propose(input: ProposeInput): Promise<Registration>;
    instructions(registration: Registration, version?: string): readonly Instruction[];
    complete(input: SetupCompletion): Promise<Registration>;
  };
  readonly dances: {
    get(owner: string, id: string): Promise<DanceView>;
    list(owner: string, limit?: number): Promise<readonly DanceView[]>;
    latest(owner: string): Promise<DanceView | undefined>;
    /** Whoever's it is, with what operators alone may see. @throws not_found */
    getForOperator(id: string): Promise<DanceView & { readonly owner: string; readonly evidence: Evidence }>;
    /** Newest first, of all owners; default 50. */
    listForOperator(limit?: number): Promise<readonly (DanceView & { readonly owner: string })[]>;
  };
  /**
   * Lets go of attempts that were never ended, of grants that were never given a site, and of records of dances older
   * than thirty days. Returns how many.
   */
  sweep(): Promise<number>;
};
