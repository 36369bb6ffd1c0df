/** The three kinds of Jira as people call them. */
import type { Flavor } from "../../protocol/index.ts";

const NAMES: Readonly<Record<Flavor, { readonly long: string; readonly way: string }>> = {
  cloud: { long: "Jira Cloud", way: "OAuth 2.0" },
  "datacenter-oauth2": { long: "Data Center · OAuth 2.0", way: "OAuth 2.0, incoming link" },
  "datacenter-oauth1": { long: "Data Center · OAuth 1.0a", way: "OAuth 1.0a, application link" },
};

/** `Jira Cloud`, `Data Center · OAuth 2.0` */
export function flavorName(flavor: Flavor): string {
  return NAMES[flavor]?.long ?? flavor;
}

/** How the dance is danced: `OAuth 1.0a, application link`. */
export function flavorWay(flavor: Flavor): string {
  return NAMES[flavor]?.way ?? flavor;
}

export function isFlavor(value: string | undefined): value is Flavor {
  return value !== undefined && Object.hasOwn(NAMES, value);
}
