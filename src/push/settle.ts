import type { Json } from "../jira/index.ts";
import { pause } from "../jira/index.ts";
import { isUniqueViolation } from "../store/index.ts";
import type { Bench } from "./bench.ts";
import { openContent, sealedContent } from "./content.ts";
import { type Held, keep, leaseUntil } from "./lease.ts";
import type { PushOptions } from "./model.ts";
import { type Marked, ofLink, recentIssues } from "./recent.ts";
import { issueUrl } from "./seen.ts";

/** What became of a creation whose answer never came. */
export type Settled = "found" | "nothing" | { readonly open_until: number };

const FIRST_MS = 200;
const LONGEST_MS = 5_000;

/**
 * Looks for the issue of a creation with an unknown outcome, again and again until search has had its time: only an
 * issue that a reading begun after that does not show was never made.
 */
export async function settle(
  bench: Bench,
  held: Held,
  options: PushOptions,
  says?: (fields: Json) => boolean,
): Promise<Settled> {
  const { now, limits, wait = pause } = bench;
  const began = now();
  const patience_ms = options.patience_ms ?? 60_000;
  for (let ms = FIRST_MS; ; ms = Math.min(LONGEST_MS, ms * 2)) {
    const known_at = (held.row.intent_at ?? 0) + limits.index_lag_ms;
    const asked = now();
    const found = await issuesOf(bench, held, says);
    if (await adopt(bench, held, found)) return "found";
    if (asked >= known_at) {
      const later = now() + limits.index_lag_ms;
      await keep(bench, held, { step: "planned", intent_at: null, recheck_at: later });
      return "nothing";
    }
    if (now() - began >= patience_ms) return { open_until: known_at };
    await wait(Math.max(1, Math.min(ms, known_at - now())), options.signal);
    await keep(bench, held, { lease_until: leaseUntil(limits, now()) });
  }
}

async function issuesOf(bench: Bench, { row }: Held, says?: (fields: Json) => boolean): Promise<Marked[]> {
  const { connection, owner, readings, limits } = bench;
  const { id: site_id } = connection.site;
  const project = row.kind === "issue" ? row.project : undefined;
  const since = (row.intent_at ?? row.created_at) - limits.send_ms - limits.index_lag_ms;
  const place = { project, anybody: row.connection_id !== connection.id };
  const key = JSON.stringify([connection.id, place]);
  const recent = await readings(key, since, (from) =>
    recentIssues({ ...bench, owner, site_id }, place, from),
  );
  return ofLink(recent, row, says);
}

/** The earliest is the idea's issue; further ones are told of. */
async function adopt(bench: Bench, held: Held, found: readonly Marked[]): Promise<boolean> {
  for (const [at, issue] of found.entries()) {
    const { id, key } = issue;
    const others = found.slice(at + 1).map((one) => one.key);
    const content = openContent(bench, held.row);
    try {
      await keep(bench, held, {
        ...{ step: "created", issue_id: id, issue_key: key, intent_at: null },
        issue_url: issueUrl(bench.connection.site.url, key),
        ...(content && others.length > 0
          ? sealedContent(bench, held.row, { ...content, duplicates: others })
          : {}),
      });
      bench.log.info("push_outcome_found", { link: held.row.id, issue: id });
      return true;
    } catch (thrown) {
      // Another idea that says the same has it for its own.
      if (!isUniqueViolation(thrown)) throw thrown;
    }
  }
  return false;
}

/** Looks once more for second issues of an idea that was created after an unknown outcome. */
export async function recheck(bench: Bench, held: Held): Promise<boolean> {
  const { row } = held;
  if (row.recheck_at === null || row.recheck_at > bench.now() || row.issue_id === null) return false;
  const others = (await issuesOf(bench, held)).filter(({ id }) => id !== row.issue_id).map(({ key }) => key);
  const content = openContent(bench, row);
  if (others.length === 0 || !content) {
    await keep(bench, held, { recheck_at: null });
    return false;
  }
  bench.log.warn("push_duplicate_found", { link: row.id, issues: others.length });
  await keep(bench, held, {
    ...{ recheck_at: null, state: "duplicate" },
    ...sealedContent(bench, row, { ...content, duplicates: others }),
  });
  return true;
}
