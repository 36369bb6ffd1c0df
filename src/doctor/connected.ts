/** A connection: its tokens, its site, what its account may do, limits and webhooks. */
import { ERRORS, type ErrorCode, isLatchkeyError, LatchkeyError } from "../errors.ts";
import { endpointsFor, FLAVORS } from "../protocol/flavors.ts";
import { type Connection, type Dead, statusOf } from "../vault/index.ts";
import { type Answered, ask } from "./ask.ts";
import { byTable, causeOf, causeSeen } from "./cause.ts";
import type { About, Cause, DoctorParts, Observation, StepName } from "./contract.ts";
import type { Looked } from "./looked.ts";
import { notReached } from "./reach.ts";
import { header, jsonOf } from "./signs.ts";
import { examineWebhooks } from "./webhooks.ts";

/** What is known of the tokens without asking anybody. */
export async function examineState({ parts, notes, connection, about }: Looked): Promise<void> {
  const { state, dead } = connection;
  if (dead !== undefined) return notes.found("family", causeOfDeath(dead, about));
  if (state === "pending" || state === "exported") {
    return notes.found("family", causeOf(new LatchkeyError(`connection_${state}`), about));
  }
  const quarantine = await parts.vault.quarantine();
  if (quarantine !== undefined) {
    notes.found("family", causeOf(new LatchkeyError("vault_quarantined"), about));
  }
}

/** The cause the vault has proven, or with it what it could not exclude. */
export function causeOfDeath(
  { cause, evidence, next_step, not_excluded, at }: Dead,
  about: Omit<About, "seen">,
): Cause {
  const code: ErrorCode = Object.hasOwn(ERRORS, cause) ? (cause as ErrorCode) : "connection_dead";
  const details = {
    ...(code === "connection_dead" && { cause }),
    died: new Date(at).toISOString(),
    ...(not_excluded && { not_excluded }),
    ...Object.fromEntries(Object.entries(evidence).filter(([, value]) => typeof value !== "object")),
    fix: next_step,
  };
  const seen: Observation = { flavor: about.flavor, code, details };
  const found = causeSeen(seen, about) ?? byTable(code, ERRORS[code].meaning, next_step, seen, about);
  return { ...found, next_step };
}

/** Asks Jira a handful of questions that change nothing. */
export async function examineCalls(looked: Looked): Promise<void> {
  const { parts, notes, connection, about } = looked;
  try {
    if (connection.flavor === "cloud" && connection.kind === "oauth2" && !(await examineSites(looked)))
      return;
    const api = `/rest/api/${FLAVORS[connection.flavor].api_version}`;
    const person = await ask(parts, connection, `${api}/myself`);
    if (person.found !== "ok") return refuse(looked, person, "family");
    notes.ok("family", wellOf(parts, connection));
    notes.ok("site", `${connection.site.url} answers as ${nameOf(person)}.`);
    if (!(await examinePermission(looked, api))) return;
    notes.ok("rate_limits", "No question was refused for its number.", remaining(person.seen));
    await examineWebhooks(looked, (answer, step) => refuse(looked, answer, step));
  } catch (thrown) {
    if (!isLatchkeyError(thrown)) throw thrown;
    if (ERRORS[thrown.code].origin === "network") return notReached(notes, about, thrown);
    const { dead } = await parts.vault.connections.get(connection.owner, connection.id);
    notes.found("family", dead ? causeOfDeath(dead, about) : causeOf(thrown, about));
  }
}

/** Whether the grant still reaches the site: Atlassian's own list, and never a guess. */
async function examineSites(looked: Looked): Promise<boolean> {
  const { parts, notes, connection, registration, about } = looked;
  const { accessible_resources_endpoint: url } = endpointsFor("cloud", registration);
  const answer = await ask(parts, connection, url!);
  if (answer.found !== "ok") {
    refuse(looked, answer, "family");
    return false;
  }
  const listed: unknown = JSON.parse(answer.seen.text ?? "[]");
  const entries = Array.isArray(listed) ? (listed as { id?: string; url?: string; scopes?: string[] }[]) : [];
  if (entries.some(({ id }) => id === connection.site.id)) return true;
  const details = { wanted: connection.site.url, granted: entries.map((one) => one.url ?? "") };
  const error = new LatchkeyError(entries.length === 0 ? "no_sites" : "site_not_granted", undefined, {
    details,
  });
  notes.ok("family", "Jira takes the token.");
  notes.found("site", causeOf(error, about));
  return false;
}

