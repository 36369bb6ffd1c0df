/**
 * Refusals of the proxy as entries of the log, in a bounded number: a stranger may knock as often as it likes, and
 * must neither fill the disk with it nor push out what others did. The first of each caller are written one by one,
 * the rest of the window is counted.
 */
import { type Entry, entryOf } from "./entry.ts";

export type Refusal = {
  /** Absent where the key opened nothing. */
  readonly handle?: { readonly id: string; readonly owner: string };
  /** Absent where it is none of the handle's. */
  readonly connection_id?: string;
  readonly method: string;
  /** The path's shape; absent where the path was refused itself. */
  readonly path_template?: string;
  /** HTTP status and code of the answer. */
  readonly status: number;
  readonly code: string;
};

export type RefusalLimits = {
  readonly window_ms: number;
  /** Entries of one caller in a window; all callers without a handle are one. */
  readonly each: number;
  /** Callers told apart in a window. */
  readonly callers: number;
};

export const REFUSAL_LIMITS: RefusalLimits = { window_ms: 600_000, each: 20, callers: 500 };

type Window = {
  readonly since: number;
  readonly written: Map<string, number>;
  readonly more: Map<string, Entry>;
};

export type Refusals = {
  /** The entry of a refusal, or nothing where it is counted. */
  refused(refusal: Refusal): Entry | undefined;
  /** What was counted in a window that is over; with `all`, in the present one too. */
  counted(all: boolean): Entry[];
};

export function createRefusals(now: () => number, limits: RefusalLimits = REFUSAL_LIMITS): Refusals {
  let window: Window | undefined;
  const begun = (): Window => {
    window ??= { since: now(), written: new Map(), more: new Map() };
    return window;
  };
  return {
    refused(refusal) {
      const { written, more } = begun();
      const id = refusal.handle?.id ?? "";
      const caller = written.has(id) || written.size < limits.callers ? id : "";
      const so_far = written.get(caller) ?? 0;
      if (caller === id && so_far < limits.each) {
        written.set(caller, so_far + 1);
        return entryFrom(refusal, now());
      }
      const key = `${caller} ${refusal.code}`;
      const known = more.get(key);
      const { status, code } = refusal;
      const whose = caller === id && refusal.handle ? { handle_id: id, owner: refusal.handle.owner } : {};
      more.set(
        key,
        known ? { ...known, times: known.times + 1 } : entryOf("refused", now(), { ...whose, status, code }),
      );
      return undefined;
    },
    counted(all) {
      if (!window || (!all && now() - window.since < limits.window_ms)) return [];
      const entries = [...window.more.values()];
      window = undefined;
      return entries;
    },
  };
}

/** Longer paths are somebody's text, whatever their shape. */
const MAX_TEMPLATE = 200;

function entryFrom(refusal: Refusal, at: number): Entry {
  const { handle, connection_id = "", method, path_template = "", status, code } = refusal;
  return entryOf("refused", at, {
    handle_id: handle?.id ?? "",
    owner: handle?.owner ?? "",
    connection_id,
    method,
    // A caller without a handle leaves nothing it has typed.
    path_template: handle && path_template.length <= MAX_TEMPLATE ? path_template : "",
    status,
    code,
  });
}
