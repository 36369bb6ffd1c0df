/** `signature_invalid`: both base strings, where they part, and the setting of a proxy that makes them. */
import { isLatchkeyError } from "../errors.ts";
import type { HttpHeaders } from "../http.ts";
import { endpointsFor } from "../protocol/flavors.ts";
import {
  baseStringOf,
  baseStringUri,
  buildRequestToken,
  compareBaseStrings,
  endpointsOf,
  percentDecode,
  processRequestToken,
} from "../protocol/oauth1/index.ts";
import type { Registration } from "../vault/index.ts";
import type { BaseStrings, DoctorParts, Observation } from "./contract.ts";
import { parameter, query } from "./signs.ts";

export type Compared = {
  readonly base_strings?: BaseStrings;
  readonly details: Readonly<Record<string, unknown>>;
};

type Difference = "nothing" | "url" | "form" | "query";

/** Lays two base strings side by side. @param form whether the request carried a form or a body */
export function compare(ours: string, theirs: string, form: boolean): Compared {
  const found = compareBaseStrings(ours, theirs);
  const differs: Difference = found.equal
    ? "nothing"
    : found.parts.includes("url")
      ? "url"
      : form
        ? "form"
        : "query";
  const details = {
    differs,
    ...(differs === "url" && {
      signed_for: found.our_url,
      jira_sees: found.their_url,
      setting: settingFor(found.our_url, found.their_url),
    }),
    ...((differs === "query" || differs === "form") && {
      only_ours: found.only_ours.filter(isShown).join(" "),
      only_theirs: found.only_theirs.filter(isShown).join(" "),
    }),
  };
  return { base_strings: sideBySide(ours, theirs), details };
}

