import { isLatchkeyError } from "../errors.ts";
import type { Jira } from "../jira/index.ts";
import type { FollowChange, FollowRow } from "../store/index.ts";
import type { Connection } from "../vault/index.ts";
import type { FollowingParts } from "./contract.ts";
import { addressOf } from "./hooks.ts";
import { nextPace, poll, SAMPLE_S, SOONEST_S } from "./poll.ts";
import {
  filterFor,
  type Registered,
  register,
  registered,
  renew,
  takeBack,
  type Wanted,
} from "./register.ts";
import { wayFor } from "./way.ts";

const MINUTE_MS = 60_000;
/** Where looking costs Jira nothing: a person may have connected again, or allowed more. */
const SOON_MS = 15 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const LEASE_MS = 10 * MINUTE_MS;
const LIFE_MS = 30 * DAY_MS;
/** A webhook with less left than this is renewed: ten chances before it ends. */
const RENEW_MS = 10 * DAY_MS;
/** A second silence so soon after the first is no accident. */
const PATIENCE_MS = 7 * DAY_MS;
const MOST_PROJECTS = 50;
const END_MS = 5_000;

/** Looks at one connection: is Jira still going to tell of changes, and has anything changed that it did not tell. */
export async function look(parts: FollowingParts, owner: string, id: string): Promise<void> {
  const { store, now } = parts;
  const connection = await connectionOf(parts, owner, id);
  if (connection) await store.follows.insert(fresh(connection, now()));
  const at = now();
  const row = await store.follows.claimForOperator(id, at, at + LEASE_MS);
  if (!row) return;
  if (!connection) return await store.follows.removeForOperator(id);
  const write = async (change: FollowChange) => {
    const kept = await store.follows.changeForOperator(id, row.fence, { ...change, updated_at: now() });
    if (kept) Object.assign(row, change);
    return kept;
  };
  try {
    if (connection.state !== "active") {
      await write({ due_at: at + SOON_MS, poll_at: at + SOON_MS });
      return;
    }
    const jira = await parts.jiraFor(owner, id);
    const projects = await projectsOf(parts, id);
    if (projects === undefined) return await part(parts, jira, row);
    if (row.due_at <= at) await settle({ parts, jira, connection, row, write, projects });
    if (row.poll_at <= at) await lookForChanges({ parts, jira, row, write });
  } catch (error) {
    const put_off = { due_at: Math.max(row.due_at, now() + 5 * MINUTE_MS), poll_at: now() + 5 * MINUTE_MS };
    await write(put_off);
    throw error;
  } finally {
    await write({ lease_until: null });
  }
}

type Task = {
  readonly parts: FollowingParts;
  readonly jira: Jira;
  /** As it stands in the database, kept up with what is written. */
  readonly row: FollowRow;
  readonly write: (change: FollowChange) => Promise<boolean>;
};
type Settling = Task & { readonly connection: Connection; readonly projects: readonly string[] };

async function connectionOf(
  { vault }: FollowingParts,
  owner: string,
  id: string,
): Promise<Connection | undefined> {
  try {
    return await vault.connections.get(owner, id);
  } catch (error) {
    if (isLatchkeyError(error) && error.code === "not_found") return undefined;
    throw error;
  }
}

function fresh({ id, owner, registration_id, site }: Connection, at: number): FollowRow {
  return {
    ...{ id, owner, registration_id, site_id: site.id, mode: "poll", reason: "not_looked_yet" },
    ...{ says: null, webhook_id: null, webhook: null, intent_at: null, expires_at: null },
    ...{ due_at: at, poll_at: at, poll_every_s: SOONEST_S, polled_at: null, heard_at: null },
    ...{ missed: 0, silent_at: null, lease_until: null, fence: 0, created_at: at, updated_at: at },
  };
}

/** Keys of the projects its issues are in; `undefined` where there is no issue. */
async function projectsOf({ store }: FollowingParts, id: string): Promise<readonly string[] | undefined> {
  const keys = new Set<string>();
  const page = 1000;
  for (let after = ""; ; ) {
    const issues = await store.follows.issuesForOperator(id, after, page);
    if (after === "" && issues.length === 0) return undefined;
    for (const { issue_key } of issues) {
      const project = /^([A-Z][A-Z0-9_]*)-\d+$/.exec(issue_key ?? "")?.[1];
      if (project !== undefined) keys.add(project);
    }
    if (issues.length < page) return [...keys];
    after = issues[page - 1]!.id;
  }
}

/** Nothing is linked any more: what was registered is taken back, and the row goes. */
async function part({ store, log }: FollowingParts, jira: Jira, row: FollowRow): Promise<void> {
  if (row.webhook_id !== null) await takeBack(jira, row.webhook_id);
  await store.follows.removeForOperator(row.id);
  log.info("follow_ended", { connection_id: row.id });
}

/** Brings the way by which changes become known in line with what is possible now. */
async function settle(task: Settling): Promise<void> {
  const { parts, row, write, connection, projects } = task;
  const { store, public_url, now, log } = parts;
  const hooks = await store.hooks.listForOperator(row.registration_id);
  const way = wayFor(connection, public_url, hooks);
  if (way.mode === "app" && projects.length > MOST_PROJECTS) return await ask(task, "too_many_projects");
  if (way.mode === "poll") return await ask(task, way.reason);
  if (way.mode === "admin") {
    const silent = row.missed > 0 || (row.reason === "silent" && (row.heard_at ?? 0) <= (row.silent_at ?? 0));
    if (silent) return await ask(task, "silent");
    if (row.mode !== "admin") log.info("follow_told", { connection_id: row.id, mode: "admin" });
    await drop(task);
    await write({ mode: "admin", reason: null, says: null, missed: 0, due_at: now() + DAY_MS });
    return;
  }
  await keepRegistered(task, { url: addressOf(public_url, row.registration_id), jql: filterFor(projects) });
}

