/** What became of pushed ideas, and what a person can do about them. */
import type { Hono } from "hono";
import { isLatchkeyError, LatchkeyError } from "../../errors.ts";
import type { ConflictRule, Idea, Links, PushResult } from "../../push/index.ts";
import type { EventRow } from "../../store/index.ts";
import { field, readForm } from "../form.ts";
import { plain } from "../html.ts";
import { type LinksPage, linksPage } from "../pages/links.ts";
import { type LinkMoment, linkPage } from "../pages/links-one.ts";
import { chromeOf, render, seeOther } from "../render.ts";
import type { Flash } from "../session.ts";
import type { Env, Visit } from "../visit.ts";
import { isLinkState, LINK_STATES } from "../words/link.ts";

const PAGE_SIZE = 50;
/** Of a connection's latest changes so many are looked through for those of one link. */
const EVENTS_READ = 500;
const MOST_MOMENTS = 30;
const ID = /^lnk_[0-9A-Za-z]{1,40}$/;
const MOST_FIELDS = 200;

export function linkRoutes(app: Hono<Env>): void {
  app.get("/connections/:id/links", (c) =>
    list(c.get("visit"), c.req.param("id"), new URL(c.req.url).searchParams),
  );
  app.get("/links/:id", (c) => show(c.get("visit"), c.req.param("id")));
  app.post("/links/:id/look", async (c) =>
    look(c.get("visit"), c.req.param("id"), await readForm(c.req.raw)),
  );
  app.post("/links/:id/retry", async (c) =>
    retry(c.get("visit"), c.req.param("id"), await readForm(c.req.raw)),
  );
  app.post("/links/:id/settle", async (c) =>
    settle(c.get("visit"), c.req.param("id"), await readForm(c.req.raw)),
  );
}

function linksOf({ parts }: Visit): Links {
  if (!parts.push) throw new LatchkeyError("not_found");
  return parts.push.links;
}

async function list(visit: Visit, id: string, query: URLSearchParams): Promise<Response> {
  const connection = await visit.parts.vault.connections.get(visit.owner, id);
  const links = linksOf(visit);
  const wanted = query.get("state");
  const after = query.get("after");
  const filter = {
    connection_id: id,
    ...(isLinkState(wanted) ? { state: wanted } : {}),
    ...(after !== null && ID.test(after) ? { after } : {}),
  };
  const [found, counts] = await Promise.all([
    links.list(visit.owner, { ...filter, limit: PAGE_SIZE + 1 }),
    links.count(visit.owner, id),
  ]);
  const shown = found.slice(0, PAGE_SIZE);
  const input: LinksPage = {
    connection,
    links: shown,
    counts,
    state: filter.state,
    next: found.length > PAGE_SIZE ? shown.at(-1)?.id : undefined,
    first_page: filter.after === undefined,
    now: visit.now,
  };
  return render(visit, linksPage(chromeOf(visit.house, visit.admin), input));
}

async function show(visit: Visit, id: string): Promise<Response> {
  const links = linksOf(visit);
  const link = await links.get(visit.owner, known(id));
  const connection = await visit.parts.vault.connections.get(visit.owner, link.connection_id);
  const [idea, events] = await Promise.all([
    ideaOf(links, visit.owner, id),
    visit.parts.store.events.list(visit.owner, {
      connection_id: connection.id,
      type: "link.updated",
      limit: EVENTS_READ,
    }),
  ]);
  const history = events.flatMap((event) => momentOf(event, id)).slice(0, MOST_MOMENTS);
  const chrome = chromeOf(visit.house, visit.admin);
  return render(visit, linkPage(chrome, { link, connection, idea_url: idea?.url, history, now: visit.now }));
}

function known(id: string): string {
  if (!ID.test(id)) throw new LatchkeyError("not_found");
  return id;
}

/** A link is worth showing where nothing was kept of its idea. */
async function ideaOf(links: Links, owner: string, id: string): Promise<Idea | undefined> {
  try {
    return await links.idea(owner, id);
  } catch (error) {
    if (isLatchkeyError(error) && error.code === "not_found") return undefined;
    throw error;
  }
}

function momentOf(event: EventRow, id: string): LinkMoment[] {
  const data = JSON.parse(event.data) as { link?: { id?: string }; before?: object; now?: object };
  if (data.link?.id !== id) return [];
  return [{ at: event.at, before: { ...data.before }, now: { ...data.now } }];
}

async function look(visit: Visit, id: string, form: URLSearchParams): Promise<Response> {
  const links = linksOf(visit);
  const link = await links.get(visit.owner, known(id));
  await said(visit, async () => {
    const { changed, link: seen } = await links.refresh(visit.owner, id);
    const name = plain(seen.issue_key ?? seen.idea_id, 200);
    const title = changed ? `${name} has moved on.` : `${name} is as it was.`;
    return { kind: LINK_STATES[seen.state].shape === "dead" ? "soon" : "well", title };
  });
  return back(visit, link, form);
}

async function retry(visit: Visit, id: string, form: URLSearchParams): Promise<Response> {
  const links = linksOf(visit);
  const link = await links.get(visit.owner, known(id));
  await said(visit, async () => flashOf(await links.retry(visit.owner, id, { patience_ms: 0 })));
  return back(visit, link, form);
}

/** Pushes again, each field by the rule that was chosen for it. */
async function settle(visit: Visit, id: string, form: URLSearchParams): Promise<Response> {
  const links = linksOf(visit);
  const link = await links.get(visit.owner, known(id));
  const conflict: Record<string, ConflictRule> = {};
  for (let index = 0; index < MOST_FIELDS; index++) {
    const name = field(form, `field-${index}`);
    const rule = field(form, `rule-${index}`);
    if (name === undefined) break;
    if (rule === "ours" || rule === "theirs") conflict[name] = rule;
  }
  if (Object.keys(conflict).length === 0) {
    await visit.say({ kind: "info", title: "Nothing was chosen, so nothing was changed." });
  } else {
    await said(visit, async () => flashOf(await links.retry(visit.owner, id, { conflict, patience_ms: 0 })));
  }
  return back(visit, link, form);
}

/** Leaves a word about what came of it; a refusal is one as well. */
async function said(visit: Visit, deed: () => Promise<Flash>): Promise<void> {
  try {
    await visit.say(await deed());
  } catch (error) {
    if (!isLatchkeyError(error) || error.code === "not_found") throw error;
    await visit.say({ kind: "dead", title: error.message, text: error.fix });
  }
}

const DONE: Readonly<Record<PushResult["outcome"], string>> = {
  created: "The issue was made.",
  updated: "The issue is up to date.",
  unchanged: "There was nothing to send: the issue is up to date.",
  would_create: "It would be made.",
  would_update: "It would be updated.",
  refused: "The push was refused.",
};

function flashOf({ outcome, error, differs }: PushResult): Flash {
  if (outcome === "refused") {
    return {
      kind: "dead",
      title: plain(error?.message ?? DONE.refused, 500),
      ...(error?.fix === undefined ? {} : { text: plain(error.fix, 500) }),
    };
  }
  const open = differs?.length ?? 0;
  return open > 0
    ? { kind: "soon", title: DONE[outcome], text: "What was edited on both sides was left as it is." }
    : { kind: "well", title: DONE[outcome] };
}

function back(visit: Visit, link: { id: string; connection_id: string }, form: URLSearchParams): Response {
  return seeOther(
    visit.at(
      field(form, "from") === "list" ? `/connections/${link.connection_id}/links` : `/links/${link.id}`,
    ),
  );
}
