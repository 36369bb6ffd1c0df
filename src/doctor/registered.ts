/** The registration: what it lacks, and what a question signed or asked with it proves. */
import { ERRORS, type ErrorCode, LatchkeyError } from "../errors.ts";
import { FLAVORS } from "../protocol/flavors.ts";
import type { Registration } from "../vault/index.ts";
import { byTable, causeOf, causeSeen } from "./cause.ts";
import { type About, type Cause, type Checked, type DoctorParts, STEPS, type StepName } from "./contract.ts";
import type { Notes } from "./notes.ts";
import { addressJiraSees, settingFor } from "./signature.ts";

type Finding = Checked["findings"][number];

/** What the codes of the check are in the walk. */
const STEP_OF: Readonly<Record<string, StepName>> = {
  dns_failed: "dns",
  egress_refused: "dns",
  connection_refused: "connection",
  connection_reset: "connection",
  unreachable: "connection",
  timed_out: "connection",
  nonce_used: "connection",
  tls_failed: "tls",
  http_not_https: "tls",
  timestamp_refused: "clock",
  clock: "clock",
  not_a_jira: "base_url",
  reachable: "jira",
  flavor: "jira",
  callback_not_confirmed: "jira",
  jira_failed: "jira",
  private_key_invalid: "key_pair",
  key: "key_pair",
  redirect_uri: "callback",
  callback: "callback",
  parameter_rejected: "callback",
  bad_request: "callback",
  refresh_token_absent: "scopes",
  invalid_scope: "scopes",
  scope_count: "scopes",
  jira_rate_limited: "rate_limits",
};

/** Goes through registration, key pair, callback and scopes. */
export async function examineRegistration(
  parts: DoctorParts,
  notes: Notes,
  registration: Registration,
  about: Omit<About, "seen">,
): Promise<void> {
  const known = { ...about, registration };
  const { findings } = await parts.check(registration.id);
  const wrong = findings
    .filter((one) => one.outcome === "wrong" || (one.outcome === "unproven" && isOurs(one.code)))
    .sort((one, other) => placeOf(one) - placeOf(other))[0];
  if (wrong !== undefined) {
    const cause = await causeIn(parts, wrong, known);
    notes.found(cause.row === "dc-2" ? "key_pair" : stepFor(wrong, cause), cause);
    return;
  }
  if (registration.state === "suspended") {
    const { code = "unknown", at = 0 } = registration.suspended ?? {};
    const details = { suspended_for: code, since: new Date(at).toISOString() };
    notes.found(
      "registration",
      causeOf(new LatchkeyError("registration_suspended", undefined, { details }), known),
    );
    return;
  }
  if (refuseCallback(parts, notes, registration, known)) return;
  whatIsWell(notes, registration, findings);
}

/** A failure that may pass is nevertheless what is wrong now. */
function isOurs(code: string): boolean {
  return Object.hasOwn(ERRORS, code);
}

function placeOf({ code }: Finding): number {
  return STEPS.indexOf(STEP_OF[code] ?? "registration");
}

function stepFor({ code }: Finding, { row }: Cause): StepName {
  if (row === "dc-1" || row === "dc-3" || row === "dc-4") return "base_url";
  return STEP_OF[code] ?? "registration";
}

async function causeIn(parts: DoctorParts, finding: Finding, about: Omit<About, "seen">): Promise<Cause> {
  const { registration } = about;
  if (finding.code === "flavor" && registration) return otherFlavor(finding, about, registration);
  const code = codeOf(finding.code);
  const told = await secondLook(parts, finding, registration);
  const details = {
    ...finding.evidence,
    ...(finding.fix && { fix: finding.fix }),
    ...(finding.code === "redirect_uri" && { malformed: true }),
    ...told,
  };
  const status = finding.evidence?.status;
  const seen = {
    flavor: about.flavor,
    code,
    details,
    ...(typeof status === "number" && { status }),
  };
  const cause =
    causeSeen(seen, about) ?? byTable(code, finding.says, finding.fix ?? ERRORS[code].fix, seen, about);
  return { ...cause, evidence: [...cause.evidence, `found: ${finding.says}`] };
}

