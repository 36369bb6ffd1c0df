import { isLatchkeyError } from "../errors.ts";
import type { FamilyRow } from "../store/index.ts";
import type { Job, JobParts } from "./job.ts";
import { createPace } from "./pace.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** What says nothing against the family, but something about where its tokens come from. */
function isOfTheEndpoint(failure: unknown): boolean {
  if (!isLatchkeyError(failure)) return false;
  const { origin, code } = failure;
  if (code === "registration_suspended") return true;
  return origin === "network" || origin === "authorization-server" || origin === "jira";
}

/**
 * Renews families that nobody uses, well before they would go idle, and access tokens of OAuth 1.0a before their
 * end. One that failed is tried again in an hour; an endpoint in trouble is left alone by all of its families.
 */
export function keepAlive(parts: JobParts): Job {
  const { store, vault, now } = parts;
  const pace = createPace(parts);
  /** Unless somebody else has renewed it meanwhile, or nothing renews it any more. */
  const put_off = async ({ owner, id, generation }: FamilyRow, by_ms: number): Promise<void> => {
    const row = await store.families.get(owner, id);
    if (row?.generation !== generation || row.keep_alive_at === null) return;
    await store.families.update(owner, id, { keep_alive_at: now() + by_ms });
  };
  return {
    name: "keep_alive",
    every_s: 300,
    concurrency: 4,
    lease_s: 60,
    shared: true,
    async due(limit) {
      // A copied vault renews nothing; all of it would fail, again and again.
      if (await vault.quarantine()) return [];
      return await store.families.keepAliveForOperator(now(), { limit, except: pace.paused() });
    },
    async run({ owner, id }) {
      const row = await store.families.get(owner, id);
      // Whoever used it meanwhile has renewed it.
      if (row?.state !== "active" || row.keep_alive_at === null || row.keep_alive_at > now()) return;
      const { registration_id, generation } = row;
      if (pace.paused().includes(registration_id)) return;
      try {
        const family = await vault.families.renew(owner, id);
        pace.went(registration_id);
        if (family.generation === generation) await put_off(row, DAY_MS);
      } catch (failure) {
        // A death is an answer.
        if (isLatchkeyError(failure) && failure.code === "connection_dead") return pace.went(registration_id);
        if (isOfTheEndpoint(failure)) pace.failed(registration_id, failure);
        await put_off(row, HOUR_MS);
        throw failure;
      }
    },
  };
}
