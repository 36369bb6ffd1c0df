import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import { type LinkRow, newId } from "../store/index.ts";
import type { Bench } from "./bench.ts";
import { change, changeCall, standing, verdictOn } from "./change.ts";
import { sealedContent } from "./content.ts";
import { type Asked, create, creationCall, type Fitted } from "./create.ts";
import { digestOf } from "./digest.ts";
import { finish, markRequest } from "./finish.ts";
import { type FormRead, issueForm, requestForm } from "./form.ts";
import { readIdea } from "./idea.ts";
import { type Held, hold, isFree, keep, leaseUntil, release } from "./lease.ts";
import type { FieldProblem, Idea, PlannedCall, PushProblem, PushResult } from "./model.ts";
import { endsAll, problemOf } from "./outcome.ts";
import { planFor } from "./plan.ts";
import { linkBack, linkCall } from "./remote-link.ts";
import { viewOf } from "./views.ts";

/** One idea, from whatever state its link is in to one issue that says what it says. */
export async function pushOne(bench: Bench, value: unknown, options: Asked): Promise<PushResult> {
  const read = readIdea(value);
  if (read.problems) return refusal(read.id, problemOf(refused(read.problems)));
  const { idea } = read;
  const digest = digestOf(idea);
  const { id: site_id } = bench.connection.site;
  try {
    const known = await bench.store.links.findByIdea(bench.owner, site_id, idea.id);
    // What stands in Jira as it was pushed last costs no call.
    if (known && isSettled(known, digest)) return unchanged(bench, known);
    const wrong = known && misplaced(known, idea);
    if (wrong) return refusal(idea.id, problemOf(refused([wrong])));
    if (options.dry_run) return await dryRun(bench, known, await fittedFor(bench, idea, digest), options);
    return await underLease(bench, known, idea, digest, options);
  } catch (thrown) {
    if (!isLatchkeyError(thrown) || endsAll(thrown)) throw thrown;
    return refusal(idea.id, problemOf(thrown));
  }
}

function refused(problems: readonly FieldProblem[]): LatchkeyError {
  return new LatchkeyError("push_refused", undefined, { details: { problems } });
}

function refusal(idea_id: string, error: PushProblem): PushResult {
  return { idea_id, outcome: "refused", error };
}

function unchanged(bench: Bench, row: LinkRow): PushResult {
  return { idea_id: row.idea_id, outcome: "unchanged", link: viewOf(bench, row) };
}

function isSettled(row: LinkRow, digest: string): boolean {
  return row.step === "done" && row.idea_digest === digest && row.state !== "deleted" && row.error === null;
}

/** An issue is not moved by a push. */
function misplaced(row: LinkRow, idea: Idea): FieldProblem | undefined {
  if (row.issue_id === null) return undefined;
  const place = placeOf(idea);
  const problem = "The issue stands elsewhere, and a push moves none.";
  if (row.kind !== place.kind) return { field: "request", problem };
  return row.project === place.project ? undefined : { field: "project", problem, allowed: [row.project] };
}

function placeOf({ request, project, issueType }: Idea): Pick<LinkRow, "kind" | "project" | "issue_type"> {
  if (!request) return { kind: "issue", project, issue_type: issueType };
  return { kind: "request", project: request.service_desk, issue_type: request.request_type };
}

/** @throws push_refused with every field at fault */
async function fittedFor(bench: Bench, idea: Idea, digest: string): Promise<Fitted> {
  const { request, project, issueType } = idea;
  const place = request
    ? ["request", request.service_desk, request.request_type]
    : ["issue", project, issueType];
  const key = JSON.stringify([bench.connection.id, ...place]);
  const form: FormRead = await bench.forms.formFor(key, () =>
    request ? requestForm(bench.jira, request) : issueForm(bench.jira, project, issueType),
  );
  if ("problems" in form) throw refused(form.problems);
  const plan = await planFor(idea, form, bench);
  const problems = [...plan.problems];
  const named = request?.on_behalf_of;
  if (named === undefined) {
    if (problems.length > 0) throw refused(problems);
    return { idea, digest, form, plan };
  }
  const customer = await bench.people.find(named);
  if (!form.desk?.behalf) {
    const problem = "The account may not raise requests of this type for somebody else.";
    problems.push({ field: "request.on_behalf_of", problem });
  } else if (!customer)
    problems.push({ field: "request.on_behalf_of", problem: "There is no such person to be seen." });
  if (problems.length > 0 || !customer) throw refused(problems);
  const byAccount = bench.dialect.user_id === "accountId";
  return { idea, digest, form, plan, customer: byAccount ? customer.account_id : (customer.name ?? named) };
}

function newRow(bench: Bench, idea: Idea): LinkRow {
  const { owner, connection, now, random, application } = bench;
  const at = now();
  return {
    ...{ id: newId("lnk", random), owner, idea_id: idea.id, application, ...placeOf(idea) },
    ...{
      connection_id: connection.id,
      registration_id: connection.registration_id,
      site_id: connection.site.id,
    },
    ...{ step: "planned", state: "waiting", issue_id: null, issue_key: null, issue_url: null },
    ...{ idea_digest: null, pushed: null, intent_at: null, recheck_at: null, fence: 0, generation: 0 },
    ...{ lease_owner: null, lease_until: null, status: null, status_category: null, resolution: null },
    ...{ assignee_id: null, comment_id: null, sealed_content: null, error: null },
    ...{ pushed_at: null, seen_at: null, created_at: at, updated_at: at },
  };
}

