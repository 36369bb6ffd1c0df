import { LatchkeyError } from "../../errors.ts";
import { FLAVORS, type Flavor } from "../flavors.ts";
import type { ParsedSite } from "./parse.ts";
import type { Finding } from "./probe.ts";

/** A base URL that gave no answer at all. */
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
  /** Sentences: what was found and what follows from it. */
  readonly why: readonly string[];
};

type Jira = Extract<Finding, { kind: "jira" }>;

/** From this version on Data Center is an OAuth 2.0 provider. */
const OAUTH2_SINCE = [8, 22] as const;

/**
 * Draws the conclusion from what the candidates turned out to be. The first candidate that is a Jira is taken; a
 * http address only where nothing said that https is meant.
 *
 * @param asked the flavor a person insists on
 * @param options `force` takes the asked flavor although it does not fit the site
 * @throws LatchkeyError the one that explains best why there is no site: `http_not_https`, `egress_refused`,
 *   `not_a_jira`, `redirect_refused`, or the network's own; `oauth1_on_cloud` and `bad_request` for a flavor that
 *   does not fit
 */
export function conclude(
  parsed: ParsedSite,
  findings: readonly (Finding | Failed)[],
  asked?: Flavor,
  options: { readonly force?: boolean } = {},
): Conclusion {
  const ordered = parsed.candidates.flatMap((base) => findings.filter((finding) => finding.base === base));
  const jira = ordered.find((finding): finding is Jira => "kind" in finding && finding.kind === "jira");
  if (!jira || isDowngrade(jira, ordered)) throw explain(parsed, ordered);
  const why = [...parsed.why, ...sentencesOf(jira, parsed)];
  const flavors = flavorsOf(jira, why, asked, options.force ?? false);
  return {
    site: {
      base_url: jira.base,
      deployment: jira.deployment,
      ...(jira.version !== undefined && { version: jira.version }),
      ...(jira.serverTitle !== undefined && { title: jira.serverTitle }),
    },
    flavors,
    why,
  };
}

/** An https that is there but broken must not lead to http without a word. */
function isDowngrade(jira: Jira, all: readonly (Finding | Failed)[]): boolean {
  if (!jira.base.startsWith("http://")) return false;
  const { host } = new URL(jira.base);
  return all.some(
    (one) => "error" in one && one.error.code === "tls_failed" && new URL(one.base).host === host,
  );
}

function sentencesOf(jira: Jira, parsed: ParsedSite): string[] {
  const title =
    jira.deployment === "cloud" ? "Jira Cloud" : `Jira Data Center or Server ${jira.version ?? ""}`.trim();
  const sentences = [`${jira.base} is ${title}.`];
  const first = parsed.candidates[0];
  if (first !== undefined && first !== jira.base && pathOf(first) !== pathOf(jira.base)) {
    sentences.push(`There is no Jira at ${first}; it was found at ${jira.base}, context path included.`);
  }
  if (jira.stated_base_url !== undefined && jira.stated_base_url.replace(/\/+$/, "") !== jira.base) {
    sentences.push("Jira's own base URL setting names another address; links in its pages may lead there.");
  }
  if (jira.base.startsWith("http://")) sentences.push("The address is not encrypted (http).");
  return sentences;
}

function pathOf(base: string): string {
  return new URL(base).pathname;
}

function flavorsOf(jira: Jira, why: string[], asked: Flavor | undefined, force: boolean): readonly Flavor[] {
  const possible = possibleFlavors(jira, why);
  if (asked === undefined) return possible;
  if (possible.includes(asked)) return [asked];
  if (force) {
    why.push(`${FLAVORS[asked].title} does not fit this Jira and was forced.`);
    return [asked];
  }
  if (asked === "datacenter-oauth1") throw new LatchkeyError("oauth1_on_cloud");
  throw new LatchkeyError("bad_request", `${FLAVORS[asked].title} does not fit: ${why.at(-1)}`, {
    fix: `Connect with the flavor ${possible[0]}.`,
    details: { field: "flavor", possible },
  });
}

