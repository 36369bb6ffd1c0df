import type { Kysely } from "kysely";
import type { MetaRow, Tables } from "./schema.ts";

/** Facts about the database itself, such as the proof of the encryption key. */
export function metaRepository(db: Kysely<Tables>) {
  return {
    async get(key: string): Promise<string | undefined> {
      const row = await db.selectFrom("meta").select("value").where("key", "=", key).executeTakeFirst();
      return row?.value;
    },
    async set(key: string, value: string): Promise<void> {
      await db
        .insertInto("meta")
        .values({ key, value })
        .onConflict((conflict) => conflict.column("key").doUpdateSet({ value }))
        .execute();
    },
    /** All rows whose key begins so, in the order of their keys. */
    list(prefix: string): Promise<MetaRow[]> {
      return db
        .selectFrom("meta")
        .selectAll()
        .where((eb) => eb(eb.fn<string>("substr", ["key", eb.val(1), eb.val(prefix.length)]), "=", prefix))
        .orderBy("key")
        .execute();
    },
    async remove(key: string): Promise<boolean> {
      return (await db.deleteFrom("meta").where("key", "=", key).executeTakeFirst()).numDeletedRows > 0n;
    },
  };
}
