/** The settings every connection begins with, and the facts about the server that are demanded of it. */
import type { ClientBase } from "pg";
import { LatchkeyError } from "../../errors.ts";

/** A transaction that its process left standing (stopped, cut off) gives its rows back after this. */
const IDLE_IN_TRANSACTION_MS = 10_000;
/** The oldest with a life ahead; 15 and 18 are tested. */
const OLDEST = 140_000;

type Facts = {
  synchronous_commit: string;
  encoding: string;
  standby: boolean;
  version: number;
};

/**
 * One round trip: sets the session and reads back what matters. A commit is answered only once it is on disk
 * (`synchronous_commit = on`; where the operator has set the stronger `remote_apply`, it stays), because a token
 * pair is used as soon as it is answered.
 *
 * @throws LatchkeyError `config_invalid` where the server cannot be used at all, `store_failed` where not now
 */
export async function beginSession(client: ClientBase, busy_ms: number): Promise<void> {
  const { rows } = await client.query<Facts>(
    `select
       set_config('synchronous_commit', case current_setting('synchronous_commit')
         when 'remote_apply' then 'remote_apply' else 'on' end, false) as synchronous_commit,
       set_config('default_transaction_isolation', 'read committed', false),
       set_config('idle_in_transaction_session_timeout', $1, false),
       set_config('lock_timeout', $2, false),
       set_config('statement_timeout', $3, false),
       current_setting('server_encoding') as encoding,
       pg_is_in_recovery() as standby,
       current_setting('server_version_num')::int as version`,
    [String(IDLE_IN_TRANSACTION_MS), String(busy_ms), String(statementMs(busy_ms))],
  );
  demand(rows[0]);
}

/** Longer than the wait for a lock, so that the lock is what the error names. */
export function statementMs(busy_ms: number): number {
  return busy_ms + 2_000;
}

function demand(facts: Facts | undefined): void {
  if (!facts) throw new LatchkeyError("store_failed");
  if (facts.version < OLDEST) {
    throw new LatchkeyError("config_invalid", "The database server is older than PostgreSQL 14.", {
      details: { server_version_num: facts.version },
      fix: "Use PostgreSQL 14 or newer.",
    });
  }
  if (facts.encoding !== "UTF8") {
    throw new LatchkeyError("config_invalid", "The database does not keep its text as UTF-8.", {
      details: { server_encoding: facts.encoding },
      fix: "Create it with: create database … encoding 'UTF8' template template0.",
    });
  }
  if (facts.standby) {
    throw new LatchkeyError("store_failed", "The database server is a standby that takes no writes.", {
      fix: "Point LATCHKEY_DATABASE_URL at the primary server.",
    });
  }
  if (!/^(on|remote_apply)$/.test(facts.synchronous_commit)) {
    throw new LatchkeyError("store_failed", "The database does not let commits wait for the disk.", {
      details: { synchronous_commit: facts.synchronous_commit },
    });
  }
}
