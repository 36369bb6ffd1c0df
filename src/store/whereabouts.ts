/**
 * Which database this is, by what a copy of its content does not take along: the file's own number on its disk, or
 * the numbers a PostgreSQL server gave to itself, the database and a table.
 */
import { stat } from "node:fs/promises";
import { sql } from "kysely";
import type { Store } from "./store.ts";

export type Whereabouts =
  | {
      readonly kind: "file";
      /** Where it is now; a file that was moved stays the same file. */
      readonly path: string;
      readonly inode: string;
      /** When the file was made, where the file system knows it, in milliseconds since the epoch; else 0. */
      readonly born: string;
    }
  | {
      readonly kind: "server";
      /** Empty where the role may not ask for it. */
      readonly system: string;
      readonly database: string;
      readonly table: string;
    };

export async function whereaboutsOf(store: Store): Promise<Whereabouts> {
  return store.dialect === "sqlite" ? await fileOf(store) : await serverOf(store);
}

/** Whether two looks were at the same database. */
export function isSamePlace(one: Whereabouts, other: Whereabouts): boolean {
  if (one.kind === "file" && other.kind === "file") {
    return one.inode === other.inode && (one.born === other.born || one.born === "0" || other.born === "0");
  }
  if (one.kind === "server" && other.kind === "server") {
    const known = one.system !== "" && other.system !== "";
    return (
      one.database === other.database && one.table === other.table && (!known || one.system === other.system)
    );
  }
  return false;
}

async function fileOf(store: Store): Promise<Whereabouts> {
  const { rows } = await sql<{
    file: string;
  }>`select file from pragma_database_list where name = 'main'`.execute(store.kysely);
  const path = rows[0]?.file ?? "";
  const { ino, birthtimeMs } = await stat(path, { bigint: true });
  return { kind: "file", path, inode: String(ino), born: String(birthtimeMs) };
}

async function serverOf(store: Store): Promise<Whereabouts> {
  const { rows } = await sql<{ database: string; relation: string }>`
    select d.oid::text as database, 'meta'::regclass::oid::text as relation
    from pg_database d where d.datname = current_database()`.execute(store.kysely);
  const system = await sql<{
    system: string;
  }>`select system_identifier::text as system from pg_control_system()`
    .execute(store.kysely)
    .then(
      (result) => result.rows[0]?.system ?? "",
      () => "",
    );
  return { kind: "server", system, database: rows[0]?.database ?? "", table: rows[0]?.relation ?? "" };
}
