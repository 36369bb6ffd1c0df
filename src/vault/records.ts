/** What the vault hands out and takes: rows opened, with secrets as {@link Secret} values. */
import type { Flavor } from "../protocol/index.ts";
import type { Secret } from "../secret.ts";

/** Why a registration is suspended. `operator`: by hand; every other code is what the server answered. */
export type Suspension = {
  readonly code: string;
  readonly at: number;
  readonly evidence: Readonly<Record<string, unknown>>;
};

export type PublicKeyRecord = {
  /** SPKI, PEM. */
  readonly public_pem: string;
  /** SHA-256 of the SPKI DER, hex. */
  readonly spki_sha256: string;
  readonly bits: number;
};

/** How a registration lets somebody in: by a dance, by tokens they bring, or as a service account of its own. */
export type Credentials = "dance" | "token" | "service-account";

/** What the tokens of a family are. */
export type FamilyKind = "oauth2" | "oauth1" | "personal-access-token" | "api-token" | "service-account";

/** What a Jira knows us by. */
export type Registration = {
  readonly id: string;
  /** Absent: the operator's, offered to every owner. */
  readonly owner?: string;
  readonly flavor: Flavor;
  readonly credential: Credentials;
  readonly title: string;
  readonly site_base_url?: string;
  /** Pattern of Cloud site URLs with `{name}`. */
  readonly cloud_sites?: string;
  /** Client id, or consumer key of OAuth 1.0a; empty in a draft. */
  readonly client_id: string;
  /** Absolute URL, or `oob`. */
  readonly redirect_uri: string;
  /** A loopback callback, also registered at Jira, on which `latchkey connect` listens. */
  readonly terminal_redirect_uri?: string;
  readonly scope: readonly string[];
  readonly auth_url?: string;
  readonly api_url?: string;
  readonly public_key?: PublicKeyRecord;
  /** Whether a client secret is kept. */
  readonly has_secret: boolean;
  /** The operator lets egress reach its site, auth and api URLs even if they are private. */
  readonly allowance: boolean;
  readonly state: "draft" | "active" | "suspended";
  readonly suspended?: Suspension;
  readonly created_at: number;
  readonly updated_at: number;
};

export type RegistrationInput = {
  /** `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`: it stands in the callback path. */
  readonly id: string;
  readonly owner?: string;
  readonly flavor: Flavor;
  /** Default `dance`. */
  readonly credential?: Credentials;
  /** Default: the id. */
  readonly title?: string;
  readonly site_base_url?: string;
  readonly cloud_sites?: string;
  readonly client_id: string;
  readonly redirect_uri: string;
  readonly terminal_redirect_uri?: string;
  readonly scope: readonly string[];
  readonly auth_url?: string;
  readonly api_url?: string;
  readonly allowance?: boolean;
  readonly client_secret?: Secret;
  /** PEM (PKCS#8 or PKCS#1), or its base64 on one line. OAuth 1.0a only. */
  readonly private_key?: Secret;
  /** Default `active`, which demands everything the flavor needs; `draft` does not. */
  readonly state?: "draft" | "active";
};

/** `undefined` leaves a field as it is. A new client secret or key lifts a suspension. */
export type RegistrationPatch = Partial<Omit<RegistrationInput, "id" | "flavor" | "owner" | "credential">>;

/** A Jira a user can reach. */
export type SiteRef = {
  /** Cloud id, or the base URL. */
  readonly id: string;
  /** For people. */
  readonly url: string;
  readonly name: string;
  /** What REST paths are appended to: `{api_url}/ex/jira/{cloudId}`, or the base URL. */
  readonly api_base_url: string;
  readonly deployment: "cloud" | "datacenter";
  readonly version?: string;
  /** Since when it was not there, or the grant did not reach it; absent while it is. */
  readonly gone_at?: number;
};

export type Account = {
  /** accountId, or the Data Center user key (the name where there is no key). */
  readonly account_id: string;
  readonly name?: string;
  readonly display_name?: string;
  readonly email?: string;
  readonly avatar_url?: string;
  readonly time_zone?: string;
};

/** Why a family is dead: the cause that is proven, or with it those not excluded. */
export type Dead = {
  readonly cause: string;
  readonly not_excluded?: readonly string[];
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly at: number;
  readonly next_step: string;
};

/** The refresh token of this generation was about to be spent at that time. */
export type Intent = { readonly fence: number; readonly generation: number; readonly at: number };

