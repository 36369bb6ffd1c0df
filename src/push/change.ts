import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import type { IssueJson, Json } from "../jira/index.ts";
import type { Bench } from "./bench.ts";
import { judge, type Verdict } from "./compare.ts";
import type { Fitted } from "./create.ts";
import { finish, pushedOf, readIssue } from "./finish.ts";
import { type Held, keep } from "./lease.ts";
import { markerOf, propertyOf } from "./marker.ts";
import type { PlannedCall, PushOptions } from "./model.ts";

/** @throws push_issue_gone */
export async function standing(bench: Bench, held: Held, fitted: Fitted): Promise<IssueJson> {
  try {
    return await readIssue(bench, held.row.issue_id!, fitted.plan.fields);
  } catch (thrown) {
    if (!isLatchkeyError(thrown) || thrown.code !== "jira_not_found") throw thrown;
    throw new LatchkeyError("push_issue_gone", undefined, { cause: thrown });
  }
}

/** The change as it is sent; `undefined` where nothing is to be written. */
export function changeCall(
  bench: Bench,
  held: Held,
  fitted: Fitted,
  { send }: Verdict,
): PlannedCall | undefined {
  if (send.length === 0) return undefined;
  const fields = Object.fromEntries(send.map(({ id, value }) => [id, value]));
  const properties = [propertyOf(bench.jira, markerOf(held.row, fitted.digest))];
  const path = bench.jira.api(`/issue/${encodeURIComponent(held.row.issue_id!)}`);
  return { method: "PUT", path, json: { fields, properties } };
}

export function verdictOn(held: Held, fitted: Fitted, issue: IssueJson, options: PushOptions): Verdict {
  return judge(fitted.plan.fields, pushedOf(held), (issue.fields ?? {}) as Json, options);
}

/** Brings the issue up to date, field by field. @throws push_issue_gone, and Jira's refusals */
export async function change(
  bench: Bench,
  held: Held,
  fitted: Fitted,
  options: PushOptions,
): Promise<Verdict> {
  let issue: IssueJson;
  try {
    issue = await standing(bench, held, fitted);
  } catch (thrown) {
    if (isLatchkeyError(thrown) && thrown.code === "push_issue_gone") {
      await keep(bench, held, { state: "deleted", seen_at: bench.now() });
    }
    throw thrown;
  }
  const verdict = verdictOn(held, fitted, issue, options);
  const call = changeCall(bench, held, fitted, verdict);
  // The same values once more change nothing.
  if (call) await bench.jira.request({ ...call, repeatable: true });
  await finish(bench, held, fitted, {
    sent: verdict.send,
    settled: verdict.settled,
    differs: verdict.differs,
  });
  return verdict;
}
