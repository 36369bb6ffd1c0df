/** Why a signature was refused: both base strings side by side, and the setting that makes them differ. */
import type { LatchkeyError } from "../../errors.ts";
import type { CheckFinding } from "../contract.ts";
import { unproven, wrong } from "./findings.ts";

type Difference = {
  readonly equal: boolean;
  readonly parts: readonly string[];
  readonly our_url: string;
  readonly their_url: string;
  readonly only_ours: readonly string[];
  readonly only_theirs: readonly string[];
};

/** The finding for `signature_invalid`. @param spki_sha256 fingerprint of our public key */
export function signatureFinding(error: LatchkeyError, spki_sha256: string | undefined): CheckFinding {
  const { difference, our_base_string, their_base_string } = error.details;
  if (difference === undefined) {
    return {
      ...unproven(error.code, error.message),
      outcome: "wrong",
      fix: error.fix,
      evidence: { spki_sha256 },
    };
  }
  const found = difference as Difference;
  const evidence = { our_base_string, their_base_string, spki_sha256 };
  if (found.equal) {
    return wrong(
      error.code,
      "Jira signed over the very same text, so it holds another public key than the pair of our private key.",
      {
        fix: "Paste the public key again into the incoming side of the application link, all lines of it, and save.",
        evidence,
      },
    );
  }
  if (found.parts.includes("url")) {
    return wrong(
      error.code,
      `We signed for ${found.our_url}, but Jira sees ${found.their_url}: a proxy before Jira changes the address.`,
      { fix: proxySetting(found.our_url, found.their_url), evidence },
    );
  }
  return wrong(error.code, "Jira received other parameters than the ones that were signed.", {
    fix: "Something on the way changes the query or the form.",
    evidence: { ...evidence, only_ours: found.only_ours, only_theirs: found.only_theirs },
  });
}

/** The attributes of Tomcat's connector that make Jira see the address people use. */
function proxySetting(ours: string, theirs: string): string {
  if (!URL.canParse(ours) || !URL.canParse(theirs)) return "Compare both addresses.";
  const our = new URL(ours);
  const their = new URL(theirs);
  const attributes: string[] = [];
  if (our.protocol !== their.protocol) {
    attributes.push(`scheme="${our.protocol.slice(0, -1)}"`, `secure="${our.protocol === "https:"}"`);
  }
  if (our.hostname !== their.hostname) attributes.push(`proxyName="${our.hostname}"`);
  if (portOf(our) !== portOf(their)) attributes.push(`proxyPort="${portOf(our)}"`);
  if (attributes.length === 0) {
    return `The paths differ: the context path in the registration's base URL and in Jira (${their.pathname}) must be the same.`;
  }
  return `In Jira's server.xml set on the Connector: ${attributes.join(" ")}. The proxy must pass the Host header through.`;
}

function portOf(url: URL): string {
  return url.port || (url.protocol === "https:" ? "443" : "80");
}
