import type { Kysely } from "kysely";
import type { RegistrationRow, Tables } from "./schema.ts";

export type RegistrationChange = Partial<Omit<RegistrationRow, "id" | "created_at">>;

/** Registrations are the operator's, or one owner's; `list` gives an owner its own and the operator's. */
export function registrationRepository(db: Kysely<Tables>) {
  return {
    async insert(row: RegistrationRow): Promise<void> {
      await db.insertInto("registrations").values(row).execute();
    },
    find(id: string): Promise<RegistrationRow | undefined> {
      return db.selectFrom("registrations").selectAll().where("id", "=", id).executeTakeFirst();
    },
    list(owner: string): Promise<RegistrationRow[]> {
      return db
        .selectFrom("registrations")
        .selectAll()
        .where((eb) => eb.or([eb("owner", "is", null), eb("owner", "=", owner)]))
        .orderBy("created_at")
        .orderBy("id")
        .execute();
    },
    listForOperator(): Promise<RegistrationRow[]> {
      return db.selectFrom("registrations").selectAll().orderBy("created_at").orderBy("id").execute();
    },
    /** With `generation`, only while the row still has it. Answers whether a row was changed. */
    async update(id: string, change: RegistrationChange, generation?: number): Promise<boolean> {
      const base = db.updateTable("registrations").set(change).where("id", "=", id);
      const query = generation === undefined ? base : base.where("generation", "=", generation);
      return (await query.executeTakeFirst()).numUpdatedRows > 0n;
    },
    /** Removes the registration with its attempts, connections and families; call it in a transaction. */
    async remove(id: string): Promise<boolean> {
      for (const table of ["attempts", "connections", "families"] as const) {
        await db.deleteFrom(table).where("registration_id", "=", id).execute();
      }
      return (
        (await db.deleteFrom("registrations").where("id", "=", id).executeTakeFirst()).numDeletedRows > 0n
      );
    },
  };
}
