import type { Face } from "../face.ts";
import type { ResolvedOptions } from "../options.ts";
import { readPublicKey } from "./oauth1/public-key.ts";
import type { GivenTokens, ServiceAccount } from "./token-records.ts";

/** A browser session. Cloud has one sign-in for all its sites, Data Center its own. */
export type Session = { face: Face; user: string; csrf: string; created_ms: number; seen_ms: number };

/** An OAuth 2.0 application of Cloud. */
export type CloudApp = {
  client_id: string;
  client_secret: string;
  name: string;
  redirect_uris: string[];
  scopes: string[];
};

/** What one consent on Cloud gave: all tokens that descend from it. */
export type CloudFamily = {
  id: string;
  client_id: string;
  user: string;
  /** Ids of the sites of the world it covers. */
  sites: string[];
  scopes: string[];
  created_ms: number;
  last_used_ms: number;
  /** Why it no longer refreshes; absent while it lives. */
  revoked?: string;
};

export type CloudCode = {
  family: Omit<CloudFamily, "id" | "created_ms" | "last_used_ms">;
  redirect_uri: string;
  code_challenge?: string;
  code_challenge_method?: string;
  issued_ms: number;
};

export type CloudRefreshToken = {
  family: string;
  issued_ms: number;
  rotated_ms?: number;
  /** What it was rotated into last. */
  successor?: { access_token: string; refresh_token: string };
  /** Replaced by a later sibling (switch `reuse=supersede`). */
  superseded?: boolean;
};

export type AccessToken = { family: string; expires_ms: number };

/** An OAuth 2.0 client of Data Center, made as an incoming link. */
export type DataCenterClient = {
  client_id: string;
  client_secret: string;
  name: string;
  redirect_uris: string[];
  /** The highest permission it may ask for. */
  scope: string;
};

export type DataCenterGrant = {
  id: string;
  client_id: string;
  user: string;
  scope: string;
  redirect_uri: string;
  created_ms: number;
  access_token?: string;
  access_expires_ms: number;
  refresh_token?: string;
  refresh_issued_ms: number;
};

export type Login = {
  count: number;
  failed: number;
  /** Failures since the last sign-in in a browser; past a limit Jira wants a CAPTCHA there. */
  failed_in_a_row?: number;
  last_failed_ms?: number;
  previous_ms?: number;
};

export type DataCenterCode = {
  client_id: string;
  user: string;
  scope: string;
  redirect_uri: string;
  code_challenge?: string;
  code_challenge_method?: string;
  issued_ms: number;
  /** The grant it was redeemed for; a replay kills that grant. */
  grant?: string;
};

/** An OAuth 1.0a consumer: the incoming side of an application link. */
export type Consumer = {
  key: string;
  name: string;
  description: string;
  /** SPKI PEM; absent until somebody enters one. */
  public_key?: string;
  callback?: string;
  allow_3lo: boolean;
  allow_2lo: boolean;
  /** The user 2-legged calls act as; absent = nobody. */
  execute_as?: string;
  allow_impersonation: boolean;
};

export type OAuth1Token = {
  token: string;
  secret: string;
  kind: "request" | "access";
  version: "1.0" | "1.0a";
  /** The site it belongs to. */
  site: string;
  consumer: string;
  callback?: string;
  created_ms: number;
  decision: "pending" | "approved" | "denied";
  user?: string;
  verifier?: string;
  session?: { handle: string; renewed_ms: number };
};

/** What the sandbox's identity providers remember: plain JSON, saved with the rest of the state. */
export type AuthState = {
  sessions: Record<string, Session>;
  /** User name to the sites that user belongs to; a user who is not listed belongs to every Cloud site. */
  memberships: Record<string, string[]>;
  /** By user name; a user who is not listed has the token `apiTokenOf` gives. */
  apiTokens: Record<string, string>;
  /** Absent until the first is made: states of earlier versions have none. */
  given?: GivenTokens;
  service_accounts?: Record<string, ServiceAccount>;
  cloud: {
    apps: Record<string, CloudApp>;
    codes: Record<string, CloudCode>;
    families: Record<string, CloudFamily>;
    refresh: Record<string, CloudRefreshToken>;
    access: Record<string, AccessToken>;
  };
  datacenter: {
    clients: Record<string, DataCenterClient>;
    codes: Record<string, DataCenterCode>;
    grants: Record<string, DataCenterGrant>;
    logins: Record<string, Login>;
  };
  consumers: Record<string, Consumer>;
  oauth1: Record<string, OAuth1Token>;
  /** Nonces seen, each with the second it was signed for. */
  nonces: { tokens: Record<string, number>; consumers: Record<string, number>; swept_s: number };
};

/** What `POST /__sandbox/registrations` and the flags ask for. */
export type Registrations = {
  readonly consumers?: ReadonlyArray<{
    readonly key: string;
    readonly public_key: string;
    readonly name?: string;
    readonly callback?: string;
  }>;
  readonly redirect_uris?: readonly string[];
  readonly scopes?: readonly string[];
};

