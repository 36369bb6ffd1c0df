/** The recorded dances, for those they belong to. */
import { ERRORS, type ErrorCode, LatchkeyError } from "../errors.ts";
import { evidenceOf, readSteps } from "../recorder/index.ts";
import type { DanceRow } from "../store/index.ts";
import type { Connect, ConnectParts, DanceView } from "./contract.ts";
import type { Failure } from "./failures.ts";

export function dances(parts: ConnectParts): Connect["dances"] {
  const { store } = parts;
  return {
    async get(owner, id) {
      const row = await store.dances.get(owner, id);
      if (row === undefined) throw new LatchkeyError("not_found");
      return viewOf(row);
    },
    async list(owner, limit) {
      return (await store.dances.list(owner, limit)).map(viewOf);
    },
    async latest(owner) {
      const row = await store.dances.latest(owner);
      return row === undefined ? undefined : viewOf(row);
    },
    async getForOperator(id) {
      const row = await store.dances.getForOperator(id);
      if (row === undefined) throw new LatchkeyError("not_found");
      return { ...viewOf(row), owner: row.owner, evidence: evidenceOf(parts.vault, "dances", row) };
    },
    async listForOperator(limit) {
      const rows = await store.dances.listForOperator(limit);
      return rows.map((row) => ({ ...viewOf(row), owner: row.owner }));
    },
  };
}

function viewOf(row: DanceRow): DanceView {
  return {
    id: row.id,
    registration_id: row.registration_id,
    ...(row.attempt_id !== null && { attempt_id: row.attempt_id }),
    ...(row.connection_id !== null && { connection_id: row.connection_id }),
    flavor: row.flavor,
    ...(row.site_url !== null && { site_url: row.site_url }),
    started_at: row.started_at,
    ...(row.ended_at !== null && { ended_at: row.ended_at }),
    outcome: row.outcome,
    ...(row.error_code !== null && { error_code: codeOf(row.error_code) }),
    ...(row.error !== null && { failure: JSON.parse(row.error) as Failure }),
    steps: readSteps(row.steps),
  };
}

/** A code of an older version that is no longer in the table. */
function codeOf(text: string): ErrorCode {
  return Object.hasOwn(ERRORS, text) ? (text as ErrorCode) : "internal";
}
