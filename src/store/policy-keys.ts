import type { Kysely } from "kysely";
import type { PolicyKeyRow, Tables } from "./schema.ts";

/** The keys of pseudonyms; they are the operator's, and no owner has one of its own. */
export function policyKeyRepository(db: Kysely<Tables>) {
  return {
    /** The newest first. */
    listForOperator(): Promise<PolicyKeyRow[]> {
      return db.selectFrom("policy_keys").selectAll().orderBy("number", "desc").execute();
    },
    /** Fails where another process has just made the key of this number. */
    async insert(row: PolicyKeyRow): Promise<void> {
      await db.insertInto("policy_keys").values(row).execute();
    },
  };
}
