/**
 * Sealing everything anew under the current key, row by row, while others serve and renew. Each row is changed only
 * while its sealed text is still the one that was opened, so a renewal in between is never overwritten; a row that
 * is sealed with the current key is passed over, so a run that broke off is simply begun again.
 */
import { type Kysely, sql } from "kysely";
import { LatchkeyError } from "../errors.ts";
import type { Store } from "../store/index.ts";
import { forgetKeys } from "./keyring.ts";
import { cellKeyId, openCell, type Row, SEALED, type SealedColumn, sealCell } from "./sealed.ts";
import type { Sealer } from "./tokens.ts";

const PAGE = 100;
/** Few, so that nobody waits for it. */
const BATCH = 20;
/** So many passes find something left only where another process goes on sealing with an older key. */
const PASSES = 8;

export type KeyUse = { readonly key_id: string; readonly current: boolean; readonly rows: number };
export type TableKeys = { readonly table: string; readonly column: string; readonly keys: readonly KeyUse[] };

export type RekeyProgress = { readonly table: string; readonly done: number; readonly total: number };

export type Rekeyed = {
  readonly key_id: string;
  /** Rows that were sealed anew, by table. */
  readonly resealed: Readonly<Record<string, number>>;
  /** Keys that nothing in the vault needs any longer. */
  readonly retired: readonly string[];
};

/** The tables as the database has them, for reading rows whose table is a value. */
export type AnyTables = Record<string, Record<string, unknown>>;
export const anyTable = (store: Pick<Store, "kysely">): Kysely<AnyTables> =>
  store.kysely as unknown as Kysely<AnyTables>;

/** How many sealed values each key has, by column. */
export async function keysInUse(store: Store, current: string): Promise<readonly TableKeys[]> {
  const found: TableKeys[] = [];
  for (const column of SEALED) {
    const counts = await countKeys(store, column);
    const keys = [...counts].map(([key_id, rows]) => ({ key_id, current: key_id === current, rows }));
    found.push({ table: column.table, column: column.column, keys });
  }
  return found;
}

/**
 * Seals every value with the current key. Start every other process with the new key as its current one first.
 * @throws vault_unreadable (a key is missing, or a row was tampered with), key_in_use, store_failed
 */
export async function rekey(
  parts: Sealer & { readonly store: Store; readonly report?: (progress: RekeyProgress) => void },
): Promise<Rekeyed> {
  const { store, keyring } = parts;
  const current = keyring.current.id;
  const resealed: Record<string, number> = {};
  for (let pass = 0; pass < PASSES; pass++) {
    for (const column of SEALED) {
      const done = await rekeyColumn(parts, column);
      if (done > 0) resealed[column.table] = (resealed[column.table] ?? 0) + done;
    }
    const retired = await store.transaction(async (tx) => {
      if (await isAnyLeft(tx, current)) return undefined;
      return await forgetKeys(tx, keyring);
    });
    if (retired) return { key_id: current, resealed, retired };
  }
  throw new LatchkeyError("key_in_use");
}

async function isAnyLeft(store: Store, current: string): Promise<boolean> {
  for (const column of SEALED) {
    for (const key of (await countKeys(store, column)).keys()) if (key !== current) return true;
  }
  return false;
}

async function rekeyColumn(
  parts: Sealer & { readonly store: Store; readonly report?: (progress: RekeyProgress) => void },
  column: SealedColumn,
): Promise<number> {
  const { store, keyring, report } = parts;
  const current = keyring.current.id;
  const counts = await countKeys(store, column);
  let total = 0;
  for (const [key, rows] of counts) if (key !== current) total += rows;
  if (total === 0) return 0;
  let done = 0;
  const write = async (rows: readonly Row[]) => {
    done += await resealRows(parts, column, rows);
    report?.({ table: column.table, done: Math.min(done, total), total });
  };
  let waiting: Row[] = [];
  for await (const row of rowsOf(store, column)) {
    if (cellKeyId(column, row[column.column]) === current) continue;
    waiting.push(row);
    if (waiting.length < BATCH) continue;
    await write(waiting);
    waiting = [];
  }
  await write(waiting);
  return done;
}

/** SQLite flushes at every commit, so a few rows share one; PostgreSQL's other writers would collide with that. */
async function resealRows(
  parts: Sealer & { readonly store: Store },
  column: SealedColumn,
  rows: readonly Row[],
): Promise<number> {
  const all = async (store: Store) => {
    let done = 0;
    for (const row of rows) if (await resealRow({ ...parts, store }, column, row)) done++;
    return done;
  };
  return parts.store.dialect === "sqlite" && rows.length > 1
    ? await parts.store.transaction(all)
    : await all(parts.store);
}

/** Compare-and-set on the sealed text itself: it is another one after every change, whatever changed it. */
async function resealRow(
  parts: Sealer & { readonly store: Store },
  column: SealedColumn,
  row: Row,
): Promise<boolean> {
  const plain = openCell(parts.keyring, column, row);
  if (plain === undefined) return false;
  const result = await anyTable(parts.store)
    .updateTable(column.table)
    .set({ [column.column]: sealCell(parts, column, row, plain) })
    .where(column.key, "=", row[column.key])
    .where(column.column, "=", row[column.column])
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** The rows whose cell is not empty, page by page. */
async function* rowsOf(store: Store, column: SealedColumn): AsyncGenerator<Row> {
  let after = "";
  for (;;) {
    const page: Row[] = await anyTable(store)
      .selectFrom(column.table)
      .selectAll()
      .where(column.key, ">", after)
      .where(column.column, "is not", null)
      .orderBy(column.key)
      .limit(PAGE)
      .execute();
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = String(last[column.key]);
  }
}

/** Key ids stand at a fixed place of the text, so the database counts them; parked pairs are few and are read. */
async function countKeys(store: Store, column: SealedColumn): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  if (column.inside) {
    for await (const row of rowsOf(store, column)) {
      const key = cellKeyId(column, row[column.column]) ?? "";
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  }
  const key = sql<string>`substr(${sql.ref(column.column)}, 6, 8)`;
  const rows = await anyTable(store)
    .selectFrom(column.table)
    .select((eb) => [key.as("key_id"), eb.fn.countAll<number | string>().as("rows")])
    .where(column.column, "is not", null)
    .groupBy(key)
    .execute();
  for (const row of rows) counts.set(row.key_id, Number(row.rows));
  return counts;
}
