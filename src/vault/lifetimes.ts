import { FLAVORS, type Flavor } from "../protocol/index.ts";
import type { Dead } from "./records.ts";
import { isGiven, type Tokens } from "./tokens.ts";

const DAY_MS = 86_400_000;
/** How long before its end a page says so. An idle end moves with every renewal, so it is told later. */
const NOTICE_DAYS = { idle: 30, absolute: 60, access: 60 } as const;
/** Seconds before its end in which a token is no longer handed out, for the time a call takes. */
const MARGIN_MS = 60_000;
/** How long before its end an access token of OAuth 1.0a is renewed, where it lives long enough. */
const RENEW_OAUTH1_MS = 30 * DAY_MS;
/** Part of the wait by which a renewal may come early, so that families of one day do not all come back on one. */
const JITTER = 0.1;
const LONGEST_JITTER_MS = 7 * DAY_MS;

/** `idle`: nobody renewed in time. `absolute`: so long after the consent. `access`: cannot be renewed at all. */
export type EndReason = "idle" | "absolute" | "access";

export type Status =
  | { readonly kind: "well" }
  | { readonly kind: "soon"; readonly at: number; readonly reason: EndReason }
  | { readonly kind: "dead"; readonly dead: Dead };

export type Ends = {
  readonly access_expires_at: number | null;
  readonly idle_expires_at: number | null;
  readonly absolute_expires_at: number | null;
};

/** When a family ends, and from when on it is to be kept alive and looked at for a warning. */
export type Dates = Ends & { readonly keep_alive_at: number | null; readonly warn_at: number | null };

/**
 * When a family ends unless it is renewed, from what its flavor allows.
 * @param received_at when these tokens came
 * @param chance 0 to 1, by which the next renewal comes early
 */
export function datesOf(
  flavor: Flavor,
  tokens: Tokens,
  consented_at: number,
  received_at: number,
  chance = 0,
): Dates {
  const ends = endsFrom(flavor, tokens, consented_at, received_at);
  const from = keepAliveFrom(flavor, tokens.kind, ends, received_at);
  const early = from === null ? 0 : Math.min((from - received_at) * JITTER, LONGEST_JITTER_MS) * chance;
  const first = endsOf(ends).map(({ at }) => at - FIRST_WARNING_MS);
  return {
    ...ends,
    keep_alive_at: from === null ? null : Math.round(from - early),
    warn_at: first.length === 0 ? null : Math.min(...first),
  };
}

function endsFrom(flavor: Flavor, tokens: Tokens, consented_at: number, received_at: number): Ends {
  const { access_s, idle_days, absolute_days } = FLAVORS[flavor].lifetimes;
  if (tokens.kind === "oauth1") {
    const ends = tokens.expires_at ?? received_at + access_s * 1000;
    if (!tokens.oauth_session_handle) {
      return { access_expires_at: ends, idle_expires_at: null, absolute_expires_at: ends };
    }
    const session = tokens.session_expires_at ?? received_at + idle_days * DAY_MS;
    return { access_expires_at: ends, idle_expires_at: session, absolute_expires_at: null };
  }
  if (isGiven(tokens.kind)) {
    const told = tokens.expires_at ?? null;
    return { access_expires_at: told, idle_expires_at: null, absolute_expires_at: told };
  }
  const { expires_at = received_at + access_s * 1000 } = tokens;
  if (tokens.kind === "service-account") {
    return { access_expires_at: expires_at, idle_expires_at: null, absolute_expires_at: null };
  }
  if (tokens.kind !== "oauth2" || !tokens.refresh_token) {
    return { access_expires_at: expires_at, idle_expires_at: null, absolute_expires_at: expires_at };
  }
  return {
    access_expires_at: expires_at,
    idle_expires_at: received_at + idle_days * DAY_MS,
    absolute_expires_at: absolute_days === undefined ? null : consented_at + absolute_days * DAY_MS,
  };
}

/**
 * From when on an idle family is renewed although nobody asks: when a third of its idle time is left, or earlier
 * where the flavor says so; an access token of OAuth 1.0a by its own end, since its session outlives it.
 */
