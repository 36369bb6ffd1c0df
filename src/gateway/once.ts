/**
 * A secret on its way to the very next page: sealed in a row of its own that belongs to one browser session, and
 * removed before it is shown, so that two tabs that ask at once do not both get it.
 */
import { createHash } from "node:crypto";
import { isLatchkeyError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { Session } from "./session.ts";
import type { Visit } from "./visit.ts";

const KIND = "shown-once";
/** A redirect takes no longer; what nobody fetched by then is gone. */
const LIFETIME_MS = 5 * 60_000;

/** @param name what page it is for */
export async function leaveOnce(visit: Visit, name: string, secret: Secret): Promise<void> {
  const row = rowName(await visit.begin(), name);
  await visit.parts.store.sessions.put({
    id_hash: row,
    owner: visit.owner,
    kind: KIND,
    sealed_data: visit.parts.vault.seal(placeOf(row, visit.owner), secret.reveal()),
    created_at: visit.now,
    expires_at: visit.now + LIFETIME_MS,
    last_seen_at: visit.now,
  });
}

/** The secret that was left for this page; `undefined` when there is none, or it was taken before. */
export async function takeOnce(visit: Visit, name: string): Promise<Secret | undefined> {
  const { session } = visit;
  if (!session) return undefined;
  const { store, vault } = visit.parts;
  const id = rowName(session, name);
  const row = await store.sessions.find(id, visit.now);
  if (row?.kind !== KIND || row.owner !== visit.owner || row.sealed_data === null) return undefined;
  if (!(await store.sessions.remove(id))) return undefined;
  try {
    return vault.open(placeOf(id, visit.owner), row.sealed_data);
  } catch (error) {
    // Sealed under a key that is gone: it can be made again, which is all that can be said of it anyway.
    if (isLatchkeyError(error) && error.code === "vault_unreadable") return undefined;
    throw error;
  }
}

function rowName(session: Session, name: string): string {
  const parts = ["latchkey shown once", session.id.reveal(), name];
  return createHash("sha256").update(parts.join("\0")).digest("hex");
}

function placeOf(row: string, owner: string) {
  return { table: "sessions", column: "sealed_data", row, owner, generation: 0 };
}
