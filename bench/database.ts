/** A store for one run of a benchmark. */
import { randomBytes } from "node:crypto";
import pg from "pg";
import { type Server, startServer } from "../test/postgres/server.ts";

export type BenchDatabase = { readonly url: string | undefined; drop(): Promise<void> };

let server: Promise<Server> | undefined;

/** SQLite: undefined, a file beside the rest of the run. PostgreSQL: a new database on a server of our own. */
export async function benchDatabase(store: string): Promise<BenchDatabase> {
  if (store !== "postgres") return { url: undefined, drop: async () => {} };
  server ??= start();
  const running = await server;
  const name = `bench_${randomBytes(6).toString("hex")}`;
  await run(running.url, `create database ${name}`);
  const url = new URL(running.url);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => run(running.url, `drop database ${name} with (force)`) };
}

export async function stopServer(): Promise<void> {
  await (await server)?.close();
}

async function start(): Promise<Server> {
  const started = await startServer();
  if ("absent" in started) throw new Error(started.absent);
  return started;
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