/** The tokens that descend from one consent; the tokens themselves are not in here. */
export type Family = {
  readonly id: string;
  readonly owner: string;
  readonly registration_id: string;
  readonly kind: FamilyKind;
  readonly flavor: Flavor;
  readonly account?: Account;
  readonly scope_asked: readonly string[];
  readonly scope_granted?: readonly string[];
  readonly token_id: string;
  readonly generation: number;
  readonly access_expires_at?: number;
  readonly consented_at: number;
  /** When the current tokens were received. */
  readonly last_rotated_at: number;
  readonly idle_expires_at?: number;
  readonly absolute_expires_at?: number;
  readonly state: "active" | "dead" | "exported" | "forgotten";
  readonly dead?: Dead;
  readonly failures: number;
  readonly cool_until?: number;
  readonly created_at: number;
  readonly updated_at: number;
};

/** The application's handle: owner x family x one site, with what a page wants to show of the family. */
export type Connection = {
  readonly id: string;
  readonly owner: string;
  readonly family_id: string;
  readonly registration_id: string;
  readonly kind: FamilyKind;
  readonly flavor: Flavor;
  readonly site: SiteRef;
  /** What a person calls it; unique within the owner. */
  readonly name?: string;
  /** `dead` comes from the family, the others from the connection. */
  readonly state: "pending" | "active" | "dead" | "exported";
  readonly dead?: Dead;
  readonly account?: Account;
  readonly scope_asked: readonly string[];
  readonly scope_granted?: readonly string[];
  readonly access_expires_at?: number;
  readonly idle_expires_at?: number;
  readonly absolute_expires_at?: number;
  readonly consented_at: number;
  readonly last_rotated_at: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly last_used_at?: number;
  /** HTTP status of Jira's last answer. */
  readonly last_status?: number;
};

/** A dance that has begun. */
export type Attempt = {
  readonly id: string;
  readonly owner: string;
  readonly registration_id: string;
  readonly flavor: Flavor;
  readonly step: "begun" | "exchanging" | "choosing" | "done" | "failed";
  /** What {@link AttemptInput} kept; empty once the attempt is settled or expired. */
  readonly secrets: Readonly<Record<string, Secret>>;
  /** SHA-256 of the binding, hex; compare with `attempts.boundTo`. */
  readonly binding_hash: string;
  readonly scope: readonly string[];
  readonly site_hint?: string;
  readonly return_to?: string;
  readonly reconnect_id?: string;
  readonly family_id?: string;
  readonly connection_id?: string;
  readonly dance_id?: string;
  /** The connect session it was begun for. */
  readonly connect_session_id?: string;
  readonly error?: { readonly code: string } & Readonly<Record<string, unknown>>;
  readonly created_at: number;
  readonly expires_at: number;
  readonly used_at?: number;
};

export type AttemptInput = {
  readonly owner: string;
  readonly registration_id: string;
  readonly flavor: Flavor;
  /** The state (OAuth 2.0) or the request token (OAuth 1.0a); only its SHA-256 is kept. */
  readonly lookup: string;
  /** The browser session's secret; only its SHA-256 is kept. */
  readonly binding: Secret;
  /** Kept sealed: `code_verifier`, or `oauth_token` and `oauth_token_secret`, or whatever else the dance needs. */
  readonly secrets: Readonly<Record<string, Secret | string>>;
  readonly scope: readonly string[];
  readonly site_hint?: string;
  readonly return_to?: string;
  readonly reconnect_id?: string;
  readonly dance_id?: string;
  readonly connect_session_id?: string;
  readonly expires_at: number;
};

/** For `secrets export`: the only value that carries everything needed to use a connection elsewhere. */
export type RevealedTokens =
  | {
      readonly kind: "oauth2";
      readonly flavor: Flavor;
      readonly client_id: string;
      readonly client_secret?: Secret;
      readonly redirect_uri: string;
      readonly token_endpoint: string;
      readonly access_token: Secret;
      readonly refresh_token?: Secret;
      readonly access_expires_at?: number;
      readonly scope?: readonly string[];
    }
  | {
      readonly kind: "personal-access-token";
      readonly flavor: Flavor;
      readonly token: Secret;
      readonly access_expires_at?: number;
    }
  | {
      readonly kind: "api-token";
      readonly flavor: Flavor;
      readonly email: string;
      readonly token: Secret;
      readonly access_expires_at?: number;
    }
  | {
      readonly kind: "service-account";
      readonly flavor: Flavor;
      readonly client_id: string;
      readonly client_secret?: Secret;
      readonly token_endpoint: string;
      readonly access_token: Secret;
      readonly access_expires_at?: number;
    }
  | {
      readonly kind: "oauth1";
      readonly flavor: Flavor;
      readonly consumer_key: string;
      /** PKCS#8 or PKCS#1, PEM. */
      readonly private_key: Secret;
      readonly oauth_token: Secret;
      readonly oauth_token_secret: Secret;
      readonly access_expires_at?: number;
    };
