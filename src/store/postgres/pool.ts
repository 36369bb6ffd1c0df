import pg from "pg";
import { parseAddress } from "./address.ts";

/**
 * A pool of the job engine's own, in the same database: it listens on one connection for as long as it runs.
 * @throws config_invalid, file_unreadable
 */
export function enginePool(url: string, max: number): pg.Pool {
  const address = parseAddress(url);
  const pool = new pg.Pool({
    ...address,
    application_name: `${address.application_name} jobs`,
    max,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // A connection that breaks while nobody uses it leaves the pool by itself; one in use tells its query.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}
