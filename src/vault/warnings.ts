import type { FamilyRow, Store } from "../store/index.ts";
import { note } from "./events.ts";
import { keepAliveFrom, type Warned, type Warning, warningsDue } from "./lifetimes.ts";

/** What a person does about each end. */
const NEXT_STEPS: Readonly<Record<Warning["reason"], string>> = {
  absolute: "Reconnect before then; the connection keeps its id.",
  idle: "Its tokens could not be renewed of late: see its page for the cause, or reconnect before then.",
  access: "Nothing renews this access. Reconnect before then; the connection keeps its id.",
};

/**
 * Writes one event for each threshold that was passed, and with it that it was written: in one transaction, so that
 * of several replicas one does.
 */
export function warnOfEnds(
  parts: { store: Store; now: () => number; random: (bytes: number) => Uint8Array },
  owner: string,
  id: string,
): Promise<readonly Warning[]> {
  const { store, now, random } = parts;
  return store.transaction(async (tx) => {
    const row = await tx.families.get(owner, id);
    const at = now();
    if (row?.state !== "active" || row.warn_at === null || row.warn_at > at) return [];
    const kept_alive_from = keepAliveFrom(row.flavor, row.kind, row, row.last_rotated_at);
    const due = warningsDue({ ...row, warned: warnedOf(row) }, kept_alive_from, at);
    const connections = (await tx.connections.list(owner, { family_id: id }))
      .filter(({ connection }) => connection.state !== "pending")
      .map(({ connection }) => connection.id);
    await tx.families.update(owner, id, {
      warned: JSON.stringify(due.warned),
      warn_at: due.warn_at,
    });
    const [first] = connections;
    // A family that no connection uses is about to be forgotten.
    if (first === undefined) return [];
    for (const warning of due.warnings) {
      const data = { ...warning, connection_ids: connections, next_step: NEXT_STEPS[warning.reason] };
      const about = { owner, connection_id: first, family_id: id, at };
      await note(tx, random, { ...about, type: "connection.expiring", data });
    }
    return due.warnings;
  });
}

function warnedOf(row: FamilyRow): Warned {
  return row.warned === null ? {} : (JSON.parse(row.warned) as Warned);
}