function codeOf(code: string): ErrorCode {
  if (code === "redirect_uri") return "redirect_uri_mismatch";
  return Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : "registration_incomplete";
}

/** Where Jira keeps its base string to itself, its own signatures for other addresses tell which one it sees. */
async function secondLook(
  parts: DoctorParts,
  { code, evidence }: Finding,
  registration: Registration | undefined,
): Promise<Record<string, unknown>> {
  if (code !== "signature_invalid" || registration === undefined) return {};
  if (evidence?.their_base_string !== undefined) return {};
  const seen = await addressJiraSees(parts, registration);
  if (seen === undefined) return {};
  const base = (registration.site_base_url ?? "").replace(/\/+$/, "");
  return {
    differs: "url",
    signed_for: base,
    jira_sees: seen,
    proof: "Jira took the same request once it was signed for that address.",
    setting: settingFor(base, seen),
  };
}

function otherFlavor(finding: Finding, about: Omit<About, "seen">, registration: Registration): Cause {
  const details = { ...finding.evidence, flavor_refused: registration.flavor, fix: finding.fix };
  const seen = { flavor: about.flavor, details };
  return (
    causeSeen(seen, about) ??
    byTable("registration_unknown", finding.says, finding.fix ?? ERRORS.registration_unknown.fix, seen, about)
  );
}

/** The same door under another path: nobody waits there. */
function refuseCallback(
  parts: DoctorParts,
  notes: Notes,
  registration: Registration,
  about: Omit<About, "seen">,
): boolean {
  const expected = parts.callbackUrl?.(registration.id);
  const { redirect_uri } = registration;
  if (expected === undefined || !URL.canParse(redirect_uri) || !URL.canParse(expected)) return false;
  const ours = new URL(expected);
  const theirs = new URL(redirect_uri);
  const bare = ours.pathname.slice(0, ours.pathname.lastIndexOf("/"));
  if (ours.origin !== theirs.origin || theirs.pathname === ours.pathname || theirs.pathname === bare)
    return false;
  const details = { registered: redirect_uri, listening: expected };
  const fix = `Change the redirect URI to ${expected}, in the registration and in Jira.`;
  notes.found(
    "callback",
    causeOf(new LatchkeyError("callback_not_waited_for", undefined, { details, fix }), about),
  );
  return true;
}

function whatIsWell(notes: Notes, registration: Registration, findings: readonly Finding[]): void {
  const { flavor, credential } = registration;
  const oauth1 = FLAVORS[flavor].protocol === "oauth1";
  const of = (...codes: string[]) => findings.find(({ code }) => codes.includes(code));
  const proven = of("consumer", "client");
  if (credential === "token") {
    notes.ok("registration", "Each person brings a token of their own; nothing is registered in Jira.");
    for (const name of ["key_pair", "callback", "scopes"] as const) notes.skip(name, "Tokens need none.");
    return;
  }
  if (proven?.outcome === "ok") notes.ok("registration", proven.says);
  else notes.unproven("registration", proven?.says ?? "Nothing could be proven of the registration.");
  const key = of("key");
  if (oauth1) notes.ok("key_pair", key?.says ?? "Jira has the pair of the private key.");
  else notes.skip("key_pair", "OAuth 2.0 needs no key pair.");
  const callback = of("callback", "redirect_uri");
  if (callback === undefined)
    notes.skip(
      "callback",
      credential === "dance" ? "It goes without a callback." : "Nobody approves, so nobody comes back.",
    );
  else if (callback.outcome === "ok") notes.ok("callback", callback.says);
  else notes.unproven("callback", callback.says, [`redirect_uri: ${registration.redirect_uri}`]);
  if (oauth1) notes.skip("scopes", "OAuth 1.0a has no scopes: a token may do what its person may.");
  else notes.ok("scopes", of("scope_count")?.says ?? "The scopes are ones this Jira knows.");
}
