import type { Flavor } from "./flavors.ts";

export type ScopeWords = {
  readonly scope: string;
  readonly title: string;
  readonly description: string;
};

/** The scopes a registration of this flavor can offer, in the order a page shows them. */
export function scopesOf(_flavor: Flavor): readonly ScopeWords[] {
  throw new Error("not built yet");
}
/** A scope in words; unknown ones are described by their shape. */
export function describeScope(_scope: string): ScopeWords {
  throw new Error("not built yet");
}
