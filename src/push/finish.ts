import type { IssueJson, Json } from "../jira/index.ts";
import type { Bench } from "./bench.ts";
import { oursOf, type Pushed, theirsOf } from "./compare.ts";
import { openContent, sealedContent } from "./content.ts";
import type { Fitted } from "./create.ts";
import { digestOf } from "./digest.ts";
import { type Held, keep } from "./lease.ts";
import { markerOf, PROPERTY } from "./marker.ts";
import type { Difference } from "./model.ts";
import type { PlannedField } from "./plan.ts";
import { linkBack } from "./remote-link.ts";
import { SEEN_FIELDS, seenIn } from "./seen.ts";

/** The place of the remote link's digest among those of the fields. */
const LINK = "remote link";

export function pushedOf({ row }: Held): Pushed {
  return row.pushed === null ? {} : (JSON.parse(row.pushed) as Pushed);
}

export function readIssue(
  bench: Bench,
  id: string,
  fields: readonly { readonly id: string }[],
): Promise<IssueJson> {
  return bench.jira.issue(id, { fields: [...new Set([...SEEN_FIELDS, ...fields.map((field) => field.id)])] });
}

/** Puts the link back to the idea, unless the one that stands there says the same. */
export async function putLinkBack(bench: Bench, held: Held, { idea }: Pick<Fitted, "idea">): Promise<Pushed> {
  const link = linkBack(held.row, idea, bench.icon_url);
  if (!link) return {};
  const ours = digestOf(link);
  if (pushedOf(held)[LINK]?.ours !== ours) await bench.jira.remoteLinks(held.row.issue_id!).put(link);
  return { [LINK]: { ours } };
}

export type Written = {
  /** What was sent just now. */
  readonly sent: readonly PlannedField[];
  /** What is remembered of other fields. */
  readonly settled?: Pushed;
  readonly differs?: readonly Difference[];
};

/** Reads what Jira made of it, and closes the push. */
export async function finish(bench: Bench, held: Held, fitted: Fitted, written: Written): Promise<void> {
  const { sent, settled = {}, differs = [] } = written;
  const link = await putLinkBack(bench, held, fitted);
  const issue = await readIssue(bench, held.row.issue_id!, fitted.plan.fields);
  const values = (issue.fields ?? {}) as Json;
  const now_theirs = Object.fromEntries(
    sent.map((field) => [field.id, { ours: oursOf(field), theirs: theirsOf(field.id, values) }]),
  );
  const { change, summary, assignee } = seenIn(bench, held.row, issue);
  const before = openContent(bench, held.row);
  const whole = differs.length === 0;
  const duplicates = before?.duplicates ?? [];
  await keep(bench, held, {
    ...change,
    step: "done",
    state: whole ? (duplicates.length > 0 ? "duplicate" : "ok") : "differs",
    // Only what stands in Jira whole is not looked at again.
    idea_digest: whole ? fitted.digest : null,
    pushed: JSON.stringify({ ...pushedOf(held), ...settled, ...now_theirs, ...link }),
    pushed_at: bench.now(),
    error: null,
    ...sealedContent(bench, held.row, {
      idea: fitted.idea,
      ...(summary === undefined ? {} : { summary }),
      ...(assignee === undefined ? {} : { assignee }),
      ...(whole ? {} : { differs }),
      ...(duplicates.length > 0 ? { duplicates } : {}),
      ...(before?.comments ? { comments: before.comments } : {}),
    }),
  });
}

/** A request takes no property with its creation; an issue that was found may lack nothing, and gets the same. */
export async function markRequest(bench: Bench, held: Held, { digest }: Fitted): Promise<void> {
  if (held.row.kind !== "request") return;
  await bench.jira.issueProperties(held.row.issue_id!).set(PROPERTY, markerOf(held.row, digest));
}
