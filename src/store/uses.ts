import { CompiledQuery, type Insertable, type Kysely, sql } from "kysely";
import type { Tables, UseRow, UseTable } from "./schema.ts";

const COLUMNS = {
  handle_id: "text",
  owner: "text",
  connection_id: "text",
  at: "bigint",
  method: "text",
  path_template: "text",
  status: "bigint",
  bytes_in: "bigint",
  bytes_out: "bigint",
  duration_ms: "bigint",
  segment: "text",
  seq: "bigint",
  kind: "text",
  code: "text",
  times: "bigint",
  mac: "text",
} as const;
const NAMES = Object.keys(COLUMNS) as readonly (keyof typeof COLUMNS)[];
const DEFAULTS = { kind: "use", times: 1 } as const;
const listed = sql.join(NAMES.map((name) => sql.ref(name)));

const valuesOf = (row: Insertable<UseTable>) =>
  NAMES.map((name) => row[name] ?? DEFAULTS[name as keyof typeof DEFAULTS] ?? null);

/** Rows of one statement of SQLite. */
const AT_ONCE = 20;
const PLACES = `(${NAMES.map(() => "?").join(", ")})`;
const INSERT_MANY = `insert into uses (${NAMES.map((name) => `"${name}"`).join(", ")}) values ${Array<string>(
  AT_ONCE,
)
  .fill(PLACES)
  .join(", ")}`;

/** The log of what was asked through handles. */
export function useRepository(db: Kysely<Tables>, dialect: "sqlite" | "postgres" = "sqlite") {
  return {
    /** In the order given: their ids rise with it. Few statements, whose texts are always the same. */
    async append(...given: readonly Insertable<UseTable>[]): Promise<void> {
      let rows = given;
      // Bound one by one, values cost SQLite a third of what JSON does, which it reads anew for each of them.
      while (dialect === "sqlite" && rows.length >= AT_ONCE) {
        const values = rows.slice(0, AT_ONCE).flatMap(valuesOf);
        await db.executeQuery(CompiledQuery.raw(INSERT_MANY, values));
        rows = rows.slice(AT_ONCE);
      }
      if (rows.length === 0) return;
      const values = JSON.stringify(rows.map(valuesOf));
      await (dialect === "sqlite"
        ? sql`insert into uses (${listed})
            select ${sql.join(NAMES.map((_, at) => sql`value ->> ${sql.lit(at)}`))} from json_each(${values})`
        : sql`insert into uses (${listed})
            select ${sql.join(NAMES.map((name, at) => sql`(value ->> ${sql.lit(at)})::${sql.raw(COLUMNS[name])}`))}
            from jsonb_array_elements(${values}::jsonb) with ordinality as given (value, place)
            order by place`
      ).execute(db);
    },
    /** Newest first. `limit` defaults to 100. */
    list(
      owner: string,
      options: { readonly handle_id?: string; readonly before?: number; readonly limit?: number } = {},
    ): Promise<UseRow[]> {
      let query = db.selectFrom("uses").selectAll().where("owner", "=", owner);
      if (options.handle_id !== undefined) query = query.where("handle_id", "=", options.handle_id);
      if (options.before !== undefined) query = query.where("id", "<", options.before);
      return query
        .orderBy("id", "desc")
        .limit(options.limit ?? 100)
        .execute();
    },
    /** Newest first, of all owners. */
    listForOperator(limit: number): Promise<UseRow[]> {
      return db.selectFrom("uses").selectAll().orderBy("id", "desc").limit(limit).execute();
    },
    /** The entries of a segment behind one of them, in their order. */
    pageForOperator(segment: string, after: number, limit: number): Promise<UseRow[]> {
      return db
        .selectFrom("uses")
        .selectAll()
        .where("segment", "=", segment)
        .where("seq", ">", after)
        .orderBy("seq")
        .limit(limit)
        .execute();
    },
    /** Which segments have entries; null stands for entries from before there was a chain. */
    async segmentsForOperator(): Promise<{ segment: string | null; entries: number; last_id: number }[]> {
      const rows = await db
        .selectFrom("uses")
        .select((eb) => [
          "segment",
          eb.fn.countAll<number | string>().as("entries"),
          eb.fn.max("id").as("last_id"),
        ])
        .groupBy("segment")
        .execute();
      return rows.map((row) => ({ ...row, entries: Number(row.entries), last_id: Number(row.last_id) }));
    },
    /** Removes a whole segment, or with null what is older than a moment from before there was a chain. */
    async purgeForOperator(segment: string | null, before = 0): Promise<number> {
      const query = db.deleteFrom("uses");
      const result = await (segment === null
        ? query.where("segment", "is", null).where("at", "<", before)
        : query.where("segment", "=", segment)
      ).executeTakeFirst();
      return Number(result.numDeletedRows);
    },
    /** How many entries there are from before there was a chain, and the highest id of them. */
    async unchainedForOperator(): Promise<{ readonly entries: number; readonly last_id: number }> {
      const row = await db
        .selectFrom("uses")
        .select((eb) => [
          eb.fn.countAll<number | string>().as("entries"),
          sql<number>`coalesce(max(id), 0)`.as("last_id"),
        ])
        .where("segment", "is", null)
        .executeTakeFirstOrThrow();
      return { entries: Number(row.entries), last_id: Number(row.last_id) };
    },
  };
}
