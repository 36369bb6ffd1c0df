/** What a `postgres://` URL says, as the driver wants it. Nothing of the URL ever stands in a message. */
import { readFileSync } from "node:fs";
import type { PoolConfig } from "pg";
import { LatchkeyError } from "../../errors.ts";

const PARAMETERS = [
  "application_name",
  "connect_timeout",
  "host",
  "pool_max",
  "sslcert",
  "sslkey",
  "sslmode",
  "sslrootcert",
] as const;
type Parameter = (typeof PARAMETERS)[number];
type Parameters = Readonly<Partial<Record<Parameter, string>>>;

const CONNECT_MS = 5_000;
/** Ten replicas of this size stay below the hundred connections a server allows by default. */
const POOL_MAX = 8;

export type Address = Pick<
  PoolConfig,
  | "host"
  | "port"
  | "user"
  | "password"
  | "database"
  | "ssl"
  | "application_name"
  | "connectionTimeoutMillis"
  | "max"
>;

/**
 * Reads `postgres://user:password@host:port/database?sslmode=…`. Parameters: `sslmode` (`disable`, which is the
 * default, `no-verify`, `verify-ca`, `verify-full`; `require` checks as `verify-full` does), `sslrootcert`,
 * `sslcert`, `sslkey` (files), `host` (directory of a unix socket), `connect_timeout` (seconds, default 5),
 * `application_name` (default `latchkey`), `pool_max` (connections per process, default 8).
 *
 * @throws config_invalid, file_unreadable
 */
export function parseAddress(text: string): Address {
  if (!URL.canParse(text)) throw invalid("is not of the form postgres://user:password@host:5432/database");
  const url = new URL(text);
  const parameters = parametersOf(url);
  const database = decoded(url.pathname.slice(1));
  if (database === "" || database.includes("/")) throw invalid("does not name one database after the host");
  const host = parameters.host ?? decoded(url.hostname.replace(/^\[|\]$/g, ""));
  if (host === "") throw invalid("names no host");
  return {
    host,
    port: url.port === "" ? 5432 : Number(url.port),
    database,
    // Undefined leaves the driver's own defaults: PGUSER, PGPASSWORD and the password file.
    user: url.username === "" ? undefined : decoded(url.username),
    password: url.password === "" ? undefined : decoded(url.password),
    ssl: tlsOf(parameters),
    application_name: parameters.application_name ?? "latchkey",
    connectionTimeoutMillis:
      parameters.connect_timeout === undefined
        ? CONNECT_MS
        : whole("connect_timeout", parameters.connect_timeout, 120) * 1000,
    max: parameters.pool_max === undefined ? POOL_MAX : whole("pool_max", parameters.pool_max, 1000),
  };
}

function invalid(what: string): LatchkeyError {
  return new LatchkeyError("config_invalid", `The database URL ${what}.`, {
    fix: "Give LATCHKEY_DATABASE_URL as postgres://user:password@host:5432/database; docs/storage.md lists its parameters.",
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid("holds a percent sign that encodes nothing; write it as %25");
  }
}

function parametersOf(url: URL): Parameters {
  const found: Partial<Record<Parameter, string>> = {};
  for (const [name, value] of url.searchParams) {
    const known = PARAMETERS.find((parameter) => parameter === name);
    if (!known) throw invalid(`has a parameter that is not known; known are ${PARAMETERS.join(", ")}`);
    if (found[known] !== undefined) throw invalid(`has the parameter ${known} twice`);
    found[known] = value;
  }
  return found;
}

function whole(name: Parameter, text: string, most: number): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  // One connection would deadlock with itself where a read stands beside a transaction.
  const least = name === "pool_max" ? 2 : 1;
  if (number >= least && number <= most) return number;
  throw invalid(`has a ${name} that is no whole number from ${least} to ${most}`);
}

function tlsOf(parameters: Parameters): NonNullable<PoolConfig["ssl"]> {
  const mode = parameters.sslmode ?? "disable";
  if (mode === "disable") {
    const { sslrootcert, sslcert, sslkey } = parameters;
    if ((sslrootcert ?? sslcert ?? sslkey) === undefined) return false;
    throw invalid("names certificates but no sslmode that uses them");
  }
  if (!/^(no-verify|verify-ca|verify-full|require)$/.test(mode)) {
    throw invalid("has an sslmode other than disable, no-verify, require, verify-ca and verify-full");
  }
  return {
    ...(parameters.sslrootcert !== undefined && { ca: read("sslrootcert", parameters.sslrootcert) }),
    ...(parameters.sslcert !== undefined && { cert: read("sslcert", parameters.sslcert) }),
    ...(parameters.sslkey !== undefined && { key: read("sslkey", parameters.sslkey) }),
    rejectUnauthorized: mode !== "no-verify",
    ...(mode === "verify-ca" && { checkServerIdentity: () => undefined }),
  };
}

function read(name: Parameter, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new LatchkeyError("file_unreadable", `The file of ${name} in the database URL cannot be read.`, {
      cause,
    });
  }
}
