import { LatchkeyError } from "../errors.ts";
import { endpointsOf, type OAuth1Endpoints } from "./oauth1/dance.ts";

/** The dialects of the dance. `datacenter-oauth1` is also Jira Server's. */
export type Flavor = "cloud" | "datacenter-oauth2" | "datacenter-oauth1";

export type OAuth2Endpoints = {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  /** Cloud: which sites a grant reaches. */
  readonly accessible_resources_endpoint?: string;
  /** Cloud: who approved; needs the scope read:me. */
  readonly me_endpoint?: string;
  /** Cloud: where REST lives, as `{gateway_base}/{cloudId}/rest/…`. */
  readonly gateway_base?: string;
};

export type Lifetimes = {
  /** Access token, seconds, where the answer does not say. */
  readonly access_s: number;
  /** Days without a refresh after which refresh token or session handle is dead. */
  readonly idle_days: number;
  /** Days after which it is renewed although nobody asks; where absent, when a third of the idle time is left. */
  readonly keep_alive_days?: number;
  /** Days after the first consent when everything is dead, however often it was refreshed. */
  readonly absolute_days?: number;
};

/** One kind of Jira, as data. */
export type Dialect = {
  readonly flavor: Flavor;
  readonly title: string;
  readonly protocol: "oauth1" | "oauth2";
  readonly deployment: "cloud" | "datacenter";
  /** How token requests are encoded. */
  readonly token_body: "json" | "form";
  /** Fixed parameters of the authorize URL, besides the standard ones. */
  readonly authorize_parameters: Readonly<Record<string, string>>;
  /** Asked for where the registration names none. Empty for OAuth 1.0a, which has no scopes. */
  readonly default_scopes: readonly string[];
  /** The scope that brings a refresh token, where one is needed for it. */
  readonly refresh_scope?: string;
  readonly refresh_sends_redirect_uri: boolean;
  /** Whether every refresh changes the refresh token. */
  readonly rotates: boolean;
  /** Seconds in which a rotated refresh token may be presented again: the time to recover a lost answer. */
  readonly reuse_window_s: number;
  /** Seconds that an authorization code, or a request token of OAuth 1.0a, lives at least. */
  readonly code_lifetime_s: number;
  readonly lifetimes: Lifetimes;
  /** `registered`: Jira takes only redirect URIs it knows, compared to the letter; `any`: every http(s) address. */
  readonly callback: "registered" | "any";
  /** How many redirect URIs one registration may have at Jira. */
  readonly redirect_uris: "one" | "several";
  readonly api_version: "3" | "2";
  /** `token`: nextPageToken until it is absent; `offset`: startAt against total. */
  readonly search: "token" | "offset";
  readonly rich_text: "adf" | "wiki";
  /** The field that names a user. */
  readonly user_id: "accountId" | "name";
  /** Where the user takes the approval back, below the site (Data Center) or absolute (Cloud). */
  readonly revoke_page: string;
};

/** The three dialects. @see facts of each in docs/real-jira.md */
export const FLAVORS: Readonly<Record<Flavor, Dialect>> = {
  cloud: {
    flavor: "cloud",
    title: "Jira Cloud",
    protocol: "oauth2",
    deployment: "cloud",
    token_body: "json",
    authorize_parameters: { audience: "api.atlassian.com", prompt: "consent" },
    default_scopes: ["read:jira-user", "read:jira-work", "write:jira-work", "offline_access"],
    refresh_scope: "offline_access",
    refresh_sends_redirect_uri: false,
    rotates: true,
    reuse_window_s: 600,
    code_lifetime_s: 300,
    lifetimes: { access_s: 3600, idle_days: 90, keep_alive_days: 7, absolute_days: 365 },
    callback: "registered",
    redirect_uris: "one",
    api_version: "3",
    search: "token",
    rich_text: "adf",
    user_id: "accountId",
    revoke_page: "https://id.atlassian.com/manage-profile/apps",
  },
  "datacenter-oauth2": {
    flavor: "datacenter-oauth2",
    title: "Jira Data Center (OAuth 2.0)",
    protocol: "oauth2",
    deployment: "datacenter",
    token_body: "form",
    authorize_parameters: {},
    default_scopes: ["WRITE"],
    refresh_sends_redirect_uri: true,
    rotates: true,
    reuse_window_s: 0,
    code_lifetime_s: 10,
    lifetimes: { access_s: 3600, idle_days: 90 },
    callback: "registered",
    redirect_uris: "several",
    api_version: "2",
    search: "offset",
    rich_text: "wiki",
    user_id: "name",
    revoke_page: "/plugins/servlet/oauth/users/access-tokens",
  },
  "datacenter-oauth1": {
    flavor: "datacenter-oauth1",
    title: "Jira Server or Data Center (OAuth 1.0a application link)",
    protocol: "oauth1",
    deployment: "datacenter",
    token_body: "form",
    authorize_parameters: {},
    default_scopes: [],
    refresh_sends_redirect_uri: false,
    rotates: false,
    reuse_window_s: 0,
    code_lifetime_s: 600,
    lifetimes: { access_s: 157_680_000, idle_days: 1855 },
    callback: "any",
    redirect_uris: "several",
    api_version: "2",
    search: "offset",
    rich_text: "wiki",
    user_id: "name",
    revoke_page: "/plugins/servlet/oauth/users/access-tokens",
  },
};

/** Where a registration's Jira is. */
export type Where = {
  /** Data Center: the instance's base URL, context path included. */
  readonly site_base_url?: string | undefined;
  /** Cloud: in place of https://auth.atlassian.com. */
  readonly auth_url?: string | undefined;
  /** Cloud: in place of https://api.atlassian.com. */
  readonly api_url?: string | undefined;
};

const AUTH_URL = "https://auth.atlassian.com";
const API_URL = "https://api.atlassian.com";

/**
 * The endpoints of a flavor. They come from the registration alone, never from what a person typed nor from what
 * a server says of itself (RFC 9700 section 4.4, mix-up).
 *
 * @throws LatchkeyError `registration_incomplete` for a Data Center without a base URL
 */
export function endpointsFor(flavor: "datacenter-oauth1", where: Where): OAuth1Endpoints;
export function endpointsFor(flavor: "cloud" | "datacenter-oauth2", where: Where): OAuth2Endpoints;
export function endpointsFor(flavor: Flavor, where: Where): OAuth1Endpoints | OAuth2Endpoints;
export function endpointsFor(flavor: Flavor, where: Where): OAuth1Endpoints | OAuth2Endpoints {
  if (flavor === "cloud") return cloudEndpoints(where);
  if (!where.site_base_url) {
    throw new LatchkeyError(
      "registration_incomplete",
      "A Data Center registration needs the base URL of its Jira.",
      {
        details: { field: "site_base_url" },
      },
    );
  }
  const base = withoutSlash(where.site_base_url);
  if (flavor === "datacenter-oauth1") return endpointsOf(base);
  return {
    authorization_endpoint: `${base}/rest/oauth2/latest/authorize`,
    token_endpoint: `${base}/rest/oauth2/latest/token`,
  };
}

function cloudEndpoints(where: Where): OAuth2Endpoints {
  const auth = withoutSlash(where.auth_url || AUTH_URL);
  const api = withoutSlash(where.api_url || API_URL);
  return {
    authorization_endpoint: `${auth}/authorize`,
    token_endpoint: `${auth}/oauth/token`,
    accessible_resources_endpoint: `${api}/oauth/token/accessible-resources`,
    me_endpoint: `${api}/me`,
    gateway_base: `${api}/ex/jira`,
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
