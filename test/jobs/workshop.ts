/** A hall of dances with the jobs over it, whose clock moves together with the sandbox's. */
import { onTestFinished } from "vitest";
import { createUseLog } from "../../src/handles/index.ts";
import { createJira, type Jira } from "../../src/jira/index.ts";
import { createJobs, type Jobs } from "../../src/jobs/index.ts";
import type { Flavor } from "../../src/protocol/index.ts";
import type { SandboxOptions } from "../../src/sandbox/index.ts";
import type { Connection } from "../../src/vault/index.ts";
import {
  answerOf,
  type Decision,
  decide,
  type Hall,
  newBinding,
  OWNER,
  openHall,
  personsBrowser,
  register,
} from "../connect/hall.ts";

export const DAY_S = 86_400;
export const DAY = DAY_S * 1000;

export type Workshop = Hall & {
  readonly jobs: Jobs;
  /** The client of a connection of the one owner. */
  jiraFor(id: string): Promise<Jira>;
  /** Moves both clocks. */
  pass(seconds: number): void;
  connect_to(flavor: Flavor, decision?: Decision): Promise<Connection>;
  /** Events of a type, oldest first, with their data. */
  told(type: string): Promise<{ at: number; connection_id: string | null; data: Record<string, unknown> }[]>;
  /** Exchanges the sandbox has seen at its token endpoints since the last call. */
  renewals(): number;
};

export async function openWorkshop(options: SandboxOptions = {}): Promise<Workshop> {
  const hall = await openHall(options);
  const { vault, store, transport, log, now, sandbox } = hall;
  const random = (bytes: number) => new Uint8Array(crypto.getRandomValues(new Uint8Array(bytes)));
  const jiraFor = async (owner: string, id: string) => {
    const { flavor, site } = await vault.connections.get(owner, id);
    return createJira({
      flavor,
      api_base_url: site.api_base_url,
      site_url: site.url,
      credentials: {
        current: () => vault.credentialFor(owner, id),
        rejected: (token_id) => vault.rejected(owner, id, token_id),
      },
      ...{ transport, now, random, log },
    });
  };
  const uses = createUseLog({ store, vault, log, now, random });
  const parts = { vault, store, uses, connect: hall.connect, transport, log, now, random, jiraFor };
  const jobs = createJobs({ ...parts, database_url: "" });
  onTestFinished(async () => {
    await jobs.close();
    await uses.close();
    await hall.close();
  });
  let counted = 0;
  return {
    ...hall,
    jobs,
    jiraFor: (id) => jiraFor(OWNER, id),
    pass(seconds) {
      hall.clock.ahead_ms += seconds * 1000;
      sandbox.control.advance(seconds);
    },
    async connect_to(flavor, decision = {}) {
      const [known] = (await vault.registrations.listForOperator()).filter((one) => one.flavor === flavor);
      const registration_id = known?.id ?? (await register(hall, flavor));
      const binding = newBinding();
      const begun = await hall.connect.begin({ owner: OWNER, registration_id, binding });
      const params = answerOf(await decide(personsBrowser(), begun.authorize_url, decision));
      const completion = await hall.connect.complete({ registration_id, params, binding });
      if (completion.kind !== "connected") throw new Error(`It ended as ${completion.kind}.`);
      counted = tokenRequests(hall);
      return completion.connection;
    },
    async told(type) {
      const rows = await store.events.list(OWNER, { type });
      return rows
        .reverse()
        .map(({ at, connection_id, data }) => ({ at, connection_id, data: JSON.parse(data) }));
    },
    renewals() {
      const seen = tokenRequests(hall);
      const since = seen - counted;
      counted = seen;
      return since;
    },
  };
}

function tokenRequests({ sandbox }: Hall): number {
  const paths = /\/(oauth\/token|rest\/oauth2\/latest\/token|plugins\/servlet\/oauth\/access-token)$/;
  return sandbox.control.requests().filter(({ path }) => paths.test(path.split("?")[0] ?? "")).length;
}