export function keepAliveFrom(
  flavor: Flavor,
  kind: Tokens["kind"],
  { idle_expires_at, access_expires_at }: Ends,
  received_at: number,
): number | null {
  if (idle_expires_at === null) return null;
  if (kind === "oauth1") {
    const ends = Math.min(idle_expires_at, access_expires_at ?? idle_expires_at);
    return ends - Math.min(RENEW_OAUTH1_MS, (ends - received_at) / 3);
  }
  const { keep_alive_days = Number.POSITIVE_INFINITY } = FLAVORS[flavor].lifetimes;
  const idle_ms = idle_expires_at - received_at;
  return received_at + Math.min((idle_ms * 2) / 3, keep_alive_days * DAY_MS);
}

/**
 * From when on a token is renewed before it is used: a minute before its end, or a tenth of its life where it lives
 * less than ten minutes, so that a short-lived one is not renewed on every call.
 */
export function renewFrom(access_expires_at: number, received_at: number): number {
  return access_expires_at - Math.min(MARGIN_MS, Math.max(0, access_expires_at - received_at) / 10);
}

type Known = { readonly [name in keyof Ends]?: number | null | undefined };
export type End = { readonly reason: EndReason; readonly at: number };

/** The ends that have a date. */
export function endsOf({ access_expires_at, absolute_expires_at, idle_expires_at }: Known): readonly End[] {
  const final = absolute_expires_at != null && absolute_expires_at === access_expires_at;
  const ends: End[] = [];
  if (idle_expires_at != null) ends.push({ reason: "idle", at: idle_expires_at });
  if (absolute_expires_at != null) {
    ends.push({ reason: final ? "access" : "absolute", at: absolute_expires_at });
  }
  return ends;
}

/** Whether a family (or the connection on it) is well, ends soon (the first of its ends, and why), or is dead. */
export function statusOf(of: Known & { readonly dead?: Dead }, now: number): Status {
  if (of.dead) return { kind: "dead", dead: of.dead };
  let soonest: End | undefined;
  for (const end of endsOf(of)) {
    if (end.at - now > NOTICE_DAYS[end.reason] * DAY_MS) continue;
    if (!soonest || end.at < soonest.at) soonest = end;
  }
  return soonest ? { kind: "soon", ...soonest } : { kind: "well" };
}

/** Days before an end at which an event is written, the first one first. */
export const WARNING_DAYS = [60, 30, 7] as const;
const FIRST_WARNING_MS = WARNING_DAYS[0] * DAY_MS;
/** An idle end is none while the family is kept alive; a day is left for a renewal that is due to succeed. */
const GRACE_MS = DAY_MS;

/** The last warning given of each end. */
export type Warned = { readonly [reason in EndReason]?: { readonly ends_at: number; readonly days: number } };

export type Warning = {
  readonly reason: EndReason;
  readonly ends_at: number;
  /** The threshold that was passed. */
  readonly days: number;
};

/**
 * The warnings that are due now, what has been warned of with them, and when to look again. Each threshold of an
 * end is told once; of several that were passed unnoticed, the nearest alone.
 * @param kept_alive_from when the family was due to be renewed, see {@link keepAliveFrom}
 */
export function warningsDue(
  family: Ends & { readonly warned: Warned },
  kept_alive_from: number | null,
  now: number,
): { readonly warnings: readonly Warning[]; readonly warned: Warned; readonly warn_at: number | null } {
  const warnings: Warning[] = [];
  let { warned } = family;
  const next: number[] = [];
  const ends = endsOf(family);
  const final = ends.find(({ reason }) => reason !== "idle");
  for (const { reason, at } of ends) {
    // What ends for good before it could go idle is warned of by that end.
    if (reason === "idle" && final && final.at <= at) continue;
    const held = reason === "idle" && kept_alive_from !== null ? kept_alive_from + GRACE_MS : 0;
    const told = warned[reason]?.ends_at === at ? warned[reason].days : Number.POSITIVE_INFINITY;
    const open = WARNING_DAYS.filter((days) => days < told).map((days) => ({
      days,
      from: Math.max(at - days * DAY_MS, held),
    }));
    const passed = open.filter(({ from }) => from <= now).at(-1);
    if (passed) {
      warnings.push({ reason, ends_at: at, days: passed.days });
      warned = { ...warned, [reason]: { ends_at: at, days: passed.days } };
    }
    next.push(...open.filter(({ from }) => from > now).map(({ from }) => from));
  }
  return { warnings, warned, warn_at: next.length === 0 ? null : Math.min(...next) };
}
