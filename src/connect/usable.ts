/** Which registrations an owner may dance with, and whether one is ready for it. */
import { LatchkeyError } from "../errors.ts";
import type { Registration, Vault } from "../vault/index.ts";

/**
 * The registration, if it is this owner's or the operator's and ready to use.
 *
 * @throws LatchkeyError `not_found` (also for another owner's), `registration_incomplete`, `registration_suspended`
 */
export async function usableRegistration(vault: Vault, owner: string, id: string): Promise<Registration> {
  const registration = await vault.registrations.find(id);
  if (registration === undefined || !belongsTo(registration, owner)) throw new LatchkeyError("not_found");
  if (registration.state === "draft") {
    throw new LatchkeyError("registration_incomplete", "The set-up of this Jira is not finished.", {
      details: { registration_id: id },
      fix: "Finish its set-up: paste what Jira asks for, and give back what it shows.",
    });
  }
  if (registration.state === "suspended") {
    throw new LatchkeyError("registration_suspended", undefined, { details: { registration_id: id } });
  }
  return registration;
}

/** An operator's registration has no owner and is offered to all. */
export function belongsTo(registration: Registration, owner: string): boolean {
  return registration.owner === undefined || registration.owner === owner;
}
