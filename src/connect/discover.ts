/** From what a person typed to a site, its flavors, and the registrations that fit it. */
import { isLatchkeyError, type LatchkeyError } from "../errors.ts";
import {
  buildProbe,
  conclude,
  type Failed,
  type Finding,
  parseSite,
  processProbe,
} from "../protocol/discovery.ts";
import { FLAVORS } from "../protocol/flavors.ts";
import type { Registration } from "../vault/index.ts";
import type { ConnectParts, DiscoverInput, Discovery } from "./contract.ts";
import { addressOf } from "./sites.ts";

const ATLASSIAN = "https://{name}.atlassian.net";
const PROBE_TIMEOUT_MS = 8_000;
/** serverInfo is a few hundred bytes; more is no Jira's. */
const PROBE_MAX_BYTES = 256 * 1024;

/** What is true of every other address of the host, or of the origin: nobody waits for the same silence twice. */
const ENDS_HOST = new Set(["dns_failed", "timed_out", "unreachable", "egress_refused"]);
const ENDS_ORIGIN = new Set(["connection_refused", "tls_failed", "http_not_https"]);

/**
 * Asks the candidates who they are, one after the other until one is a Jira, and finds what can be done there.
 *
 * @throws LatchkeyError the one that explains best why there is no site, see `conclude`
 */
export async function discover(parts: ConnectParts, input: DiscoverInput): Promise<Discovery> {
  const all = await parts.vault.registrations.list(input.owner);
  const known = all.filter((one) => one.credential === "dance");
  const cloud_sites = [...patternsOf(known), { pattern: ATLASSIAN }];
  const parsed = parseSite(input.text, { cloud_sites });
  const findings = await probeAll(parts, parsed.candidates, input.trust);
  const { site, flavors, why } = conclude(parsed, findings, input.flavor, { force: input.force ?? false });
  const fitting = known.filter((one) => flavors.includes(one.flavor) && serves(one, site.base_url));
  const rank = (one: Registration) =>
    flavors.indexOf(one.flavor) + (one.state === "active" ? 0 : flavors.length);
  const registrations = fitting
    .filter((one) => one.state !== "draft")
    .sort((one, other) => rank(one) - rank(other));
  return {
    site,
    flavors,
    why,
    registrations,
    needs_setup: registrations.length === 0 && site.deployment === "datacenter",
  };
}

function patternsOf(known: readonly Registration[]): { pattern: string; registration: string }[] {
  return known.flatMap((one) =>
    one.flavor === "cloud" && one.cloud_sites !== undefined
      ? [{ pattern: one.cloud_sites, registration: one.id }]
      : [],
  );
}

/** Asks one base URL after the other, until one is a Jira. */
export async function probeAll(
  parts: ConnectParts,
  candidates: readonly string[],
  trust: DiscoverInput["trust"],
): Promise<readonly (Finding | Failed)[]> {
  const findings: (Finding | Failed)[] = [];
  const dead = new Map<string, LatchkeyError>();
  for (const base of candidates) {
    const { hostname, origin } = new URL(base);
    const known = dead.get(hostname) ?? dead.get(origin);
    const finding = known === undefined ? await probe(parts, base, trust) : { base, error: known };
    findings.push(finding);
    if ("kind" in finding && finding.kind === "jira") break;
    if ("error" in finding && ENDS_HOST.has(finding.error.code)) dead.set(hostname, finding.error);
    if ("error" in finding && ENDS_ORIGIN.has(finding.error.code)) dead.set(origin, finding.error);
  }
  return findings;
}

/** Asks one base URL who it is. */
async function probe(
  parts: ConnectParts,
  base: string,
  trust: DiscoverInput["trust"],
): Promise<Finding | Failed> {
  try {
    const response = await parts.transport.send(buildProbe(base), {
      trust,
      timeout_ms: parts.probe_timeout_ms ?? PROBE_TIMEOUT_MS,
      max_bytes: PROBE_MAX_BYTES,
    });
    return processProbe(base, response);
  } catch (error) {
    if (isLatchkeyError(error)) return { base, error };
    throw error;
  }
}

/** Whether a registration is for this site. */
export function serves(registration: Registration, base_url: string): boolean {
  if (FLAVORS[registration.flavor].deployment === "datacenter") {
    const own = registration.site_base_url;
    return own !== undefined && addressOf(own) === addressOf(base_url);
  }
  return matchesPattern(registration.cloud_sites ?? ATLASSIAN, base_url);
}

function matchesPattern(pattern: string, url: string): boolean {
  const [before = "", after = ""] = pattern.replace(/\/+$/, "").split("{name}");
  const address = url.replace(/\/+$/, "");
  if (!address.startsWith(before) || !address.endsWith(after)) return false;
  const name = address.slice(before.length, address.length - after.length);
  return /^[a-z0-9][a-z0-9-]*$/i.test(name);
}
