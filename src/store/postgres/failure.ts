/** What PostgreSQL and the way to it say when something fails, in our words. */
import { isLatchkeyError, LatchkeyError } from "../../errors.ts";
import { sqlState } from "../failure.ts";

/** Where a sentence of ours says more than "the database did not answer". @see PostgreSQL, Appendix A */
const SENTENCES: Readonly<Record<string, readonly [message: string, fix: string]>> = {
  "28P01": [
    "The database server refuses the user or the password.",
    "Correct the user and the password in LATCHKEY_DATABASE_URL.",
  ],
  "28000": [
    "The database server refuses the user.",
    "Correct the user in LATCHKEY_DATABASE_URL, or let it in from here (pg_hba.conf).",
  ],
  "3D000": ["The database does not exist.", "Create it, or correct its name in LATCHKEY_DATABASE_URL."],
  "42501": [
    "The database user lacks a privilege.",
    "Let the user of LATCHKEY_DATABASE_URL own the database, or grant it CREATE on the schema.",
  ],
  "53300": [
    "The database server has no connection left.",
    "Raise max_connections, or lower pool_max in LATCHKEY_DATABASE_URL.",
  ],
  "53100": ["The disk of the database is full.", "Make room on the database server."],
  "55P03": ["Another writer held the database for too long.", "Try again in a moment."],
  "57014": [
    "The database took too long for a statement.",
    "Try again in a moment; check the load on the database.",
  ],
  "25006": [
    "The database server is a standby that takes no writes.",
    "Point LATCHKEY_DATABASE_URL at the primary server.",
  ],
};

/** Node's own names for a handshake that failed because of the certificate. */
const CERTIFICATE = /^(ERR_TLS_CERT|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/** The transaction saw rows that another one changed, or two waited for each other: it has not happened. */
const SERIALIZATION_FAILURE = "40001";
const DEADLOCK_DETECTED = "40P01";

/** Whether the work has not happened only because of others at the same rows, and may simply be done again. */
export function collided(thrown: unknown): boolean {
  const state = sqlState(thrown);
  if (state === SERIALIZATION_FAILURE || state === DEADLOCK_DETECTED) return true;
  return thrown instanceof Error && thrown.cause !== undefined && collided(thrown.cause);
}

/** Whether the connection is of no more use: the server has gone, is going, or is no longer the primary. */
export function breaksConnection(thrown: unknown): boolean {
  const state = sqlState(thrown);
  return state === undefined || /^(08|57P|25006|25P03)/.test(state);
}

/** The driver's error as ours. Retry is always "later": a statement that failed has written nothing. */
export function postgresError(thrown: unknown): LatchkeyError {
  if (isLatchkeyError(thrown)) return thrown;
  const sqlstate = sqlState(thrown);
  const [message, fix] = SENTENCES[sqlstate ?? ""] ?? certificateSentence(thrown) ?? [];
  return new LatchkeyError("store_failed", message, {
    cause: withoutRows(thrown),
    details: sqlstate === undefined ? {} : { sqlstate },
    ...(fix !== undefined && { fix }),
  });
}

function certificateSentence(thrown: unknown): readonly [string, string] | undefined {
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  if (!CERTIFICATE.test(code)) return undefined;
  return [
    "The certificate of the database server is not believed.",
    "Name its CA with sslrootcert in LATCHKEY_DATABASE_URL, and the host as the certificate does.",
  ];
}

/** The server's error carries the row it failed on beside the message, and bad values in it: neither goes on. */
function withoutRows(thrown: unknown): unknown {
  const sqlstate = sqlState(thrown);
  if (sqlstate === undefined || !(thrown instanceof Error)) return thrown;
  const message = sqlstate.startsWith("22") ? "a value that the column does not take" : thrown.message;
  return Object.assign(new Error(message), { code: sqlstate });
}
