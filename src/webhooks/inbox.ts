import { isLatchkeyError } from "../errors.ts";
import type { FollowingParts } from "./contract.ts";

const LEASE_MS = 120_000;
const FIRST_MS = 30_000;
const LONGEST_MS = 3_600_000;
/** After so many the next look finds it, if it still matters. */
const MOST_ATTEMPTS = 8;

/** Reads one issue again for everybody who linked it, each with their own rights. */
export async function readAgain(parts: FollowingParts, id: string): Promise<void> {
  const { store, links, now, log } = parts;
  const at = now();
  const row = await store.touched.claimForOperator(id, at, at + LEASE_MS);
  if (!row) return;
  const { registration_id, site_id, issue_id } = row;
  let wait_ms: number | undefined;
  for (const { owner, id: link } of await links.findByIssue(registration_id, site_id, issue_id)) {
    try {
      await links.refresh(owner, link);
    } catch (error) {
      log.info("link_not_read", { link_id: link, error });
      const asked_ms = (isLatchkeyError(error) ? (error.retry_after_s ?? 0) : 0) * 1000;
      // What waiting does not mend is not waited for: the link says what is wrong with it.
      if (isPassing(error)) wait_ms = Math.max(wait_ms ?? 0, asked_ms, FIRST_MS * 2 ** row.attempts);
    }
  }
  if (wait_ms === undefined) return await store.touched.doneForOperator(row, now());
  if (row.attempts + 1 >= MOST_ATTEMPTS) {
    log.warn("webhook_given_up", { registration_id, issue_id, attempts: row.attempts + 1 });
    return await store.touched.giveUpForOperator(row);
  }
  await store.touched.putOffForOperator(row, now() + Math.min(wait_ms, LONGEST_MS));
}

function isPassing(error: unknown): boolean {
  return !isLatchkeyError(error) || error.retry === "later";
}
