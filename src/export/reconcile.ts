import type { Jira, Json } from "../jira/index.ts";

/** What the last run knew and this one did not find, and what is found now and nobody knew. */
export type Reconciled = {
  readonly deleted: readonly { readonly id: string; readonly reason: "gone" | "left" }[];
  readonly extra: readonly string[];
};

const PAGE = 1_000;

/**
 * Compares the ids that the question finds now with those of the last run. What is no longer found is `gone` (deleted,
 * or not to be seen any more) or has `left` the question. What came into it without being updated is read after all.
 */
export async function reconcile(
  jira: Jira,
  jql: string,
  known: ReadonlySet<number>,
  read: ReadonlySet<number>,
): Promise<Reconciled> {
  const missing = new Set(known);
  const extra: string[] = [];
  for await (const { id } of jira.search(`(${jql}) ORDER BY key ASC`, { fields: ["id"], page_size: PAGE })) {
    missing.delete(Number(id));
    if (!known.has(Number(id)) && !read.has(Number(id))) extra.push(id);
  }
  const lost = [...missing].filter((id) => !read.has(id)).map(String);
  const there = new Set<string>();
  for await (const { id } of jira.bulkFetch(lost, { fields: ["created"] })) there.add(id);
  const deleted = lost.map((id) => ({ id, reason: there.has(id) ? ("left" as const) : ("gone" as const) }));
  return { deleted: deleted.sort((a, b) => Number(a.id) - Number(b.id)), extra };
}

export const deletedRow = ({ id, reason }: { readonly id: string; readonly reason: string }): Json => ({
  issue_id: id,
  reason,
});
