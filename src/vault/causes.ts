/**
 * Why a family died, from what is known: the cause that is proven, or what was answered together with all that could
 * have made Jira answer so. Pure.
 */
import { FLAVORS, type Flavor } from "../protocol/index.ts";
import type { Dead, FamilyKind } from "./records.ts";

/** What ends a grant without telling us. */
export const UNTOLD = [
  "revoked_by_user",
  "revoked_by_admin",
  "token_expired",
  "admin_uninstalled",
  "password_changed",
  "account_deactivated",
  "rotated_elsewhere",
  "secret_changed",
  "site_gone",
  "lost_answer",
] as const;
export type Untold = (typeof UNTOLD)[number];

/** What was known when Jira refused. Times are milliseconds since the epoch. */
export type Known = {
  readonly flavor: Flavor;
  /** What its tokens are, where no dance led to them. */
  readonly kind?: FamilyKind;
  /** The code of what Jira answered, or of what we found, such as `refresh_token_absent`. */
  readonly code: string;
  /** What it was answered to: a renewal, or a call with the access token. */
  readonly asked: "renewal" | "call";
  readonly at: number;
  readonly generation: number;
  readonly consented_at: number;
  readonly last_rotated_at: number;
  readonly access_expires_at: number | null;
  readonly idle_expires_at: number | null;
  readonly absolute_expires_at: number | null;
  /** When the refresh token was sent in an exchange whose answer never came. */
  readonly sent_at?: number;
  /** Bounded data of the answer. */
  readonly answer?: Readonly<Record<string, unknown>>;
  /** When another family of the same account, under the same registration, was renewed last. */
  readonly same_account_at?: number;
  /** When a family of any other account, under the same registration, was renewed last. */
  readonly same_registration_at?: number;
  /** When the registration was changed here last. */
  readonly registration_changed_at?: number;
  /** Since when a site of the family was found gone. */
  readonly site_gone_at?: number;
};

/** The cause of a death, proven or not, with the evidence and the next step. */
export function causeOfDeath(known: Known): Dead {
  const { at } = known;
  const proven = provenCause(known);
  if (proven) {
    // That this Jira takes a token once, and that its answer was lost, does not say who else ended it.
    const others = proven === "lost_answer" ? notExcluded(known).filter((one) => one !== proven) : [];
    return {
      cause: proven,
      ...(others.length > 0 && { not_excluded: others }),
      evidence: evidenceOf(known, others),
      at,
      next_step: NEXT_STEPS[proven] ?? AGAIN,
    };
  }
  const open = notExcluded(known);
  if (known.code === GIVEN_REFUSED) {
    return {
      cause: known.code,
      not_excluded: open,
      evidence: evidenceOf(known, open),
      at,
      next_step: ANOTHER,
    };
  }
  const only = open.length === 1 ? open[0] : undefined;
  return {
    cause: known.code,
    not_excluded: open,
    evidence: evidenceOf(known, open),
    at,
    next_step: (only && NEXT_STEPS[only]) ?? nextStepAmong(open),
  };
}

/** A date that has passed proves it, and so does an answer that names it. */
function provenCause(known: Known): string | undefined {
  const { code, at, asked } = known;
  if (asked === "call" || code === "refresh_token_absent") {
    const ended = known.access_expires_at !== null && known.access_expires_at <= at;
    if (code === "refresh_token_absent" || code === "token_revoked" || code === "token_expired") return code;
    if (ended) return "token_expired";
    if (code === "token_rejected" && isLost(known)) return "lost_answer";
    return code === "token_rejected" || code === GIVEN_REFUSED ? undefined : code;
  }
  if (known.absolute_expires_at !== null && known.absolute_expires_at <= at) return "absolute_limit";
  if (known.idle_expires_at !== null && known.idle_expires_at <= at) return "idle_limit";
  if (isLost(known)) return "lost_answer";
  return code === "token_revoked" ? code : undefined;
}

/** The token was sent once already, and the time in which this server takes it twice is over. */
function isLost({ flavor, kind, sent_at, at }: Known): boolean {
  if (kind === "service-account") return false;
  const { reuse_window_s } = FLAVORS[flavor];
  return sent_at !== undefined && (reuse_window_s === 0 || at >= sent_at + reuse_window_s * 1000);
}

/** Jira does not take a token that somebody made there and gave to us. */
const GIVEN_REFUSED = "token_revoked_or_expired";

function notExcluded(known: Known): Untold[] {
  const kind = known.kind ?? "oauth2";
  const possible = WITHOUT_DANCE[kind];
  return UNTOLD.filter((cause) => (possible?.includes(cause) ?? true) && POSSIBLE[cause](known));
}

