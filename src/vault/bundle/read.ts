import { type Kysely, sql } from "kysely";
import { LatchkeyError } from "../../errors.ts";
import type { Secret } from "../../secret.ts";
import { type Store, schemaVersion } from "../../store/index.ts";
import { quarantineIn } from "../custody.ts";
import { type AnyTables, anyTable } from "../rekey.ts";
import { type Row, sealCell, sealedColumnsOf } from "../sealed.ts";
import { decrypt, type Source } from "./cipher.ts";
import {
  CARRIED,
  carriedAt,
  createTotal,
  isSameTotal,
  type Line,
  linesOf,
  type TableTotal,
} from "./content.ts";
import { type BundleParts, opened, pages } from "./write.ts";

const BATCH = 100;

/** A bundle that can be read from its beginning as often as it takes. */
export type Bundle = { open(): Promise<{ readonly source: Source; close(): Promise<void> }> };

type Sink = {
  begin(schema: number): Promise<void>;
  row(table: string, row: Row): Promise<void>;
  end(total: TableTotal): Promise<void>;
};

/**
 * Reads a whole bundle and proves every table of it, without a database.
 * @throws bundle_unreadable, bundle_too_new
 */
export async function checkBundle(bundle: Bundle, secret: Secret): Promise<readonly TableTotal[]> {
  return await walk(bundle, secret, { begin: async () => {}, row: async () => {}, end: async () => {} });
}

/**
 * Brings a bundle into an empty vault: in one transaction, each row sealed anew under this vault's key, and read back
 * and compared before anything counts. The vault begins quarantined.
 * @throws store_not_empty, bundle_unreadable, bundle_too_new, store_failed; nothing is written then
 */
export async function readBundle(
  parts: BundleParts,
  bundle: Bundle,
  secret: Secret,
): Promise<readonly TableTotal[]> {
  return await parts.store.transaction(async (tx) => {
    await demandEmpty(tx);
    const totals = await walk(bundle, secret, sinkInto(parts, tx));
    if (tx.dialect === "postgres") await advanceNumbers(anyTable(tx));
    await quarantineIn(tx, { since: parts.now(), reason: "imported" });
    return totals;
  });
}

async function demandEmpty(tx: Store): Promise<void> {
  for (const { table } of CARRIED) {
    const found = await anyTable(tx).selectFrom(table).selectAll().limit(1).executeTakeFirst();
    if (found) throw new LatchkeyError("store_not_empty", undefined, { details: { table } });
  }
}

function sinkInto(parts: BundleParts, tx: Store): Sink {
  const db = anyTable(tx);
  let waiting: Row[] = [];
  let columns: readonly string[] = [];
  let rows = 0;
  const flush = async (table: string) => {
    if (waiting.length === 0) return;
    const batch = waiting;
    waiting = [];
    rows += batch.length;
    await db.insertInto(table).values(batch).execute();
    parts.report?.({ table, rows });
  };
  return {
    async begin(schema) {
      if (schema > (await schemaVersion(tx))) throw new LatchkeyError("bundle_too_new");
    },
    async row(table, row) {
      if (waiting.length === 0 && rows === 0) columns = Object.keys(row);
      waiting.push(sealed(parts, table, row));
      if (waiting.length >= BATCH) await flush(table);
    },
    async end(total) {
      await flush(total.table);
      rows = 0;
      const arrived = await arrivedIn(parts, db, total.table, columns);
      if (isSameTotal(arrived, total)) return;
      throw new LatchkeyError("store_failed", "The database did not keep what was written to it.", {
        details: { table: total.table, expected: total.count, arrived: arrived.count },
        fix: "Nothing was kept. Check the database and import again.",
      });
    },
  };
}

/** What stands in the database now, counted and digested over the columns that were brought. */
async function arrivedIn(
  parts: BundleParts,
  db: Kysely<AnyTables>,
  table: string,
  columns: readonly string[],
): Promise<TableTotal> {
  const key = CARRIED.find((one) => one.table === table)?.key ?? "id";
  const total = createTotal(table);
  for await (const row of pages(db, table, key)) {
    const plain = opened(parts, table, row);
    total.add(Object.fromEntries(columns.map((name) => [name, plain[name]])));
  }
  return total.total();
}

function sealed(parts: BundleParts, table: string, row: Row): Row {
  const out = { ...row };
  for (const column of sealedColumnsOf(table)) {
    const plain = row[column.column];
    if (typeof plain === "string") out[column.column] = sealCell(parts, column, row, plain);
  }
  return out;
}

/** PostgreSQL counts by itself only what it numbered itself. */
async function advanceNumbers(db: Kysely<AnyTables>): Promise<void> {
  await sql`select setval(pg_get_serial_sequence('uses', 'id'), (select coalesce(max(id), 0) + 1 from uses), false)`.execute(
    db,
  );
}

/** Holds the lines to their order, and each table to its count and digest. */
async function walk(bundle: Bundle, secret: Secret, sink: Sink): Promise<readonly TableTotal[]> {
  const { source, close } = await bundle.open();
  const totals: TableTotal[] = [];
  let tables: readonly string[] = [];
  let expected: "start" | "table" | "rows" | "nothing" = "start";
  let total = createTotal("");
  let table = "";
  try {
    for await (const line of linesOf(decrypt(source, secret))) {
      if (expected === "start" && "bundle" in line) {
        await sink.begin(line.schema);
        tables = carriedAt(line.schema);
        expected = "table";
      } else if (expected === "table" && "table" in line && tables[totals.length] === line.table) {
        table = line.table;
        total = createTotal(table);
        expected = "rows";
      } else if (expected === "rows" && "row" in line) {
        total.add(line.row);
        await sink.row(table, line.row);
      } else if (expected === "rows" && "end" in line && isSameTotal(total.total(), line.end)) {
        await sink.end(line.end);
        totals.push(line.end);
        expected = "table";
      } else if (expected === "table" && "over" in line && totals.length === tables.length) {
        expected = "nothing";
      } else throw outOfOrder(line);
    }
  } finally {
    await close();
  }
  if (expected !== "nothing") throw new LatchkeyError("bundle_unreadable");
  return totals;
}

function outOfOrder(line: Line): LatchkeyError {
  return new LatchkeyError("bundle_unreadable", "The bundle does not add up.", {
    details: { line: Object.keys(line)[0] ?? "" },
  });
}
