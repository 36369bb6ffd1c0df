import { isLatchkeyError } from "../errors.ts";
import type { FamilyRow, Store } from "../store/index.ts";
import { causeOfDeath, type Known } from "./causes.ts";
import { type EventType, note } from "./events.ts";
import type { Dead, Intent } from "./records.ts";
import type { SiteFacts } from "./sightings.ts";

/**
 * The cause of a death by the token endpoint's answer.
 * @param open an exchange of the same refresh token whose answer never came
 */
export async function causeOfRefusal(
  store: Store,
  family: FamilyRow,
  failure: unknown,
  open: Intent | undefined,
  at: number,
): Promise<Dead> {
  const known = isLatchkeyError(failure);
  return causeOfDeath({
    ...(await aboutOthers(store, family)),
    ...datesOfRow(family),
    code: known ? failure.code : "internal",
    asked: "renewal",
    at,
    ...(known && { answer: failure.details }),
    ...(open && { sent_at: open.at }),
  });
}

/** A token that cannot be renewed was refused, or its time is over. */
export async function causeOfRejection(
  store: Store,
  family: FamilyRow,
  code: string,
  answer: Readonly<Record<string, unknown>>,
  at: number,
): Promise<Dead> {
  const open = family.intent === null ? undefined : (JSON.parse(family.intent) as Intent);
  return causeOfDeath({
    ...(await aboutOthers(store, family)),
    ...datesOfRow(family),
    code,
    asked: "call",
    at,
    answer,
    ...(open?.generation === family.generation && { sent_at: open.at }),
  });
}

function datesOfRow(row: FamilyRow) {
  const { flavor, kind, generation, consented_at, last_rotated_at } = row;
  const { access_expires_at, idle_expires_at, absolute_expires_at } = row;
  return {
    ...{ flavor, kind, generation, consented_at, last_rotated_at },
    ...{ access_expires_at, idle_expires_at, absolute_expires_at },
  };
}

/** What the rest of the vault knows that bears on it. */
async function aboutOthers(store: Store, family: FamilyRow): Promise<Partial<Known>> {
  const { owner, id, registration_id, account_id } = family;
  const [registration, latest, joined] = await Promise.all([
    store.registrations.find(registration_id),
    store.families.latestRenewalsForOperator(registration_id, account_id, id),
    store.connections.list(owner, { family_id: id }),
  ]);
  const gone = joined.flatMap(({ connection }) => (JSON.parse(connection.site) as SiteFacts).gone_at ?? []);
  return {
    ...(latest.same_account !== undefined && { same_account_at: latest.same_account }),
    ...(latest.others !== undefined && { same_registration_at: latest.others }),
    ...(registration && { registration_changed_at: registration.updated_at }),
    ...(gone.length > 0 && { site_gone_at: Math.min(...gone) }),
  };
}

/** The event of a death. */
export function deathEvents(
  tx: Store,
  random: (bytes: number) => Uint8Array,
  family: FamilyRow,
  dead: Dead,
): Promise<void> {
  const { at, cause, not_excluded, next_step } = dead;
  const data = { cause, ...(not_excluded && { not_excluded }), next_step };
  return familyEvents(tx, random, family, { type: "connection.dead", at, data });
}

/** One event for each connection of the family. */
export async function familyEvents(
  tx: Store,
  random: (bytes: number) => Uint8Array,
  family: FamilyRow,
  event: { readonly type: EventType; readonly at: number; readonly data: Readonly<Record<string, unknown>> },
): Promise<void> {
  const { owner, id: family_id } = family;
  for (const { connection } of await tx.connections.list(owner, { family_id })) {
    // Nobody was told of one that waits.
    if (connection.state === "pending") continue;
    await note(tx, random, { ...event, owner, connection_id: connection.id, family_id });
  }
}
