import { endpointsOf, type OAuth1Endpoints } from "./oauth1/dance.ts";

export type Flavor = "cloud" | "datacenter-oauth2" | "datacenter-oauth1";

export type OAuth2Endpoints = {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly accessible_resources_endpoint?: string;
  readonly me_endpoint?: string;
  /** Where Cloud's REST lives: `{gateway_base}/{cloudId}/rest/…`. */
  readonly gateway_base?: string;
};

export type Lifetimes = {
  /** Access token, seconds, where the answer does not say. */
  readonly access_s: number;
  /** Days without a refresh after which the refresh token (or session handle) is dead. */
  readonly idle_days?: number;
  /** Days after the first consent when everything is dead. */
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
  readonly default_scopes: readonly string[];
  /** The scope that brings a refresh token, where one is needed for it. */
  readonly refresh_scope?: string;
  readonly refresh_sends_redirect_uri: boolean;
  /** The refresh token changes on every refresh. */
  readonly rotates: boolean;
  /** Seconds in which an already rotated refresh token may be presented again. */
  readonly reuse_window_s: number;
  /** Seconds: authorization code, or request token of OAuth 1.0a. */
  readonly code_lifetime_s: number;
  readonly lifetimes: Lifetimes;
  /** Whether Jira compares the callback with a registered one. */
  readonly callback: "registered" | "any";
  readonly api_version: "3" | "2";
  readonly search: "token" | "offset";
  readonly rich_text: "adf" | "wiki";
  readonly user_id: "accountId" | "name";
};

export const FLAVORS = {} as Readonly<Record<Flavor, Dialect>>;

export type Where = {
  readonly site_base_url?: string;
  readonly auth_url?: string;
  readonly api_url?: string;
};

export function endpointsFor(flavor: "datacenter-oauth1", where: Where): OAuth1Endpoints;
export function endpointsFor(flavor: "cloud" | "datacenter-oauth2", where: Where): OAuth2Endpoints;
export function endpointsFor(flavor: Flavor, where: Where): OAuth1Endpoints | OAuth2Endpoints;
export function endpointsFor(_flavor: Flavor, _where: Where): OAuth1Endpoints | OAuth2Endpoints {
  return endpointsOf("");
}