/** The API token every user has on Cloud: `sandbox-api-token-` and the user's name. */
export function apiTokenOf(user: string): string {
  return `sandbox-api-token-${user}`;
}

/** The personal access token every user has on Data Center: `sandbox-pat-` and the user's name. */
export function personalAccessTokenOf(user: string): string {
  return `sandbox-pat-${user}`;
}

const redirectUris = [
  ...["localhost", "127.0.0.1"].flatMap((host) =>
    ["/callback/sandbox-cloud", "/callback/sandbox-dc2", "/callback"].map(
      (path) => `http://${host}:8080${path}`,
    ),
  ),
  "http://localhost:8085/callback",
  "http://127.0.0.1:8085/callback",
  "http://localhost",
  "http://127.0.0.1",
];

const cloudScopes = [
  "read:jira-user",
  "read:jira-work",
  "write:jira-work",
  "manage:jira-project",
  "manage:jira-configuration",
  "manage:jira-webhook",
  "read:servicedesk-request",
  "write:servicedesk-request",
  "manage:servicedesk-customer",
  "read:group:jira",
  "read:avatar:jira",
  "read:user:jira",
  "read:application-role:jira",
  "read:project:jira",
  "read:issue-details:jira",
  "read:board-scope:jira-software",
  "read:sprint:jira-software",
  "read:me",
  "read:account",
  "report:personal-data",
];

/** The applications known out of the box, and what the options add. */
export function createAuthState(options: ResolvedOptions): AuthState {
  const auth: AuthState = {
    sessions: {},
    memberships: {},
    apiTokens: Object.fromEntries(["alana", "admin", "william"].map((user) => [user, apiTokenOf(user)])),
    cloud: { apps: {}, codes: {}, families: {}, refresh: {}, access: {} },
    datacenter: { clients: {}, codes: {}, grants: {}, logins: {} },
    consumers: {},
    oauth1: {},
    nonces: { tokens: {}, consumers: {}, swept_s: 0 },
  };
  auth.cloud.apps["sandbox-cloud-app"] = {
    client_id: "sandbox-cloud-app",
    client_secret: "sandbox-cloud-secret",
    name: "Latchkey demo",
    redirect_uris: [...redirectUris],
    scopes: [...cloudScopes],
  };
  auth.datacenter.clients["sandbox-dc-app"] = {
    client_id: "sandbox-dc-app",
    client_secret: "sandbox-dc-secret",
    name: "Latchkey demo",
    redirect_uris: [...redirectUris],
    scope: "SYSTEM_ADMIN",
  };
  auth.consumers.OauthKey = newConsumer("OauthKey", "Example Jira app");
  register(auth, { consumers: options.consumers, redirect_uris: options.redirectUris });
  return auth;
}

/** A consumer as a fresh application link leaves it. */
export function newConsumer(key: string, name: string): Consumer {
  return { key, name, description: "", allow_3lo: true, allow_2lo: false, allow_impersonation: false };
}

/**
 * Adds consumers, redirect URIs (to both OAuth 2.0 applications) and scopes; a `TypeError` with a sentence when
 * one of them cannot be used, and then nothing is added. Scopes that are given replace the Cloud app's.
 */
export function register(auth: AuthState, asked: Registrations): void {
  const consumers = (asked.consumers ?? []).map((wanted) => checkedConsumer(auth, wanted));
  const uris = (asked.redirect_uris ?? []).map(checkedRedirectUri);
  for (const consumer of consumers) auth.consumers[consumer.key] = consumer;
  const applications = [...Object.values(auth.cloud.apps), ...Object.values(auth.datacenter.clients)];
  for (const application of applications) {
    for (const uri of uris) if (!application.redirect_uris.includes(uri)) application.redirect_uris.push(uri);
  }
  if (asked.scopes) for (const app of Object.values(auth.cloud.apps)) app.scopes = [...asked.scopes];
}

function checkedConsumer(auth: AuthState, wanted: NonNullable<Registrations["consumers"]>[number]): Consumer {
  if (!wanted.key) throw new TypeError("A consumer needs a key.");
  const key = readPublicKey(wanted.public_key);
  if ("refused" in key) throw new TypeError(`Consumer ${wanted.key}: ${key.refused}`);
  const before = auth.consumers[wanted.key] ?? newConsumer(wanted.key, wanted.name ?? wanted.key);
  const consumer: Consumer = { ...before, name: wanted.name ?? before.name, public_key: key.pem };
  if (wanted.callback) consumer.callback = checkedRedirectUri(wanted.callback);
  return consumer;
}

/** An absolute URI without a fragment; otherwise a `TypeError` with a sentence. */
export function checkedRedirectUri(uri: string): string {
  if (!URL.canParse(uri))
    throw new TypeError(`The redirect URI ${JSON.stringify(uri)} is not an absolute URL.`);
  if (uri.includes("#"))
    throw new TypeError(`The redirect URI ${JSON.stringify(uri)} must not have a fragment.`);
  return uri;
}
