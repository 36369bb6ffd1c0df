import type { Flavor } from "../protocol/index.ts";
import type { Dead } from "./records.ts";

/** `idle`: nobody renewed in time. `absolute`: so long after the consent. `access`: cannot be renewed at all. */
export type EndReason = "idle" | "absolute" | "access";

export type Status =
  | { readonly kind: "well" }
  | { readonly kind: "soon"; readonly at: number; readonly reason: EndReason }
  | { readonly kind: "dead"; readonly dead: Dead };

/** Whether a family (or the connection on it) is well, ends soon, or is dead. */
export function statusOf(
  _of: {
    readonly flavor: Flavor;
    readonly dead?: Dead;
    readonly access_expires_at?: number;
    readonly idle_expires_at?: number;
    readonly absolute_expires_at?: number;
  },
  _now: number,
): Status {
  throw new Error("not built yet");
}
