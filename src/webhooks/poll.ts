import type { Jira } from "../jira/index.ts";
import type { Followed, FollowRow } from "../store/index.ts";
import type { FollowingParts } from "./contract.ts";

const PAGE = 100;
const DAY_MS = 86_400_000;
/** Where the last reading and the change were this close, the clocks may tell their order wrongly. */
const SKEW_MS = 300_000;
/** Jira's slower webhooks take a quarter of an hour. */
const GRACE_MS = 1_200_000;

export const SOONEST_S = 60;
const LATEST_S = 900;
/** Where Jira tells, it is asked seldom: to see that it does. */
export const SAMPLE_S = 1_800;

export type Looked = { readonly changed: number; readonly missed: number };

/** Asks when each linked issue was changed last, and has those read again where that is news. */
export async function poll(parts: FollowingParts, row: FollowRow, jira: Jira): Promise<Looked> {
  const { store, now } = parts;
  const { registration_id, site_id } = row;
  const looked = { changed: 0, missed: 0 };
  for (let after = ""; ; ) {
    const page = await store.follows.issuesForOperator(row.id, after, PAGE);
    // What was gone is asked for once a day: it may be shown to the account again.
    const asked = page.filter(({ gone, seen_at }) => !gone || (seen_at ?? 0) < now() - DAY_MS);
    const updated = await lastChanges(jira, asked);
    const marks = await store.follows.marksForOperator(asked.map(({ id }) => id));
    const news = asked.filter((one) => isNews(one, updated.get(one.issue_id), marks.get(one.id)));
    looked.changed += news.length;
    looked.missed += news.filter((one) => wasMissed(row, one, updated.get(one.issue_id), now())).length;
    // Both or neither: a mark without its reading would hide the change.
    await store.transaction(async (tx) => {
      for (const { issue_id } of news)
        await tx.touched.tellForOperator({ registration_id, site_id, issue_id }, now());
      await tx.follows.markForOperator(
        asked.flatMap(({ id, issue_id }) => {
          const at = updated.get(issue_id);
          return at === undefined ? [] : [{ id, updated: at }];
        }),
      );
    });
    if (page.length < PAGE) return looked;
    after = page[PAGE - 1]!.id;
  }
}

async function lastChanges(jira: Jira, asked: readonly Followed[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const ids = asked.map(({ issue_id }) => issue_id);
  for await (const { id, fields } of jira.bulkFetch(ids, { fields: ["updated"] })) {
    const updated = fields?.updated;
    // Without a time of change every look is news: to be read is better than to be missed.
    found.set(id, typeof updated === "string" ? updated : "");
  }
  return found;
}

/** An issue that is not among the answers is deleted, moved out of sight, or was never visible: reading it tells which. */
function isNews(one: Followed, updated: string | undefined, mark: string | undefined): boolean {
  if (updated === undefined) return !one.gone;
  if (one.gone || updated === "") return true;
  if (updated === mark) return false;
  return one.seen_at === null || one.seen_at < Date.parse(updated) + SKEW_MS;
}

/** Whether a webhook should have told of it: an old change, since the last look, and nobody has read the issue after. */
function wasMissed(row: FollowRow, one: Followed, updated: string | undefined, now: number): boolean {
  const { mode, polled_at, poll_every_s } = row;
  const at = Date.parse(updated ?? "");
  if (mode === "poll" || polled_at === null || Number.isNaN(at)) return false;
  // While nobody looked, nobody may have listened either.
  if (now - polled_at > 2 * poll_every_s * 1000 + GRACE_MS) return false;
  return at > polled_at - GRACE_MS && at < now - GRACE_MS && (one.seen_at ?? 0) < at - SKEW_MS;
}

/** Sooner where there is news, ever later where there is none. Seconds. */
export function nextPace(row: Pick<FollowRow, "mode" | "poll_every_s">, changed: number): number {
  if (row.mode !== "poll") return SAMPLE_S;
  if (changed > 0) return SOONEST_S;
  return Math.min(LATEST_S, Math.max(SOONEST_S, Math.round(row.poll_every_s * 1.5)));
}