/** What an answer of Jira's tells of the text it signed, laid beside what is known of ours. */
export function compareSeen(seen: Observation): Compared {
  const theirs = parameter(seen, "oauth_signature_base_string") ?? textOf(seen.details?.their_base_string);
  const ours = textOf(seen.details?.our_base_string) ?? signedText(seen);
  const form = isSent(seen);
  if (theirs === undefined) return { details: {} };
  if (ours !== undefined) return compare(ours, theirs, form);
  if (seen.url === undefined || !/^https?:\/\//.test(seen.url)) return { details: {} };
  return byAddress(seen, theirs, form);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isSent({ request_headers, method }: Observation): boolean {
  return method === "POST" && request_headers?.["content-type"] !== undefined;
}

function signedText({ method, url, request_headers }: Observation): string | undefined {
  if (method === undefined || url === undefined || request_headers === undefined) return undefined;
  return baseStringOf({ method, url, headers: request_headers as HttpHeaders });
}

/** Without the request's own header only address and query can be compared. */
function byAddress(seen: Observation, theirs: string, form: boolean): Compared {
  const [, their_url = "", parameters = ""] = theirs.split("&").map(percentDecode);
  const our_url = baseStringUri(seen.url!);
  if (our_url !== their_url) {
    const setting = settingFor(our_url, their_url);
    return { details: { differs: "url", signed_for: our_url, jira_sees: their_url, setting } };
  }
  const theirNames = new Set(new URLSearchParams(parameters).keys());
  const missing = [...query(seen).keys()].filter((name) => !theirNames.has(name));
  const differs: Difference = form ? "form" : missing.length > 0 ? "query" : "nothing";
  return { details: { differs, jira_sees: their_url } };
}

function isShown(pair: string): boolean {
  return !/^oauth_(token|verifier|session_handle)=/.test(pair);
}

/** Tokens stand in base strings, encoded twice; what is left says everything about a difference. */
function masked(base: string): string {
  return base
    .replace(/(oauth_(?:token|verifier|session_handle)%3D)(?:(?!%26).)+/g, "$1[masked]")
    .slice(0, 4_000);
}

function sideBySide(ours: string, theirs: string): BaseStrings {
  const both = { ours: masked(ours), theirs: masked(theirs) };
  if (both.ours === both.theirs) return both;
  let at = 0;
  while (both.ours[at] === both.theirs[at]) at += 1;
  return { ...both, differ_at: at };
}

/** The setting that makes Jira see the address people use. */
export function settingFor(ours: string, theirs: string): string {
  if (!URL.canParse(ours) || !URL.canParse(theirs)) return "Compare both addresses.";
  const our = new URL(ours);
  const their = new URL(theirs);
  const attributes: string[] = [];
  if (our.protocol !== their.protocol) {
    attributes.push(`scheme="${our.protocol.slice(0, -1)}"`, `secure="${our.protocol === "https:"}"`);
  }
  if (our.hostname !== their.hostname) attributes.push(`proxyName="${our.hostname}"`);
  if (portOf(our) !== portOf(their)) attributes.push(`proxyPort="${portOf(our)}"`);
  const steps = [];
  if (attributes.length > 0) {
    steps.push(
      `Set ${attributes.join(" ")} on the Connector in Jira's server.xml, restart Jira, and let the proxy pass the Host header through (nginx: proxy_set_header Host $host; Apache: ProxyPreserveHost On).`,
    );
  }
  if (our.pathname !== their.pathname) steps.push(pathSetting(our.pathname, their.pathname));
  return steps.join(" ") || "Compare both addresses.";
}

function pathSetting(ours: string, theirs: string): string {
  if (theirs.replace(/\/{2,}/g, "/") === ours || ours.replace(/\/{2,}/g, "/") === theirs) {
    return "A slash is doubled on the way: give the proxy's target without a slash at its end (nginx: proxy_pass http://jira:8080; without a path), and the base URL too.";
  }
  if (theirs.replace(/\/$/, "") === ours || ours.replace(/\/$/, "") === theirs) {
    return "A slash at the end is added or taken away on the way; let the proxy hand the path on as it came.";
  }
  return `The context path differs: Jira sees ${theirs}, people use ${ours}. Give the Context in server.xml the path that the proxy shows, or let the proxy hand it on unchanged.`;
}

function portOf(url: URL): string {
  return url.port || (url.protocol === "https:" ? "443" : "80");
}

/** Rewritings that proxies are known for, likeliest first. */
export function rewritingsOf(base_url: string): readonly string[] {
  const url = new URL(base_url);
  const path = url.pathname.replace(/\/+$/, "");
  const other = url.protocol === "https:" ? "http:" : "https:";
  const origins = [
    `${other}//${url.host}`,
    `${other}//${url.hostname}`,
    `${url.protocol}//${url.hostname}`,
    ...["http://localhost:8080", "http://127.0.0.1:8080", "http://jira:8080"],
    `http://${url.hostname}:8080`,
    `https://${url.hostname}:8443`,
  ];
  const paths = path === "" ? ["/jira"] : ["", `/${path}`];
  const found = [...origins.map((origin) => origin + path), ...paths.map((one) => url.origin + one)];
  return [...new Set(found)].filter((one) => one !== base_url.replace(/\/+$/, ""));
}

/**
 * Where Jira does not tell the text it signed: signs for each likely address, sends to the real one, and sees which
 * signature Jira takes. What it takes is proof.
 *
 * @returns the base URL that Jira believes to have; `undefined` where it takes none of them
 */
export async function addressJiraSees(
  parts: Pick<DoctorParts, "vault" | "transport" | "now" | "random">,
  registration: Registration,
): Promise<string | undefined> {
  const client = await parts.vault.registrations.oauth1Client(registration.id);
  const real = endpointsFor("datacenter-oauth1", registration).request_token_url;
  for (const base of rewritingsOf(registration.site_base_url ?? "")) {
    const request = await buildRequestToken(endpointsOf(base), client, {
      timestamp: Math.floor(parts.now() / 1000),
      nonce: Buffer.from(parts.random(16)).toString("hex"),
      oauth_callback: registration.redirect_uri,
    });
    try {
      processRequestToken(await parts.transport.send({ ...request, url: real }), {});
      return base;
    } catch (error) {
      if (!isLatchkeyError(error)) throw error;
      if (error.code !== "signature_invalid") return undefined;
    }
  }
  return undefined;
}