function possibleFlavors(jira: Jira, why: string[]): readonly Flavor[] {
  if (jira.deployment === "cloud") {
    why.push("Jira Cloud takes OAuth 2.0 (3LO).");
    return ["cloud"];
  }
  const version = jira.versionNumbers ?? jira.version?.split(/[.-]/).map(Number);
  if (!version || Number.isNaN(version[0])) {
    why.push("The version is not known, so both ways of Data Center are possible.");
    return ["datacenter-oauth2", "datacenter-oauth1"];
  }
  const [major = 0, minor = 0] = version;
  const modern = major > OAUTH2_SINCE[0] || (major === OAUTH2_SINCE[0] && minor >= OAUTH2_SINCE[1]);
  why.push(
    modern
      ? "From 8.22 on Data Center takes OAuth 2.0; OAuth 1.0a application links work as well."
      : "Before 8.22 there is only OAuth 1.0a.",
  );
  return modern ? ["datacenter-oauth2", "datacenter-oauth1"] : ["datacenter-oauth1"];
}

/** Chooses, among all that went wrong, what a person can act on. */
function explain(parsed: ParsedSite, all: readonly (Finding | Failed)[]): LatchkeyError {
  const findings = all.filter((one): one is Finding => "kind" in one);
  const failures = all.filter((one): one is Failed => "error" in one).map((one) => one.error);
  const upgrade = findings.find((one) => one.kind === "redirect" && isUpgrade(one.base, one.location));
  if (upgrade) return wantsHttps(upgrade.base);
  for (const code of ["http_not_https", "tls_failed", "egress_refused"] as const) {
    const failure = failures.find((error) => error.code === code);
    if (failure) return failure;
  }
  return fromFindings(parsed, findings) ?? failures[0] ?? new LatchkeyError("unreachable");
}

function isUpgrade(base: string, location: string): boolean {
  return base.startsWith("http://") && location.startsWith("https://") && hostOf(base) === hostOf(location);
}

function hostOf(url: string): string {
  return new URL(url).hostname;
}

function wantsHttps(base: string): LatchkeyError {
  const https = `https://${base.slice("http://".length)}`;
  return new LatchkeyError("http_not_https", "This server wants https.", {
    fix: `Use ${https}`,
    details: { base_url: https },
  });
}

function fromFindings(parsed: ParsedSite, findings: readonly Finding[]): LatchkeyError | undefined {
  const evidence = findings.map((one) => `${one.base}: ${evidenceOf(one)}`).slice(0, 20);
  const details = { evidence };
  const wall = findings.find((one) => one.kind === "login-wall");
  if (wall) {
    return new LatchkeyError(
      "not_a_jira",
      "A sign-in page stands before this address, so Jira itself did not answer.",
      {
        details,
        fix: "Check the address; where a gateway guards Jira, its /rest and /plugins/servlet/oauth paths must be reachable from here.",
      },
    );
  }
  const failing = findings.find(
    (one) => one.kind === "not-a-jira" && (one.status >= 500 || one.status === 429),
  );
  if (failing)
    return new LatchkeyError("jira_failed", "The server at this address fails just now.", { details });
  const away = findings.find((one) => one.kind === "redirect");
  if (away?.kind === "redirect") {
    return new LatchkeyError("redirect_refused", "This address redirects to another one.", {
      details: { ...details, location: away.location },
    });
  }
  if (findings.length === 0) return undefined;
  const asked = parsed.cloud
    ? `There is no Jira Cloud site ${parsed.cloud.name} (${parsed.cloud.url}).`
    : undefined;
  return new LatchkeyError("not_a_jira", asked, { details });
}

function evidenceOf(finding: Finding): string {
  if (finding.kind === "jira") return "a Jira";
  return finding.kind === "redirect" ? `redirects to ${finding.location}` : finding.evidence;
}