/** The row of the idea, held by this call: made here, or waited for. */
async function heldFor(bench: Bench, known: LinkRow | undefined, idea: Idea, options: Asked): Promise<Held> {
  const { store, owner, connection, limits, holder, now } = bench;
  if (!known) {
    const lease = { lease_owner: holder(), lease_until: leaseUntil(limits, now()) };
    const row = { ...newRow(bench, idea), ...lease };
    await store.links.insert(row);
    const there = await store.links.findByIdea(owner, connection.site.id, idea.id);
    if (there?.id === row.id) return { row: there };
    if (!there) throw new LatchkeyError("push_under_way");
    return await hold(bench, owner, there.id, options.patience_ms ?? 60_000, options.signal);
  }
  return await hold(
    bench,
    owner,
    known.id,
    isFree(known, now()) ? 1_000 : (options.patience_ms ?? 60_000),
    options.signal,
  );
}

async function underLease(
  bench: Bench,
  known: LinkRow | undefined,
  idea: Idea,
  digest: string,
  options: Asked,
): Promise<PushResult> {
  const fitted = await fittedFor(bench, idea, digest).catch((thrown: unknown) =>
    known ? thrown : Promise.reject(thrown),
  );
  const held = await heldFor(bench, known, idea, options);
  try {
    // Whoever held it before may have done the work.
    if (isSettled(held.row, digest)) return unchanged(bench, held.row);
    if (!("plan" in (fitted as object))) throw fitted;
    return await carryOut(bench, held, fitted as Fitted, options);
  } catch (thrown) {
    if (!isLatchkeyError(thrown)) throw thrown;
    const problem = problemOf(thrown, (fitted as Partial<Fitted>).plan?.fields);
    await noteFailure(bench, held, problem, idea).catch(() => {});
    if (endsAll(thrown)) throw thrown;
    return { idea_id: idea.id, outcome: "refused", link: viewOf(bench, held.row), error: problem };
  } finally {
    await release(bench, held);
  }
}

/** The row says why; what was on its way stays on its way. */
async function noteFailure(bench: Bench, held: Held, problem: PushProblem, idea: Idea): Promise<void> {
  if (problem.code === "push_under_way") return;
  const waits = held.row.step === "sending" || held.row.state === "deleted";
  await keep(bench, held, {
    ...(waits ? {} : { state: "failed" }),
    error: JSON.stringify({ ...problem, at: bench.now() }),
    ...(held.row.sealed_content === null ? sealedContent(bench, held.row, { idea }) : {}),
  });
}

async function carryOut(bench: Bench, held: Held, fitted: Fitted, options: Asked): Promise<PushResult> {
  const { connection, idea_id } = { connection: bench.connection, idea_id: fitted.idea.id };
  const place = held.row.step === "planned" ? placeOf(fitted.idea) : {};
  if (held.row.step !== "sending") {
    await keep(bench, held, {
      connection_id: connection.id,
      registration_id: connection.registration_id,
      ...place,
    });
  }
  let made = false;
  if (held.row.step === "planned" || held.row.step === "sending") {
    await create(bench, held, fitted, options);
    made = true;
  }
  // An issue of an earlier sending says what the idea said then.
  const same = held.row.idea_digest === fitted.digest;
  if (held.row.step === "created") {
    made = true;
    await markRequest(bench, held, fitted);
    if (same) {
      await finish(bench, held, fitted, { sent: fitted.plan.fields });
      return { idea_id, outcome: "created", link: viewOf(bench, held.row) };
    }
  }
  const { send, differs } = await change(bench, held, fitted, options);
  const outcome = made ? "created" : send.length > 0 || differs.length === 0 ? "updated" : "unchanged";
  return {
    ...{ idea_id, outcome, link: viewOf(bench, held.row) },
    ...(differs.length > 0 ? { differs } : {}),
  };
}

/** What would be sent, with nothing written here or there. */
async function dryRun(
  bench: Bench,
  known: LinkRow | undefined,
  fitted: Fitted,
  options: Asked,
): Promise<PushResult> {
  const { idea } = fitted;
  const row = known ?? newRow(bench, idea);
  const link = linkBack(row, idea, bench.icon_url);
  const back = (issue: string): PlannedCall[] => (link ? [linkCall(bench.jira, issue, link)] : []);
  if (row.issue_id === null) {
    const calls = [creationCall(bench, row, fitted), ...back("{id of the new issue}")];
    return { idea_id: idea.id, outcome: "would_create", calls };
  }
  const held = { row };
  const verdict = verdictOn(held, fitted, await standing(bench, held, fitted), options);
  const call = changeCall(bench, held, fitted, verdict);
  return {
    ...{ idea_id: idea.id, outcome: "would_update", link: viewOf(bench, row) },
    ...(verdict.differs.length > 0 ? { differs: verdict.differs } : {}),
    calls: [...(call ? [call] : []), ...back(row.issue_id)],
  };
}
