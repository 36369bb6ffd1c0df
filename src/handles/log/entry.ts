/** One line of the log of use, and how it is bound to the one before it. */
import { createHash, createHmac, type KeyObject } from "node:crypto";
import type { UseRow } from "../../store/index.ts";

/**
 * `use`: the call went to Jira. `refused`: Latchkey refused it, and `code` says why. `gap`: entries are missing here;
 * `code` is `crash` or `dropped`.
 */
export type Entry = {
  readonly kind: "use" | "refused" | "gap";
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Empty where no handle was known. */
  readonly handle_id: string;
  readonly owner: string;
  /** Empty where the call named none of the handle's. */
  readonly connection_id: string;
  readonly method: string;
  /** The path without the ids in it; empty where it could say something else. */
  readonly path_template: string;
  /** HTTP status of the answer; 0 in a gap. */
  readonly status: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly duration_ms: number;
  readonly code: string | null;
  /** How many calls it stands for. */
  readonly times: number;
};

export type Chained = Entry & { readonly segment: string; readonly seq: number; readonly mac: string };

/** An entry that stands for nobody's call. */
export function entryOf(kind: "refused" | "gap", at: number, more: Partial<Entry>): Entry {
  return {
    kind,
    at,
    handle_id: "",
    owner: "",
    connection_id: "",
    method: "",
    path_template: "",
    status: 0,
    bytes_in: 0,
    bytes_out: 0,
    duration_ms: 0,
    code: null,
    times: 1,
    ...more,
  };
}

/** Binds entries to a segment's end, each to the one before it. Nothing is kept between two calls. */
export function chain(
  end: { readonly segment: string; readonly key: KeyObject; readonly seq: number; readonly mac: string },
  entries: readonly Entry[],
): Chained[] {
  let { seq, mac } = end;
  return entries.map((entry) => {
    seq++;
    mac = macOf(end.key, mac, { ...entry, segment: end.segment, seq });
    return { ...entry, segment: end.segment, seq, mac };
  });
}

/**
 * HMAC-SHA-256 over the MAC of the entry before and all that this one says, its place in the segment included.
 * @see RFC 2104
 */
export function macOf(
  key: KeyObject,
  previous: string,
  entry: Pick<UseRow, keyof Entry | "segment" | "seq">,
): string {
  // JSON of an array of texts and numbers reads in one way only.
  const said = JSON.stringify([
    entry.segment,
    entry.seq,
    entry.kind,
    entry.at,
    entry.handle_id,
    entry.owner,
    entry.connection_id,
    entry.method,
    entry.path_template,
    entry.status,
    entry.bytes_in,
    entry.bytes_out,
    entry.duration_ms,
    entry.code,
    entry.times,
  ]);
  return createHmac("sha256", key).update(previous).update("\n").update(said).digest("base64url");
}

export function sha256(...parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\n");
  return hash.digest("base64url");
}
