import type { LatchkeyError } from "../errors.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import type { Flavor } from "./flavors.ts";

export type CloudSites = {
  /** `https://{name}.atlassian.net`, or the sandbox's `http://localhost:8090/sites/{name}`. */
  readonly pattern: string;
  readonly registration?: string;
};

export type ParsedSite = {
  readonly typed: string;
  /** Base URLs, most likely first, each without a trailing slash. */
  readonly candidates: readonly string[];
  readonly cloud?: { readonly name: string; readonly url: string; readonly registration?: string };
  readonly why: readonly string[];
};

export type Finding =
  | {
      readonly base: string;
      readonly kind: "jira";
      readonly deployment: "cloud" | "datacenter";
      readonly version?: string;
      readonly versionNumbers?: readonly number[];
      readonly serverTitle?: string;
      /** The base URL the server states; evidence only, never an endpoint. */
      readonly stated_base_url?: string;
    }
  | { readonly base: string; readonly kind: "not-a-jira"; readonly evidence: string }
  | { readonly base: string; readonly kind: "redirect"; readonly location: string }
  | { readonly base: string; readonly kind: "login-wall"; readonly evidence: string };

export type Failed = { readonly base: string; readonly error: LatchkeyError };

export type Conclusion = {
  readonly site: {
    readonly base_url: string;
    readonly deployment: "cloud" | "datacenter";
    readonly version?: string;
    readonly title?: string;
  };
  /** The possible flavors, best first. */
  readonly flavors: readonly Flavor[];
  readonly why: readonly string[];
};

export function parseSite(
  _text: string,
  _options: { readonly cloud_sites?: readonly CloudSites[] } = {},
): ParsedSite {
  throw new Error("not built yet");
}
export function buildProbe(_base: string): HttpRequest {
  throw new Error("not built yet");
}
export function processProbe(_base: string, _response: HttpResponse): Finding {
  throw new Error("not built yet");
}
export function conclude(
  _parsed: ParsedSite,
  _findings: readonly (Finding | Failed)[],
  _asked?: Flavor,
  _options: { readonly force?: boolean } = {},
): Conclusion {
  throw new Error("not built yet");
}
