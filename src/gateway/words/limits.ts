/** What a handle may do, in words. */
import type { HandleView } from "../../handles/index.ts";
import { plain } from "../html.ts";
import { day } from "./time.ts";

const DEEDS: ReadonlyArray<readonly [methods: readonly string[], word: string]> = [
  [["GET", "HEAD"], "read"],
  [["POST"], "create"],
  [["PUT", "PATCH"], "change"],
  [["DELETE"], "delete"],
];

/** `Read only`, `Read, create, change and delete`; said of its methods, whatever its paths. */
export function deedsOf({ limits }: HandleView): string {
  if (!limits.policy) return "Nothing: it has no policy";
  const words = DEEDS.filter(([methods]) => methods.some((one) => limits.methods.includes(one))).map(
    ([, word]) => word,
  );
  if (words.length === 0) return "Nothing: it allows no method";
  if (words.length === 1) return words[0] === "read" ? "Read only" : `Only ${words[0]}`;
  const text = `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
  return `${text[0]!.toUpperCase()}${text.slice(1)}`;
}

/** The paths it may call, as text. */
export function pathsOf({ limits }: HandleView): string[] {
  return [...limits.path_prefixes, ...(limits.path_patterns ?? [])].map((one) => plain(one, 200));
}

export type Force = "in-force" | "revoked" | "expired";

export function forceOf({ revoked_at, expires_at }: HandleView, now: number): Force {
  if (revoked_at !== undefined) return "revoked";
  return expires_at !== undefined && expires_at <= now ? "expired" : "in-force";
}

/** `until 20 Dec 2026`, `until it is revoked`, `revoked 20 Nov 2026`, `ended 20 Nov 2026` */
export function endOf(handle: HandleView, now: number): string {
  const { revoked_at, expires_at } = handle;
  if (revoked_at !== undefined) return `revoked ${day(revoked_at)}`;
  if (expires_at === undefined) return "until it is revoked";
  return `${expires_at <= now ? "ended" : "until"} ${day(expires_at)}`;
}
