import type { Kysely } from "kysely";
import type { ConnectionRow, Tables } from "./schema.ts";

export type ConnectionChange = Partial<Omit<ConnectionRow, "id" | "owner" | "created_at">>;

export type ConnectionFilter = {
  readonly registration_id?: string;
  readonly family_id?: string;
  readonly site_id?: string;
};

/** Removed connections stay as rows so that their ids are never given again, and are absent to every read. */
export function connectionRepository(db: Kysely<Tables>) {
  const rows = (owner: string | undefined, filter: ConnectionFilter = {}) => {
    let query = db.selectFrom("connections").selectAll().where("state", "!=", "removed");
    if (owner !== undefined) query = query.where("owner", "=", owner);
    for (const column of ["registration_id", "family_id", "site_id"] as const) {
      const value = filter[column];
      if (value !== undefined) query = query.where(column, "=", value);
    }
    return query.orderBy("created_at").orderBy("id").execute();
  };
  return {
    async insert(row: ConnectionRow): Promise<void> {
      await db.insertInto("connections").values(row).execute();
    },
    get(owner: string, id: string): Promise<ConnectionRow | undefined> {
      return db
        .selectFrom("connections")
        .selectAll()
        .where("id", "=", id)
        .where("owner", "=", owner)
        .where("state", "!=", "removed")
        .executeTakeFirst();
    },
    list: (owner: string, filter?: ConnectionFilter): Promise<ConnectionRow[]> => rows(owner, filter),
    listForOperator: (filter?: ConnectionFilter): Promise<ConnectionRow[]> => rows(undefined, filter),
    async update(owner: string, id: string, change: ConnectionChange): Promise<boolean> {
      const result = await db
        .updateTable("connections")
        .set(change)
        .where("id", "=", id)
        .where("owner", "=", owner)
        .where("state", "!=", "removed")
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    /** Notes the last use; the id alone names the row, since no answer depends on it. */
    async touchForOperator(id: string, at: number, status: number): Promise<void> {
      await db
        .updateTable("connections")
        .set({ last_used_at: at, last_status: status })
        .where("id", "=", id)
        .where("state", "!=", "removed")
        .execute();
    },
  };
}
