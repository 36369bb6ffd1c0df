/** From what was seen to the cause: the row it belongs to, the evidence in words, and the next step. */
import { ERRORS, type ErrorCode, isLatchkeyError, type LatchkeyError } from "../errors.ts";
import type { Flavor } from "../protocol/flavors.ts";
import { scrub } from "../secret.ts";
import type { About, Cause, Observation, Row } from "./contract.ts";
import { ROWS } from "./rows/index.ts";
import { compareSeen } from "./signature.ts";
import { header, named, oauth2Error, parameter, problem } from "./signs.ts";

/** The row whose signs these are; where the flavor is not known, the first of any. */
export function recognise(seen: Observation): Row | undefined {
  return ROWS.find(
    (row) => (seen.flavor === undefined || row.flavors.includes(seen.flavor)) && row.sees(seen),
  );
}

/** The cause behind what was seen; `undefined` where no row knows it. */
export function causeSeen(seen: Observation, about: Omit<About, "seen"> = {}): Cause | undefined {
  const compared = named(seen, "signature_invalid") ? compareSeen(seen) : { details: {} };
  const full: Observation = { ...seen, details: { ...seen.details, ...compared.details } };
  const row = recognise(full);
  if (row === undefined) return undefined;
  const flavor = about.flavor ?? seen.flavor ?? onlyFlavor(row);
  const version = about.version ?? seen.version;
  return {
    code: row.code,
    row: row.id,
    title: row.title,
    says: row.cause,
    whose: row.whose ?? ERRORS[row.code].fault,
    evidence: evidenceOf(full),
    next_step: row.next({ ...about, flavor, version, seen: full }),
    ...(flavor !== undefined && { flavor }),
    ...(version !== undefined && { version }),
    ...("base_strings" in compared && compared.base_strings && { base_strings: compared.base_strings }),
  };
}

function onlyFlavor(row: Row): Flavor | undefined {
  return row.flavors.length === 1 ? row.flavors[0] : undefined;
}

/** The cause behind an error of our own: its row, or the words of the error table. */
export function causeOf(error: LatchkeyError, about: Omit<About, "seen">, more: Observation = {}): Cause {
  const { code, details, fix } = error;
  const status = typeof details.status === "number" ? { status: details.status } : {};
  const own = fix === ERRORS[code].fix ? {} : { fix };
  const seen = { ...more, ...status, flavor: about.flavor, code, details: { ...details, ...own } };
  return causeSeen(seen, about) ?? byTable(code, error.message, fix, seen, about);
}

/** A cause no row has: the error table knows every code. */
export function byTable(
  code: ErrorCode,
  title: string,
  next_step: string,
  seen: Observation,
  { flavor, version }: Omit<About, "seen">,
): Cause {
  return {
    code,
    title,
    says: ERRORS[code].meaning,
    whose: ERRORS[code].fault,
    evidence: evidenceOf({ ...seen, code }),
    next_step,
    ...(flavor !== undefined && { flavor }),
    ...(version !== undefined && { version }),
  };
}

/** An error of ours; everything else is a fault inside and goes on. */
export function ownError(thrown: unknown): LatchkeyError {
  if (isLatchkeyError(thrown)) return thrown;
  throw thrown;
}

const HEADERS = [
  "retry-after",
  "ratelimit-reason",
  "x-ratelimit-remaining",
  "x-seraph-loginreason",
  "x-ausername",
  "x-authentication-denied-reason",
];
/** Shown in another form, or no evidence. */
const NOT_SHOWN = new Set([
  "fix",
  "setting",
  "differs",
  "our_base_string",
  "their_base_string",
  "dance_id",
  "attempt_id",
  "registration_id",
  "status",
  "method",
  "path",
  "oauth_problem",
  "malformed",
]);
const MOST = 12;

/** What was seen, one short line each; values from elsewhere are bounded and without control characters. */
export function evidenceOf(seen: Observation): readonly string[] {
  const lines: string[] = [];
  const say = (name: string, value: unknown) => {
    if (value === undefined || value === "" || lines.length >= MOST) return;
    lines.push(`${name}: ${shown(String(value))}`);
  };
  if (seen.status !== undefined) say(`${seen.method ?? "GET"} ${addressOf(seen)}`.trim(), seen.status);
  say("oauth_problem", problem(seen));
  if (problem(seen) === undefined) say("error", oauth2Error(seen));
  say("oauth_acceptable_timestamps", parameter(seen, "oauth_acceptable_timestamps"));
  say("oauth_parameters_absent", parameter(seen, "oauth_parameters_absent"));
  say("oauth_parameters_rejected", parameter(seen, "oauth_parameters_rejected"));
  for (const name of HEADERS) say(name, header(seen, name));
  for (const [name, value] of Object.entries(seen.details ?? {})) {
    if (NOT_SHOWN.has(name) || name === "error") continue;
    if (Array.isArray(value)) say(name, value.filter((one) => typeof one === "string").join(", "));
    else if (["string", "number", "boolean"].includes(typeof value)) say(name, value);
  }
  return lines;
}

/** Without the query: it may carry what is nobody's business. */
function addressOf({ url, details }: Observation): string {
  const path = typeof details?.path === "string" ? details.path : "";
  return (url ?? path).replace(/[?#].*$/, "");
}

function shown(text: string): string {
  const bounded = text.length > 300 ? `${text.slice(0, 300)}…` : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return scrub(bounded.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, " "));
}
