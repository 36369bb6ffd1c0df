import { type Kysely, sql } from "kysely";
import type { Tables } from "./schema.ts";

/** Leaves at most so many of the newest rows. Answers how many were removed. */
export async function trim(
  db: Kysely<Tables>,
  table: "events" | "dances" | "calls",
  column: "at" | "started_at",
  keep: number,
): Promise<number> {
  const at = sql.ref(column);
  const { numAffectedRows } = await sql`
    delete from ${sql.table(table)}
    where ${at} <= (select ${at} from ${sql.table(table)} order by ${at} desc limit 1 offset ${keep})`.execute(
    db,
  );
  return Number(numAffectedRows ?? 0);
}
