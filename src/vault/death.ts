import { isLatchkeyError } from "../errors.ts";
import { FLAVORS } from "../protocol/index.ts";
import { type FamilyRow, newId, type Store } from "../store/index.ts";
import type { Dead } from "./records.ts";
import type { Intent } from "./rotation.ts";

const CONNECT_AGAIN = "Connect again; the connection keeps its id.";

/** What ends a grant on the server's side without telling us; none of it can be told apart from here. */
const SILENT_ENDS = [
  "revoked_by_person",
  "revoked_by_administrator",
  "password_changed",
  "account_deactivated",
];

/**
 * The cause of a death by the token endpoint's answer: the one that is proven, or its code with those not excluded.
 * @param open an exchange of the same refresh token whose answer never came
 */
export function causeOfRefusal(
  family: FamilyRow,
  failure: unknown,
  open: Intent | undefined,
  at: number,
): Dead {
  const code = isLatchkeyError(failure) ? failure.code : "internal";
  const evidence = {
    answered: code,
    ...(isLatchkeyError(failure) ? failure.details : {}),
    generation: family.generation,
    consented_at: family.consented_at,
    last_rotated_at: family.last_rotated_at,
  };
  if (family.absolute_expires_at !== null && family.absolute_expires_at <= at) {
    return { cause: "absolute_expired", evidence, at, next_step: CONNECT_AGAIN };
  }
  if (family.idle_expires_at !== null && family.idle_expires_at <= at) {
    return { cause: "idle_expired", evidence, at, next_step: CONNECT_AGAIN };
  }
  const { reuse_window_s } = FLAVORS[family.flavor];
  if (open && (reuse_window_s === 0 || at >= open.at + reuse_window_s * 1000)) {
    return {
      cause: "lost_answer",
      not_excluded: SILENT_ENDS,
      evidence: { ...evidence, sent_at: open.at },
      at,
      next_step: `The answer to a renewal never arrived and this Jira takes a token only once. ${CONNECT_AGAIN}`,
    };
  }
  return {
    cause: code,
    not_excluded: [...(open ? ["lost_answer"] : []), ...SILENT_ENDS, "refreshed_by_another_holder"],
    evidence,
    at,
    next_step: CONNECT_AGAIN,
  };
}

/** A token that cannot be renewed was refused, or its time is over. */
export function causeOfRejection(
  family: FamilyRow,
  cause: string,
  evidence: Readonly<Record<string, unknown>>,
  at: number,
): Dead {
  const { access_expires_at, generation, consented_at } = family;
  const ended = access_expires_at !== null && access_expires_at <= at;
  return {
    cause: ended && cause === "token_rejected" ? "token_expired" : cause,
    ...(!ended && cause === "token_rejected" && { not_excluded: SILENT_ENDS }),
    evidence: { ...evidence, access_expires_at, generation, consented_at },
    at,
    next_step: CONNECT_AGAIN,
  };
}

/** The event of a death. */
export function deathEvents(
  tx: Store,
  random: (bytes: number) => Uint8Array,
  family: FamilyRow,
  dead: Dead,
): Promise<void> {
  const { at, cause, next_step } = dead;
  return familyEvents(tx, random, family, { type: "connection.dead", at, data: { cause, next_step } });
}

/** One event for each connection of the family. */
export async function familyEvents(
  tx: Store,
  random: (bytes: number) => Uint8Array,
  family: FamilyRow,
  event: { readonly type: string; readonly at: number; readonly data: Readonly<Record<string, unknown>> },
): Promise<void> {
  const { owner, id: family_id } = family;
  const { type, at } = event;
  const data = JSON.stringify(event.data);
  for (const { connection } of await tx.connections.list(owner, { family_id })) {
    const id = newId("evt", random);
    await tx.events.append({ id, owner, connection_id: connection.id, family_id, type, at, data });
  }
}
