import type { Kysely } from "kysely";
import type { Secret } from "../../secret.ts";
import { type Store, schemaVersion, snapshot } from "../../store/index.ts";
import type { AnyTables } from "../rekey.ts";
import { openCell, type Row, sealedColumnsOf } from "../sealed.ts";
import type { Sealer } from "../tokens.ts";
import { createEncryptor } from "./cipher.ts";
import { CARRIED, createTotal, type Line, type TableTotal } from "./content.ts";

const PAGE = 500;

export type BundleParts = Sealer & {
  readonly store: Store;
  readonly now: () => number;
  /** After each page of rows. */
  readonly report?: (progress: { readonly table: string; readonly rows: number }) => void;
};

/**
 * Writes everything the vault holds as an encrypted bundle, as it is at one moment; others go on meanwhile. What is
 * sealed in the database is opened and stands under the bundle's own key.
 * @param secret a passphrase, or a key text `lkkey1_…`
 * @throws vault_unreadable, store_failed
 */
export async function writeBundle(
  parts: BundleParts,
  secret: Secret,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<readonly TableTotal[]> {
  const out = await createEncryptor(parts, secret, write);
  const line = (value: Line) => out.write(`${JSON.stringify(value)}\n`);
  const schema = await schemaVersion(parts.store);
  const totals = await snapshot(parts.store, async (db) => {
    await line({ bundle: "latchkey", schema });
    const found: TableTotal[] = [];
    for (const { table, key } of CARRIED) {
      await line({ table });
      const total = createTotal(table);
      for await (const row of pages(db as unknown as Kysely<AnyTables>, table, key, parts.report)) {
        const plain = opened(parts, table, row);
        total.add(plain);
        await line({ row: plain });
      }
      found.push(total.total());
      await line({ end: total.total() });
    }
    await line({ over: true });
    return found;
  });
  await out.end();
  return totals;
}

/** The row with its sealed cells in plain. */
export function opened(parts: Pick<Sealer, "keyring">, table: string, row: Row): Row {
  const plain = { ...row };
  for (const column of sealedColumnsOf(table)) {
    plain[column.column] = openCell(parts.keyring, column, row) ?? null;
  }
  return plain;
}

export async function* pages(
  db: Kysely<AnyTables>,
  table: string,
  key: string,
  report?: BundleParts["report"],
): AsyncGenerator<Row> {
  let after: unknown;
  for (let rows = 0; ; ) {
    let query = db.selectFrom(table).selectAll().orderBy(key).limit(PAGE);
    if (after !== undefined) query = query.where(key, ">", after);
    const page: Row[] = await query.execute();
    yield* page;
    rows += page.length;
    report?.({ table, rows });
    if (page.length < PAGE) return;
    after = page.at(-1)?.[key];
  }
}
