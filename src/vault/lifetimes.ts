import { FLAVORS, type Flavor } from "../protocol/index.ts";
import type { Dead } from "./records.ts";
import type { Tokens } from "./tokens.ts";

const DAY_MS = 86_400_000;
/** How long before its end a person is told. An idle end moves with every renewal, so it is told later. */
const NOTICE_DAYS = { idle: 30, absolute: 60, access: 60 } as const;
/** Seconds before its end in which a token is no longer handed out, for the time a call takes. */
const MARGIN_MS = 60_000;

/** `idle`: nobody renewed in time. `absolute`: so long after the consent. `access`: cannot be renewed at all. */
export type EndReason = "idle" | "absolute" | "access";

export type Status =
  | { readonly kind: "well" }
  | { readonly kind: "soon"; readonly at: number; readonly reason: EndReason }
  | { readonly kind: "dead"; readonly dead: Dead };

export type Dates = {
  readonly access_expires_at: number | null;
  readonly idle_expires_at: number | null;
  readonly absolute_expires_at: number | null;
};

/**
 * When a family ends unless it is renewed, from what its flavor allows.
 * @param received_at when these tokens came
 */
export function datesOf(flavor: Flavor, tokens: Tokens, consented_at: number, received_at: number): Dates {
  const { access_s, idle_days, absolute_days } = FLAVORS[flavor].lifetimes;
  if (tokens.kind === "oauth1") {
    const ends = tokens.expires_at ?? consented_at + access_s * 1000;
    return { access_expires_at: ends, idle_expires_at: null, absolute_expires_at: ends };
  }
  if (!tokens.refresh_token) {
    return {
      access_expires_at: tokens.expires_at,
      idle_expires_at: null,
      absolute_expires_at: tokens.expires_at,
    };
  }
  return {
    access_expires_at: tokens.expires_at,
    idle_expires_at: idle_days === undefined ? null : received_at + idle_days * DAY_MS,
    absolute_expires_at: absolute_days === undefined ? null : consented_at + absolute_days * DAY_MS,
  };
}

/**
 * From when on a token is renewed before it is used: a minute before its end, or a tenth of its life where it lives
 * less than ten minutes, so that a short-lived one is not renewed on every call.
 */
export function renewFrom(access_expires_at: number, received_at: number): number {
  return access_expires_at - Math.min(MARGIN_MS, Math.max(0, access_expires_at - received_at) / 10);
}

/** Whether a family (or the connection on it) is well, ends soon (the first of its ends, and why), or is dead. */
export function statusOf(
  of: {
    readonly dead?: Dead;
    readonly access_expires_at?: number;
    readonly idle_expires_at?: number;
    readonly absolute_expires_at?: number;
  },
  now: number,
): Status {
  if (of.dead) return { kind: "dead", dead: of.dead };
  const { access_expires_at, absolute_expires_at, idle_expires_at } = of;
  const final = absolute_expires_at !== undefined && absolute_expires_at === access_expires_at;
  const ends: readonly (readonly [EndReason, number | undefined])[] = [
    ["idle", idle_expires_at],
    [final ? "access" : "absolute", absolute_expires_at],
  ];
  let soonest: { at: number; reason: EndReason } | undefined;
  for (const [reason, at] of ends) {
    if (at === undefined || at - now > NOTICE_DAYS[reason] * DAY_MS) continue;
    if (!soonest || at < soonest.at) soonest = { at, reason };
  }
  return soonest ? { kind: "soon", ...soonest } : { kind: "well" };
}
