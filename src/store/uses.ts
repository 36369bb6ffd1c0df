import type { Insertable, Kysely } from "kysely";
import type { Tables, UseRow, UseTable } from "./schema.ts";
import { trim } from "./trim.ts";

/** The log of what was asked through handles. */
export function useRepository(db: Kysely<Tables>) {
  return {
    async append(row: Insertable<UseTable>): Promise<void> {
      await db.insertInto("uses").values(row).execute();
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
    async purgeForOperator(before: number): Promise<number> {
      const result = await db.deleteFrom("uses").where("at", "<", before).executeTakeFirst();
      return Number(result.numDeletedRows);
    },
    /** Leaves at most so many of the newest. */
    trimForOperator: (keep: number): Promise<number> => trim(db, "uses", "at", keep),
  };
}
