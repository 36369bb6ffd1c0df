/** DNS, connection, TLS, clock, base URL, and whether it is a Jira: one question that anybody may ask. */
import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import { buildProbe, type Finding, processProbe } from "../protocol/discovery.ts";
import type { Flavor } from "../protocol/flavors.ts";
import { causeOf } from "./cause.ts";
import type { About, Cause, DoctorParts, StepName } from "./contract.ts";
import type { Notes } from "./notes.ts";

const PROBE_TIMEOUT_MS = 8_000;
const PROBE_MAX_BYTES = 256 * 1024;
/** Jira takes signed requests within five minutes. */
const WINDOW_S = 300;
const NOTABLE_S = 60;

export type Reached = {
  readonly version?: string;
  readonly deployment?: "cloud" | "datacenter";
  readonly skew_s?: number;
};

type Asked = {
  readonly parts: DoctorParts;
  readonly notes: Notes;
  readonly base: string;
  readonly owner: string;
  readonly trust: "end-user" | "operator";
  readonly flavor?: Flavor | undefined;
};

/** Asks the base URL who it is. `undefined` where the walk has found its cause. */
export async function reach(asked: Asked): Promise<Reached | undefined> {
  const { parts, notes, base } = asked;
  const about = { flavor: asked.flavor, site: base };
  const sent_at = parts.now();
  try {
    const response = await parts.transport.send(buildProbe(base), {
      trust: asked.trust,
      timeout_ms: PROBE_TIMEOUT_MS,
      max_bytes: PROBE_MAX_BYTES,
    });
    answered(notes, base);
    const skew_s = skewOf(response.headers.date, (sent_at + parts.now()) / 2);
    const finding = processProbe(base, response);
    if (finding.kind !== "jira") {
      const cause = await noJira(asked, finding);
      notes.found(stepOf(cause, "jira"), cause);
      return undefined;
    }
    return judge(notes, about, finding, skew_s);
  } catch (thrown) {
    if (!isLatchkeyError(thrown)) throw thrown;
    notReached(notes, about, thrown);
    return undefined;
  }
}

/** Puts a failure on the way where it belongs, with what must have gone well before it. */
export function notReached(notes: Notes, about: Omit<About, "seen">, error: LatchkeyError): void {
  const cause = causeOf(error, about);
  const step = stepOf(cause, STEP_OF[error.code] ?? "jira");
  const before = ["dns", "connection", "tls"] as const;
  const at = before.indexOf(step as (typeof before)[number]);
  for (const name of at < 0 ? before : before.slice(0, at)) {
    if (error.code !== "egress_refused") notes.ok(name, WELL[name]);
  }
  notes.found(step, cause);
}

const WELL = {
  dns: "The host name is known.",
  connection: "Something listens there.",
  tls: "The handshake is done, or none is needed.",
} as const;

const STEP_OF: Readonly<Record<string, StepName>> = {
  dns_failed: "dns",
  egress_refused: "dns",
  connection_refused: "connection",
  connection_reset: "connection",
  unreachable: "connection",
  timed_out: "connection",
  tls_failed: "tls",
  http_not_https: "tls",
  redirect_refused: "base_url",
};

/** The step of the row, unless the cause has none. */
export function stepOf({ code, row }: Cause, otherwise: StepName): StepName {
  if (row === "dc-18" || code === "redirect_refused") return "base_url";
  return STEP_OF[code] ?? otherwise;
}

function answered(notes: Notes, base: string): void {
  notes.ok("dns", WELL.dns);
  notes.ok("connection", WELL.connection);
  notes.ok(
    "tls",
    base.startsWith("https:") ? "The certificate is trusted." : "This address is http: there is no TLS.",
  );
}

/** Seconds the server is ahead of us. */
function skewOf(date: string | undefined, at_ms: number): number | undefined {
  const server = Date.parse(date ?? "");
  return Number.isNaN(server) ? undefined : Math.round((server - at_ms) / 1000);
}

function judge(
  notes: Notes,
  about: Omit<About, "seen">,
  finding: Extract<Finding, { kind: "jira" }>,
  skew_s: number | undefined,
): Reached | undefined {
  const { version, deployment, stated_base_url } = finding;
  notes.ok(
    "jira",
    `It is a Jira${version ? ` ${version}` : ""} (${deployment === "cloud" ? "Cloud" : "Data Center or Server"}).`,
  );
  baseUrl(notes, about.site ?? "", stated_base_url);
  if (skew_s !== undefined && Math.abs(skew_s) > WINDOW_S && about.flavor === "datacenter-oauth1") {
    const refused = new LatchkeyError("timestamp_refused", undefined, { details: { skew_s } });
    notes.found("clock", causeOf(refused, { ...about, version }));
    return undefined;
  }
  clock(notes, skew_s);
  return { deployment, ...(version && { version }), ...(skew_s !== undefined && { skew_s }) };
}

function clock(notes: Notes, skew_s: number | undefined): void {
  if (skew_s === undefined) {
    notes.unproven("clock", "The answer carries no date to compare with.");
    return;
  }
  if (Math.abs(skew_s) <= NOTABLE_S) {
    notes.ok("clock", "The clocks agree.");
    return;
  }
  const side = skew_s > 0 ? "ahead of" : "behind";
  notes.ok(
    "clock",
    `Jira's clock is ${Math.abs(skew_s)} seconds ${side} ours; set both by NTP before it is five minutes.`,
  );
}

/** What a server says of itself is evidence and no more: signatures are verified against what its Tomcat sees. */
function baseUrl(notes: Notes, base: string, stated: string | undefined): void {
  if (stated === undefined || without(stated) === without(base)) {
    notes.ok(
      "base_url",
      stated === undefined ? "It answers at this address." : "Jira states the same base URL.",
    );
    return;
  }
  notes.unproven(
    "base_url",
    "Jira states another base URL than the one that was asked; links in its mails lead there.",
    [`asked: ${base}`, `stated: ${stated.slice(0, 300)}`],
  );
}

function without(url: string): string {
  return url.replace(/\/+$/, "").toLowerCase();
}

/** There is an answer, but not of a Jira: perhaps it is nearby. */
async function noJira(asked: Asked, finding: Exclude<Finding, { kind: "jira" }>): Promise<Cause> {
  const { base, flavor, parts, owner } = asked;
  const about = { flavor, site: base };
  if (finding.kind === "redirect") {
    const details = { location: finding.location };
    return causeOf(new LatchkeyError("redirect_refused", undefined, { details }), about);
  }
  const said = { evidence: [finding.evidence] };
  if (finding.kind === "not-a-jira" && (finding.status >= 500 || finding.status === 429)) {
    return causeOf(
      new LatchkeyError("jira_failed", undefined, { details: { status: finding.status } }),
      about,
    );
  }
  const found = await nearby(parts, owner, base);
  const fix =
    finding.kind === "login-wall"
      ? "A sign-in page stands before Jira: its /rest and /plugins/servlet/oauth paths must be reachable from this computer."
      : found && `Change the base URL to ${found}; the context path belongs to it.`;
  const details = { ...said, base_url: base, ...(found && { found }) };
  return causeOf(new LatchkeyError("not_a_jira", undefined, { details, ...(fix && { fix }) }), about);
}

async function nearby(parts: DoctorParts, owner: string, text: string): Promise<string | undefined> {
  try {
    const { site } = await parts.discover({ owner, text, trust: "end-user" });
    return without(site.base_url) === without(text) ? undefined : site.base_url;
  } catch (thrown) {
    if (isLatchkeyError(thrown)) return undefined;
    throw thrown;
  }
}
