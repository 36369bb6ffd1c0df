/** A doctor on real ground: a sandbox Jira, a vault, real dances; and ways to break each of them. */
import { randomBytes } from "node:crypto";
import { createDoctor, type Diagnosis, type Doctor, readSeen } from "../../src/doctor/index.ts";
import type { Flavor } from "../../src/protocol/index.ts";
import { createRecorder } from "../../src/recorder/index.ts";
import type { RegistrationInput } from "../../src/vault/index.ts";
import {
  answerOf,
  decide,
  type Hall,
  newBinding,
  OWNER,
  openHall,
  personsBrowser,
  register,
} from "../connect/hall.ts";

export type Surgery = {
  readonly hall: Hall;
  readonly doctor: Doctor;
  /** A registration of its own, proven by nobody yet. */
  registered(flavor: Flavor, change?: Partial<RegistrationInput>): Promise<string>;
  /** A connection that works, of a registration of its own unless one is named. */
  connected(flavor: Flavor, registration_id?: string): Promise<string>;
  /** Dances up to the answer and hands it to Latchkey, whatever comes of it. */
  dance(registration_id: string, upset?: Upset): Promise<unknown>;
  examine(connection_id: string): Promise<Diagnosis>;
  examineRegistration(registration_id: string): Promise<Diagnosis>;
  /** Everything as at the beginning, connections and registrations aside. */
  heal(): void;
  close(): Promise<void>;
};

export type Upset = {
  readonly press?: "approve" | "deny";
  /** Between the approval and the exchange. */
  readonly before?: () => void | Promise<void>;
  readonly reconnect?: string;
};

export async function openSurgery(): Promise<Surgery> {
  const hall = await openHall();
  const recorder = createRecorder({ ...hall, random: randomBytes });
  const { connect } = hall;
  const doctor = createDoctor({
    ...hall,
    random: randomBytes,
    check: (registration_id) => connect.check({ registration_id }),
    discover: connect.discover,
    latest: recorder.latestTrouble,
    callbackUrl: (id) => `http://localhost:8080/callback/${id}`,
  });
  let count = 0;
  const surgery: Surgery = {
    hall,
    doctor,
    registered(flavor, change = {}) {
      count += 1;
      return register(hall, flavor, { id: `patient-${count}`, ...change });
    },
    async connected(flavor, named) {
      const registration_id = named ?? (await surgery.registered(flavor));
      const completion = await surgery.dance(registration_id);
      const done = completion as { kind?: string; connection?: { id: string } };
      if (done.kind !== "connected") throw new Error(`Not connected: ${JSON.stringify(completion)}`);
      return done.connection!.id;
    },
    async dance(registration_id, upset = {}) {
      const binding = newBinding();
      try {
        const { reconnect } = upset;
        const input = { owner: OWNER, registration_id, binding, ...(reconnect && { reconnect }) };
        const begun = await connect.begin(input);
        const decision = upset.press ? { press: upset.press } : {};
        const params = answerOf(await decide(personsBrowser(), begun.authorize_url, decision));
        await upset.before?.();
        return await connect.complete({ registration_id, params, binding, owner: OWNER });
      } catch (error) {
        return error;
      }
    },
    examine: (id) => doctor.examine({ connection: { owner: OWNER, id } }),
    examineRegistration: (id) => doctor.examine({ registration: { owner: OWNER, id } }),
    heal() {
      hall.sandbox.control.clearFaults();
      hall.clock.ahead_ms = 0;
      const names = [
        "https_enforced",
        "guest",
        "admin_approval",
        "access_ttl_s",
        "basic_auth",
        "dc_version",
        "dc_bucket",
      ];
      hall.sandbox.control.switches(Object.fromEntries(names.map((name) => [name, null])));
    },
    async close() {
      await recorder.close();
      await hall.close();
    },
  };
  return surgery;
}

/** What was found, in one line: for comparing. */
export function foundIn({ outcome, cause, steps }: Diagnosis): string {
  const at = steps.find((step) => step.outcome === "found")?.name;
  return cause ? `${cause.row ?? cause.code} at ${at}` : outcome;
}

/** One way to break something, and the row the doctor must name. */
export type Case = {
  readonly row: string;
  readonly as: string;
  readonly run: (surgery: Surgery) => Promise<Diagnosis>;
};

/** What the doctor makes of pasted words. */
export function saidBy({ doctor }: Surgery, text: string, flavor: Flavor): Diagnosis {
  return doctor.explain(readSeen(text, flavor));
}