/** From now on Jira is asked, since it does not tell. */
async function ask(task: Settling, reason: NonNullable<FollowRow["reason"]>, says?: string): Promise<void> {
  const { parts, row, write } = task;
  const at = parts.now();
  await drop(task);
  if (row.mode !== "poll" || row.reason !== reason)
    parts.log.info("follow_asks", { connection_id: row.id, reason });
  const again: Partial<Record<typeof reason, number>> = {
    refused: 6 * HOUR_MS,
    failed: 5 * MINUTE_MS,
    silent: DAY_MS,
  };
  await write({
    ...{ mode: "poll", reason, says: says ?? null, missed: 0, intent_at: null },
    ...(reason === "silent" && { silent_at: at }),
    due_at: at + (again[reason] ?? SOON_MS),
    ...(row.mode !== "poll" && { poll_at: at, poll_every_s: SOONEST_S }),
  });
}

/** Takes our own webhook back, where there is one. */
async function drop({ jira, row, write }: Task): Promise<void> {
  if (row.webhook_id === null) return;
  await takeBack(jira, row.webhook_id);
  await write({ webhook_id: null, webhook: null, expires_at: null });
}

async function keepRegistered(task: Settling, wanted: Wanted): Promise<void> {
  const { parts, jira, row, write } = task;
  const { now, log } = parts;
  const at = now();
  const silent = row.missed > 0;
  if (silent) {
    log.warn("webhook_silent", { connection_id: row.id, missed: row.missed });
    if (row.silent_at !== null && row.silent_at > at - PATIENCE_MS) return await ask(task, "silent");
  }
  const known = await registered(jira);
  const same = row.webhook === JSON.stringify(wanted);
  const ours = await oursAmong(task, known, wanted);
  if (ours && same && !silent) {
    const left = (ours.expires_at ?? row.expires_at ?? at) - at;
    const expires_at = left < RENEW_MS ? await renew(jira, ours.id, at) : at + left;
    await write({
      ...{ mode: "app", reason: null, says: null, webhook_id: ours.id, intent_at: null },
      ...{ expires_at, due_at: at + DAY_MS, poll_every_s: SAMPLE_S },
    });
    return;
  }
  if (ours) await takeBack(jira, ours.id);
  await write({ intent_at: at, webhook: JSON.stringify(wanted), webhook_id: null, expires_at: null });
  const made = await attempt(jira, wanted);
  if ("says" in made) return await ask(task, made.reason, made.says);
  log.info("follow_told", { connection_id: row.id, mode: "app", webhook_id: made.id });
  await write({
    ...{ mode: "app", reason: null, says: null, webhook_id: made.id, intent_at: null, missed: 0 },
    ...(silent && { silent_at: at }),
    expires_at: at + LIFE_MS,
    due_at: at + DAY_MS,
    poll_every_s: SAMPLE_S,
  });
}

/** Ours at Jira; also one whose registration was under way when this process ended, which nobody else holds. */
async function oursAmong(
  { parts, row }: Task,
  known: readonly Registered[],
  wanted: Wanted,
): Promise<Registered | undefined> {
  const mine = known.find(({ id }) => id === row.webhook_id);
  if (mine || row.intent_at === null) return mine;
  const held = await parts.store.follows.webhookIdsForOperator(row.site_id);
  return known.find(({ id, jql }) => jql === wanted.jql && !held.has(id));
}

async function attempt(
  jira: Jira,
  wanted: Wanted,
): Promise<{ readonly id: number } | { readonly reason: "refused" | "failed"; readonly says: string }> {
  try {
    const made = await register(jira, wanted);
    return "id" in made ? made : { reason: "refused", says: made.says };
  } catch (error) {
    if (!isLatchkeyError(error) || error.origin !== "jira") throw error;
    const { errorMessages } = (error.details.jira ?? {}) as { errorMessages?: readonly string[] };
    const refused = error.retry !== "later";
    return { reason: refused ? "refused" : "failed", says: (errorMessages?.[0] ?? "").slice(0, 300) };
  }
}

async function lookForChanges({ parts, jira, row, write }: Task): Promise<void> {
  const at = parts.now();
  const { changed, missed } = await poll(parts, row, jira);
  const poll_every_s = nextPace(row, changed);
  await write({
    ...{ polled_at: at, poll_every_s, poll_at: at + poll_every_s * 1000, missed },
    // A webhook that keeps silent is looked at now.
    ...(missed > 0 && { due_at: at }),
  });
}

/** Takes the webhook of a connection back, as far as Jira lets us in good time; Jira forgets it in thirty days else. */
export async function end(parts: FollowingParts, owner: string, id: string): Promise<void> {
  const { store, log } = parts;
  try {
    const row = await store.follows.get(owner, id);
    if (!row) return;
    if (row.webhook_id !== null) await takeBack(await parts.jiraFor(owner, id), row.webhook_id, END_MS);
    await store.follows.removeForOperator(id);
  } catch (error) {
    log.info("webhook_not_taken_back", { connection_id: id, error });
  }
}
