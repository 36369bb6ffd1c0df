/**
 * The doctor: walks from the address to the webhooks, stops at the first cause it can prove, and says what to do. It
 * never asks an authorize address, which sends everybody to sign in and proves nothing.
 */
import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import type { Flavor } from "../protocol/flavors.ts";
import type { Connection, Registration } from "../vault/index.ts";
import { causeOf } from "./cause.ts";
import { examineCalls, examineState } from "./connected.ts";
import type { Diagnosis, Doctor, DoctorParts, Target } from "./contract.ts";
import { explain, explainRecorded } from "./explain.ts";
import { newNotes } from "./notes.ts";
import { notReached, type Reached, reach } from "./reach.ts";
import { examineRegistration } from "./registered.ts";

export type * from "./contract.ts";
export { STEPS } from "./contract.ts";
export { readSeen } from "./explain.ts";
export { ROWS } from "./rows/index.ts";
export { forOwner } from "./view.ts";

/** Puts the doctor together over the running parts. */
export function createDoctor(parts: DoctorParts): Doctor {
  return {
    examine: (target) => examine(parts, target),
    async last(owner, operator = false) {
      const recorded = await parts.latest(owner, operator);
      return recorded && explainRecorded(recorded);
    },
    explain: (seen) => explain(seen),
  };
}

async function examine(parts: DoctorParts, target: Target): Promise<Diagnosis> {
  if ("site" in target) return examineSite(parts, target);
  const { owner, id } = "connection" in target ? target.connection : target.registration;
  if ("connection" in target) {
    const connection = await parts.vault.connections.get(owner, id);
    const registration = await parts.vault.registrations.get(connection.registration_id);
    return walk(parts, owner, registration, connection);
  }
  const registration = await parts.vault.registrations.get(id);
  if (registration.owner !== undefined && registration.owner !== owner) throw new LatchkeyError("not_found");
  return walk(parts, owner, registration);
}

/** An address: what is connected there comes first, then what is registered there. */
async function examineSite(
  parts: DoctorParts,
  target: Extract<Target, { site: string }>,
): Promise<Diagnosis> {
  const { site: text, owner, trust } = target;
  const notes = newNotes();
  try {
    const { site, flavors, registrations } = await parts.discover({ owner, text, trust });
    const connections = await parts.vault.connections.list(owner);
    const connection = connections.find((one) => without(one.site.url) === without(site.base_url));
    if (connection) return await examine(parts, { connection: { owner, id: connection.id } });
    const [registration] = registrations;
    if (registration) return await walk(parts, owner, registration, undefined, site.base_url);
    const flavor = flavors[0];
    await reach({ parts, notes, base: site.base_url, owner, trust, flavor });
    const about = { flavor, version: site.version, site: site.base_url };
    notes.found("registration", causeOf(new LatchkeyError("registration_unknown"), about));
    return notes.diagnosis(bare({ target: site.base_url, flavor, version: site.version }));
  } catch (thrown) {
    if (!isLatchkeyError(thrown)) throw thrown;
    notReached(notes, { site: text }, thrown);
    return notes.diagnosis({ target: text });
  }
}

async function walk(
  parts: DoctorParts,
  owner: string,
  registration: Registration,
  connection?: Connection,
  site_url?: string,
): Promise<Diagnosis> {
  const notes = newNotes();
  const flavor = connection?.flavor ?? registration.flavor;
  const base = (connection?.site.url ?? site_url ?? registration.site_base_url)?.replace(/\/+$/, "");
  let reached: Reached | undefined;
  if (base !== undefined) {
    reached = await reach({ parts, notes, base, owner, trust: "end-user", flavor });
  } else {
    for (const name of ["dns", "connection", "tls", "clock", "base_url", "jira"] as const) {
      notes.skip(name, "The registration serves every site of Jira Cloud; name one to have it looked at.");
    }
  }
  const version = reached?.version;
  const about = { flavor, version, site: base, registration };
  if (!notes.cause) await examineRegistration(parts, notes, registration, about);
  if (connection && !notes.cause) {
    const looked = { parts, notes, connection, registration, about };
    await examineState(looked);
    if (!notes.cause) await examineCalls(looked);
  }
  return notes.diagnosis(
    bare({
      target: base ?? registration.id,
      flavor,
      version,
      connection_id: connection?.id,
      registration_id: registration.id,
    }),
  );
}

type Named = {
  readonly target: string;
  readonly flavor?: Flavor | undefined;
  readonly version?: string | undefined;
  readonly connection_id?: string | undefined;
  readonly registration_id?: string | undefined;
};

function bare(named: Named): Omit<Diagnosis, "outcome" | "cause" | "steps"> {
  const kept = Object.entries(named).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Omit<Diagnosis, "outcome" | "cause" | "steps">;
}

function without(url: string): string {
  return url.replace(/\/+$/, "").toLowerCase();
}
