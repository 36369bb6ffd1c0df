import { Kysely } from "kysely";
import type { Tables } from "../schema.ts";
import type { Database } from "../store.ts";
import { postgresDialect } from "./dialect.ts";
import { inTurn, waitForTurn } from "./turns.ts";

/** The PostgreSQL that a URL names; the first connection is made by the first call. @throws config_invalid */
export function openPostgres(url: string, busy_ms: number): Database {
  const { dialect, close } = postgresDialect({ url, busy_ms });
  const kysely = new Kysely<Tables>({ dialect });
  return {
    kysely,
    dialect: "postgres",
    transact: (work) =>
      inTurn(busy_ms, (again) =>
        kysely.transaction().execute(async (trx) => {
          if (again) await waitForTurn(trx);
          return await work(trx);
        }),
      ),
    close,
  };
}