/** What can end tokens that no dance led to; all else belongs to an approval, or to a rotating pair. */
const WITHOUT_DANCE: Readonly<Partial<Record<FamilyKind, readonly Untold[]>>> = {
  "personal-access-token": [
    "revoked_by_user",
    "revoked_by_admin",
    "token_expired",
    "account_deactivated",
    "site_gone",
  ],
  "api-token": ["revoked_by_user", "revoked_by_admin", "token_expired", "account_deactivated", "site_gone"],
  "service-account": ["revoked_by_admin", "account_deactivated", "secret_changed", "site_gone"],
};

function isWithoutDance({ kind }: Known): boolean {
  return kind !== undefined && WITHOUT_DANCE[kind] !== undefined;
}

/** Whether a cause fits what is known. Dates that have not passed exclude the limits, so they are not among them. */
const POSSIBLE: Readonly<Record<Untold, (known: Known) => boolean>> = {
  revoked_by_user: () => true,
  revoked_by_admin: isWithoutDance,
  // An end that was told, and has not come, excludes it.
  token_expired: (known) => isWithoutDance(known) && known.access_expires_at === null,
  // Data Center forgets the client with its link, and then says so; a link made anew has forgotten the tokens.
  admin_uninstalled: ({ flavor, same_registration_at = 0, at }) =>
    flavor !== "datacenter-oauth2" && same_registration_at < at,
  // Documented for Cloud only.
  password_changed: ({ flavor, same_account_at = 0, at }) => flavor === "cloud" && same_account_at < at,
  account_deactivated: ({ same_account_at = 0, at }) => same_account_at < at,
  rotated_elsewhere: ({ flavor, asked }) => FLAVORS[flavor].rotates || asked === "renewal",
  // A wrong secret is answered otherwise; another client does not own these tokens.
  secret_changed: ({ registration_changed_at = 0, last_rotated_at }) =>
    registration_changed_at > last_rotated_at,
  site_gone: ({ flavor, site_gone_at }) => flavor === "cloud" || site_gone_at !== undefined,
  lost_answer: ({ sent_at }) => sent_at !== undefined,
};

/** Since when each cause could have come about: what worked then excludes it for the time before. */
function evidenceOf(known: Known, open: readonly Untold[]): Readonly<Record<string, unknown>> {
  const { code, answer, at: _at, flavor: _flavor, kind: _kind, asked, ...facts } = known;
  const since = Object.fromEntries(open.map((cause) => [cause, earliest(cause, known)]));
  return { answered: code, asked, ...answer, ...facts, ...(open.length > 0 && { since }) };
}

function earliest(cause: Untold, known: Known): number {
  const { last_rotated_at, same_account_at = 0, same_registration_at = 0 } = known;
  if (cause === "lost_answer") return known.sent_at ?? last_rotated_at;
  if (cause === "secret_changed") return known.registration_changed_at ?? last_rotated_at;
  if (cause === "password_changed" || cause === "account_deactivated") {
    return Math.max(last_rotated_at, same_account_at);
  }
  if (cause === "admin_uninstalled") return Math.max(last_rotated_at, same_account_at, same_registration_at);
  return last_rotated_at;
}

const AGAIN = "Connect again; the connection keeps its id.";
const ANOTHER = "Make a new token in Jira and connect again with it; the connection keeps its id.";

const NEXT_STEPS: Readonly<Partial<Record<string, string>>> = {
  absolute_limit: `The consent has reached its last day; Jira grants no longer one. ${AGAIN}`,
  idle_limit: `Nobody renewed it in time. ${AGAIN} Keep the gateway, or another process with jobs, running.`,
  lost_answer: `The answer to a renewal never arrived and this Jira takes a token only once. ${AGAIN}`,
  token_expired: `The access ran out and nothing renews it. ${AGAIN}`,
  token_revoked: `It was taken back in Jira. ${AGAIN}`,
  refresh_token_absent: `No refresh token came with the consent. Ask for offline_access, and connect again; the connection keeps its id.`,
};

/** The step that must come before the one that is always right. */
function nextStepAmong(open: readonly Untold[]): string {
  if (open.includes("site_gone") && open.length === 1) return `See whether the site still exists. ${AGAIN}`;
  if (open.includes("rotated_elsewhere")) {
    return `${AGAIN} If it dies again, another program holds a copy of these tokens: let one of them have its own.`;
  }
  if (open.includes("secret_changed")) {
    return `The registration was changed since; see that its client is the one that was approved. ${AGAIN}`;
  }
  return AGAIN;
}
