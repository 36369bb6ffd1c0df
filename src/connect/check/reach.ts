/** Whether the registered address leads to a Jira, and to this one. */
import { isLatchkeyError } from "../../errors.ts";
import { type Conclusion, conclude, parseSite } from "../../protocol/discovery.ts";
import { FLAVORS } from "../../protocol/flavors.ts";
import type { Registration } from "../../vault/index.ts";
import type { CheckFinding, ConnectParts } from "../contract.ts";
import { probeAll } from "../discover.ts";
import { addressOf } from "../sites.ts";
import { byKind, ok, wrong } from "./findings.ts";

export type Reached = {
  readonly findings: readonly CheckFinding[];
  /** Whether it makes sense to ask further. */
  readonly usable: boolean;
};

/** Asks the base URL of a Data Center who it is, and where it is no Jira, looks for one nearby. */
export async function checkReach(parts: ConnectParts, registration: Registration): Promise<Reached> {
  const base = registration.site_base_url?.replace(/\/+$/, "");
  if (base === undefined) {
    const finding = wrong("registration_incomplete", "The registration has no base URL of a Jira.", {
      fix: "Give the address as the browser shows it, context path included.",
    });
    return { findings: [finding], usable: false };
  }
  try {
    const parsed = parseSite(base, { cloud_sites: [] });
    const found = await probeAll(parts, parsed.candidates, "end-user");
    return judge(registration, base, conclude(parsed, found));
  } catch (error) {
    if (!isLatchkeyError(error)) throw error;
    return { findings: [byKind(error, { base_url: base })], usable: false };
  }
}

function judge(registration: Registration, base: string, { site, flavors }: Conclusion): Reached {
  if (addressOf(site.base_url) !== addressOf(base)) {
    const finding = wrong("not_a_jira", `There is no Jira at ${base}; it is at ${site.base_url}.`, {
      fix: `Change the base URL of the registration to ${site.base_url}; the context path belongs to it.`,
      evidence: { base_url: base, found: site.base_url },
    });
    return { findings: [finding], usable: false };
  }
  const { version, deployment } = site;
  if (!flavors.includes(registration.flavor)) {
    const kind = deployment === "cloud" ? "Jira Cloud" : `Jira ${version ?? ""}`.trim();
    const finding = wrong(
      "flavor",
      `${base} is ${kind}, which does not take ${FLAVORS[registration.flavor].title}.`,
      {
        fix: `Register it with the flavor ${flavors[0]}.`,
        evidence: { flavors, version },
      },
    );
    return { findings: [finding], usable: false };
  }
  return {
    findings: [
      ok("reachable", `${base} answers, and it is a Jira${version === undefined ? "" : ` ${version}`}.`, {
        evidence: { base_url: base, version },
      }),
    ],
    usable: true,
  };
}
