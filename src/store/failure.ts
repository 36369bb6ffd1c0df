import { isLatchkeyError, LatchkeyError } from "../errors.ts";

/** Primary result codes of SQLite; an extended code carries them in its low byte. @see https://sqlite.org/rescode.html */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const CANTOPEN = 14;
const NOT_A_DATABASE = 26;
const CONSTRAINT_PRIMARYKEY = 1555;
const CONSTRAINT_UNIQUE = 2067;

function resultCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !("errcode" in thrown)) return undefined;
  return typeof thrown.errcode === "number" ? thrown.errcode : undefined;
}

/** PostgreSQL's own: five characters of class and condition. */
const UNIQUE_VIOLATION = "23505";

/** The SQLSTATE of an error of PostgreSQL; also where the error is wrapped. */
export function sqlState(thrown: unknown): string | undefined {
  const error = isLatchkeyError(thrown) ? thrown.cause : thrown;
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  // Errors of the network have codes too, of letters only (EPIPE).
  const { code } = error;
  return typeof code === "string" && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Another connection holds the lock: the statement has not happened and may be repeated. */
export function isBusy(thrown: unknown): boolean {
  const code = resultCode(thrown);
  return code !== undefined && ((code & 0xff) === BUSY || (code & 0xff) === LOCKED);
}

/** A unique or primary key constraint refused the row; also where the error is wrapped. */
export function isUniqueViolation(thrown: unknown): boolean {
  const code = resultCode(isLatchkeyError(thrown) ? thrown.cause : thrown);
  if (sqlState(thrown) === UNIQUE_VIOLATION) return true;
  return code === CONSTRAINT_UNIQUE || code === CONSTRAINT_PRIMARYKEY;
}

/** The database's own error as ours. SQLite's message names tables and columns, never values. */
export function storeError(thrown: unknown): LatchkeyError {
  if (isLatchkeyError(thrown)) return thrown;
  const code = resultCode(thrown);
  const details = code === undefined ? {} : { sqlite_result_code: code };
  const primary = (code ?? 0) & 0xff;
  if (primary === READONLY || primary === CANTOPEN) {
    return new LatchkeyError("home_unwritable", "The database file cannot be opened for writing.", {
      cause: thrown,
      details,
    });
  }
  if (primary === NOT_A_DATABASE) {
    return new LatchkeyError("store_failed", "The file is not a Latchkey database.", {
      cause: thrown,
      details,
      fix: "Point LATCHKEY_HOME or LATCHKEY_DATABASE_URL at the right place; the file was not touched.",
    });
  }
  return new LatchkeyError("store_failed", undefined, { cause: thrown, details });
}
