import { isLatchkeyError } from "../errors.ts";
import type { Json } from "../jira/index.ts";
import type { LinkChange, LinkRow } from "../store/index.ts";
import type { Bench } from "./bench.ts";
import { type Content, openContent, sealedContent } from "./content.ts";
import { readIssue } from "./finish.ts";
import { hold, keep, release } from "./lease.ts";
import type { PublicComment, Refreshed } from "./model.ts";
import { seenIn } from "./seen.ts";
import { recheck } from "./settle.ts";
import { viewOf } from "./views.ts";

const PATIENCE_MS = 15_000;
const MOST_COMMENTS = 20;
const FURTHEST = 500;

/** What the application is told of: no text, and of people nothing but account ids. */
function toldOf(row: LinkRow) {
  const { state, issue_key, status, status_category, resolution, assignee_id, comment_id } = row;
  return { state, issue_key, status, status_category, resolution, assignee: assignee_id, comment_id };
}

/** Reads the issue again with the connection's own rights, and tells where something moved. */
export async function refresh(bench: Bench, id: string): Promise<Refreshed> {
  const { owner, store, random, now } = bench;
  const held = await hold(bench, owner, id, PATIENCE_MS);
  try {
    const before = held.row;
    if (before.issue_id === null) return { link: viewOf(bench, before), changed: false };
    const change = await looked(bench, before);
    const after = { ...before, ...change };
    const [was, is] = [toldOf(before), toldOf(after)];
    const changed = JSON.stringify(was) !== JSON.stringify(is);
    await store.transaction(async (tx) => {
      const trial = { row: before };
      await keep({ ...bench, store: tx }, trial, change);
      if (!changed) return;
      const { connection_id, idea_id, kind, issue_id, issue_url } = after;
      const link = { id, idea_id, kind, issue_id, issue_key: after.issue_key, issue_url };
      const data = { link, before: was, now: is };
      await bench.publish(tx, random, { owner, type: "link.updated", at: now(), connection_id, data });
    });
    held.row = { ...after, updated_at: now() };
    const second = await recheck(bench, held);
    return { link: viewOf(bench, held.row), changed: changed || second };
  } finally {
    await release(bench, held);
  }
}

/** What a look brings; an issue that is gone, or hidden from the account, is told apart from a Jira that failed. */
async function looked(bench: Bench, row: LinkRow): Promise<LinkChange> {
  const content = openContent(bench, row);
  const asRequest = row.kind === "request" ? await requestSeen(bench, row, content) : undefined;
  try {
    const issue = await readIssue(bench, row.issue_id!, []);
    const seen = seenIn(bench, row, issue);
    const state = seen.change.state ?? (row.state === "deleted" ? "ok" : row.state);
    return {
      ...seen.change,
      state,
      error: null,
      ...contentChange(bench, row, content, seen),
      ...asRequest?.(seen),
    };
  } catch (thrown) {
    if (!isLatchkeyError(thrown) || thrown.code !== "jira_not_found") throw thrown;
    // A customer sees the request, and not the issue behind it.
    if (asRequest) return { seen_at: bench.now(), ...asRequest() };
    return { state: "deleted", seen_at: bench.now() };
  }
}

type Texts = { readonly summary?: string; readonly assignee?: string };

/** Sealed anew only where a text has changed. */
function contentChange(
  bench: Bench,
  row: LinkRow,
  content: Content | undefined,
  texts: Partial<Content>,
): LinkChange {
  if (!content) return {};
  const { summary, assignee, comments } = texts;
  const { assignee: _left, ...others } = content;
  const now: Content = {
    ...others,
    ...(summary === undefined ? {} : { summary }),
    ...(assignee === undefined ? {} : { assignee }),
    ...(comments === undefined ? {} : { comments }),
  };
  return JSON.stringify(now) === JSON.stringify(content) ? {} : sealedContent(bench, row, now);
}

/** Status and public comments as the customer sees them. */
async function requestSeen(bench: Bench, row: LinkRow, content: Content | undefined) {
  const path = `/rest/servicedeskapi/request/${encodeURIComponent(row.issue_id!)}`;
  try {
    const request = (await bench.jira.request({ path })).json() as Json;
    const { status } = (request.currentStatus ?? {}) as Json;
    const comments: PublicComment[] = [];
    let read = 0;
    for await (const comment of bench.jira.paginate(`${path}/comment`, {
      items: "values",
      query: { public: true },
    })) {
      if (comment.public !== false) comments.push(commentOf(comment));
      if (++read >= FURTHEST) break;
    }
    const shown = comments.slice(-MOST_COMMENTS);
    return (texts: Texts = {}): LinkChange => ({
      ...(typeof status === "string" ? { status } : {}),
      comment_id: shown.at(-1)?.id ?? null,
      ...contentChange(bench, row, content, { ...texts, comments: shown }),
    });
  } catch (thrown) {
    if (isLatchkeyError(thrown) && thrown.code === "jira_not_found") return undefined;
    throw thrown;
  }
}

function commentOf(json: Json): PublicComment {
  const { displayName } = (json.author ?? {}) as Json;
  const at = Number(((json.created ?? {}) as Json).epochMillis);
  return {
    id: String(json.id),
    text: String(json.body ?? ""),
    ...(typeof displayName === "string" ? { author: displayName } : {}),
    ...(Number.isFinite(at) ? { created_at: at } : {}),
  };
}
