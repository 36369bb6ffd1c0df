/** What stands in a bundle: one JSON text a line, table after table, each closed by its count and digest. */
import { createHash } from "node:crypto";
import { LatchkeyError } from "../../errors.ts";
import type { Row } from "../sealed.ts";

/**
 * In an order in which every row finds the rows it refers to. `since`: the schema that brought the table; a bundle of an
 * earlier one lacks it. The order of what an earlier schema had never changes.
 */
export const CARRIED = [
  { table: "registrations", key: "id" },
  { table: "families", key: "id" },
  { table: "connections", key: "id" },
  { table: "attempts", key: "id" },
  { table: "handles", key: "id" },
  { table: "uses", key: "id" },
  { table: "dances", key: "id" },
  { table: "sessions", key: "id_hash" },
  { table: "events", key: "id" },
  { table: "connect_sessions", key: "id", since: 4 },
  { table: "webhook_endpoints", key: "id", since: 4 },
  { table: "outbox", key: "id", since: 4 },
  { table: "policy_keys", key: "id", since: 3 },
  { table: "log_keys", key: "id", since: 6 },
  { table: "use_segments", key: "id", since: 6 },
  { table: "use_checkpoints", key: "number", since: 6 },
  { table: "links", key: "id", since: 8 },
  { table: "calls", key: "id", since: 9 },
  { table: "follows", key: "id", since: 10 },
  { table: "hooks", key: "id", since: 10 },
] as const;

/** What stays behind, and why. */
export const LEFT_BEHIND: Readonly<Record<string, string>> = {
  meta: "facts about the one database: its keys, its place, its last renewal",
  latchkey_schema: "the migrations of the one database",
  jobs: "the schedule of the processes on the one database",
  exports: "exports of the gateway, whose files stay on the machine that made them",
  gauges: "limits of Jira as met a moment ago",
  heard: "names of webhooks of the last day, to know the same one again",
  marks: "what Jira said at the last look at each issue",
  touched: "issues that are read again within seconds",
  workers: "the processes on the one database",
};

/** The tables that a bundle of this schema holds, in their order. */
export function carriedAt(schema: number): readonly string[] {
  return CARRIED.filter((one) => ("since" in one ? one.since : 1) <= schema).map(({ table }) => table);
}

export type TableTotal = { readonly table: string; readonly count: number; readonly digest: string };

export type Line =
  | { readonly bundle: "latchkey"; readonly schema: number }
  | { readonly table: string }
  | { readonly row: Row }
  | { readonly end: TableTotal }
  | { readonly over: true };

/** Counts rows, and adds up their hashes: the same rows give the same digest in whatever order they come. */
export function createTotal(table: string) {
  let count = 0;
  let sum = 0n;
  return {
    add(row: Row): void {
      count++;
      const hash = createHash("sha256").update(canonical(row)).digest("hex");
      sum = BigInt.asUintN(256, sum + BigInt(`0x${hash}`));
    },
    total: (): TableTotal => ({ table, count, digest: sum.toString(16).padStart(64, "0") }),
  };
}

function canonical(row: Row): string {
  const names = Object.keys(row).sort();
  return JSON.stringify(names.map((name) => [name, row[name] ?? null]));
}

export function isSameTotal(one: TableTotal, other: TableTotal): boolean {
  return one.table === other.table && one.count === other.count && one.digest === other.digest;
}

/** Puts lines together from chunks that end anywhere. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      const line = Buffer.concat([rest, chunk.subarray(from, at)]);
      rest = Buffer.alloc(0);
      from = at + 1;
      yield JSON.parse(line.toString("utf8")) as Line;
    }
    rest = Buffer.concat([rest, chunk.subarray(from)]);
  }
  if (rest.length > 0) throw new LatchkeyError("bundle_unreadable");
}