async function examinePermission(looked: Looked, api: string): Promise<boolean> {
  const { parts, notes, connection, about } = looked;
  const { scope_granted, flavor } = connection;
  if (
    flavor === "cloud" &&
    scope_granted &&
    !scope_granted.some((one) => /^read:(jira-work|permission:jira)$/.test(one))
  ) {
    notes.unproven("permission", "The scopes do not let us ask what the account may do.");
    return true;
  }
  // A proxy that re-encodes queries shows here, where a signature covers one.
  const odd = flavor === "datacenter-oauth1" ? "&probe=a%2Bb%20c*~%C3%A9" : "";
  const answer = await ask(
    parts,
    connection,
    `${api}/mypermissions?permissions=BROWSE_PROJECTS,CREATE_ISSUES${odd}`,
  );
  if (answer.found !== "ok") {
    refuse(looked, answer, "permission");
    return false;
  }
  const { permissions } = (jsonOf(answer.seen) ?? {}) as {
    permissions?: Readonly<Record<string, { havePermission?: boolean }>>;
  };
  if (permissions?.BROWSE_PROJECTS?.havePermission === false) {
    const details = { permission: "BROWSE_PROJECTS" };
    notes.found("permission", causeOf(new LatchkeyError("jira_forbidden", undefined, { details }), about));
    return false;
  }
  const create = permissions?.CREATE_ISSUES?.havePermission !== false;
  notes.ok(
    "permission",
    `The account may see projects${create ? " and create issues" : ", and create no issues"}.`,
  );
  return true;
}

/** A refusal, named by its row. */
function refuse({ notes, about }: Looked, { seen, found }: Answered, otherwise: StepName): void {
  const cause =
    causeSeen(seen, about) ??
    byTable(
      CODES[found] ?? "jira_failed",
      "Jira refused the call",
      ERRORS[CODES[found] ?? "jira_failed"].fix,
      seen,
      about,
    );
  notes.found(cause.row === undefined ? otherwise : (STEPS_BY_CODE[cause.code] ?? otherwise), cause);
}

const CODES: Readonly<Partial<Record<Answered["found"], ErrorCode>>> = {
  token_rejected: "jira_unauthorized",
  scope_missing: "scope_missing",
  anonymous: "jira_anonymous",
  edge: "jira_answer_unreadable",
  forbidden: "jira_forbidden",
  not_found: "jira_not_found",
  gone: "jira_gone",
  rate_limited: "jira_rate_limited",
  bad_request: "jira_bad_request",
  conflict: "jira_conflict",
};

const STEPS_BY_CODE: Readonly<Partial<Record<ErrorCode, StepName>>> = {
  scope_missing: "scopes",
  jira_rate_limited: "rate_limits",
  jira_answer_unreadable: "site",
  signature_invalid: "base_url",
  timestamp_refused: "clock",
  nonce_used: "connection",
  consumer_key_unknown: "registration",
  captcha_required: "permission",
  xsrf_refused: "permission",
  jira_not_found: "site",
};

function wellOf(parts: DoctorParts, connection: Connection): string {
  const status = statusOf(connection, parts.now());
  if (status.kind !== "soon") return "Jira takes the token.";
  return `Jira takes the token. It ends on ${new Date(status.at).toISOString().slice(0, 10)}: connect again before.`;
}

function nameOf({ seen }: Answered): string {
  const { displayName, name } = (jsonOf(seen) ?? {}) as { displayName?: unknown; name?: unknown };
  return String(displayName ?? name ?? "somebody").slice(0, 100);
}

function remaining(seen: Observation): readonly string[] {
  return ["x-ratelimit-remaining", "x-ratelimit-limit"]
    .map((name) => `${name}: ${header(seen, name).slice(0, 60)}`)
    .filter((line) => !line.endsWith(": "));
}
