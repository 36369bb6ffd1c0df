/** A connection's page, its issues, and what can be done with it. */
import type { Hono } from "hono";
import { explainFailure } from "../../connect/index.ts";
import { isLatchkeyError, LatchkeyError } from "../../errors.ts";
import type { Jira, Json } from "../../jira/index.ts";
import type { Connection } from "../../vault/index.ts";
import { safeHref, spoken } from "../addresses.ts";
import { plain } from "../html.ts";
import { connectionPage, disconnectPage } from "../pages/connection.ts";
import { siteName } from "../pages/home.ts";
import { issuePage } from "../pages/issue.ts";
import { type Issues, MINE } from "../pages/issues.ts";
import { chromeOf, render, seeOther } from "../render.ts";
import type { Env, Visit } from "../visit.ts";
import { took } from "../words/time.ts";
import { start } from "./connect.ts";
import { handlesOf } from "./handles.ts";
import { livesByToken } from "./token.ts";

const PAGE_SIZE = 50;
const MAX_COMMENTS = 50;
const FAILED_SHOWN = 5;
const LIST_FIELDS = ["summary", "status", "assignee", "updated"];

export function connectionRoutes(app: Hono<Env>): void {
  app.get("/connections", (c) => Promise.resolve(seeOther(c.get("visit").at("/"))));
  app.get("/connections/:id", (c) =>
    show(c.get("visit"), c.req.param("id"), new URL(c.req.url).searchParams),
  );
  app.get("/connections/:id/issues/:key", (c) =>
    issue(c.get("visit"), c.req.param("id"), c.req.param("key")),
  );
  app.get("/connections/:id/disconnect", (c) => askDisconnect(c.get("visit"), c.req.param("id")));
  app.post("/connections/:id/disconnect", (c) => disconnect(c.get("visit"), c.req.param("id")));
  app.post("/connections/:id/reconnect", (c) => reconnect(c.get("visit"), c.req.param("id")));
  app.post("/connections/:id/test", (c) => test(c.get("visit"), c.req.param("id")));
}

async function show(visit: Visit, id: string, query: URLSearchParams): Promise<Response> {
  const { vault, connect } = visit.parts;
  const before = await vault.connections.get(visit.owner, id);
  const jql = query.get("jql")?.trim().slice(0, 4000) || MINE;
  const found = await issuesOf(visit, before, jql, query.get("cursor") ?? undefined);
  // The search may have renewed the tokens, or shown them dead: the page says how it is now.
  const [connection, registration, dances, handles, counts, failed] = await Promise.all([
    vault.connections.get(visit.owner, id),
    vault.registrations.find(before.registration_id),
    connect.dances.list(visit.owner, 50),
    handlesOf(visit, id),
    visit.parts.push?.links.count(visit.owner, id) ?? {},
    visit.parts.recorder?.list(visit.owner, { connection_id: id, limit: FAILED_SHOWN }) ?? [],
  ]);
  const links = Object.values<number>(counts).reduce((sum, count) => sum + count, 0);
  const issues = connection.state === "active" ? found : noIssues(connection.state);
  const dance_id = dances.find((dance) => dance.connection_id === id)?.id;
  const chrome = chromeOf(visit.house, visit.admin);
  return render(
    visit,
    connectionPage(chrome, {
      ...{ connection, registration, now: visit.now, issues, handles, dance_id, links, failed },
    }),
  );
}

async function issuesOf(visit: Visit, connection: Connection, jql: string, cursor?: string): Promise<Issues> {
  if (connection.state !== "active") return noIssues(connection.state);
  try {
    const jira = await visit.parts.jiraFor(visit.owner, connection.id);
    const found = await jira.searchPage(jql, {
      fields: LIST_FIELDS,
      page_size: PAGE_SIZE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    return {
      kind: "listed",
      jql,
      issues: found.issues,
      next: found.next,
      total: found.total,
      first_page: cursor === undefined,
    };
  } catch (error) {
    if (!isLatchkeyError(error)) throw error;
    const failure = explainFailure(error, { flavor: connection.flavor, site: spoken(connection.site.url) });
    return { kind: "failed", jql, failure, field_errors: jiraMessages(error) };
  }
}

type Idle = Exclude<Connection["state"], "active">;

/** The cause stands at the top of the page; a search that met it need not say it again. */
function noIssues(state: Idle): Issues {
  return { kind: "none", why: WHY_NONE[state] };
}

const WHY_NONE: Readonly<Record<Idle, string>> = {
  dead: "They come back once you have reconnected.",
  exported: "This connection was handed over; connect again to look at issues here.",
  pending: "They are shown once the application has taken the connection up.",
};

/** Jira's own sentences, bounded by the room that read them. */
function jiraMessages(error: LatchkeyError): string[] {
  const said = error.details.jira as { errorMessages?: unknown; errors?: unknown } | undefined;
  const messages = Array.isArray(said?.errorMessages) ? said.errorMessages : [];
  const fields = typeof said?.errors === "object" && said.errors !== null ? Object.values(said.errors) : [];
  return [...messages, ...fields]
    .map((one) => plain(one, 500))
    .filter(Boolean)
    .slice(0, 5);
}

async function issue(visit: Visit, id: string, key: string): Promise<Response> {
  if (!/^[A-Za-z][A-Za-z0-9_]*-\d+$|^\d+$/.test(key) || key.length > 100)
    throw new LatchkeyError("not_found");
  const connection = await visit.parts.vault.connections.get(visit.owner, id);
  const jira = await visit.parts.jiraFor(visit.owner, id);
  const found = await jira.issue(key);
  const [said, remote_links] = await Promise.all([comments(jira, key), remoteLinks(jira, key)]);
  const chrome = chromeOf(visit.house, visit.admin);
  return render(visit, issuePage(chrome, { connection, issue: found, remote_links, ...said }));
}

async function comments(jira: Jira, key: string): Promise<{ comments: Json[]; more_comments: boolean }> {
  const list: Json[] = [];
  for await (const one of jira.comments(key)) {
    if (list.length === MAX_COMMENTS) return { comments: list, more_comments: true };
    list.push(one);
  }
  return { comments: list, more_comments: false };
}

/** An issue is worth showing without its links: linking may be off, or not allowed. */
async function remoteLinks(jira: Jira, key: string): Promise<readonly Json[] | undefined> {
  try {
    return await jira.remoteLinks(key).list();
  } catch (error) {
    if (isLatchkeyError(error)) return undefined;
    throw error;
  }
}

async function askDisconnect(visit: Visit, id: string): Promise<Response> {
  const connection = await visit.parts.vault.connections.get(visit.owner, id);
  return render(visit, disconnectPage(chromeOf(visit.house, visit.admin), connection));
}

async function disconnect(visit: Visit, id: string): Promise<Response> {
  const connection = await visit.parts.vault.connections.get(visit.owner, id);
  const { where } = await visit.parts.connect.disconnect(visit.owner, id);
  const href = safeHref(where);
  await visit.say({
    kind: "info",
    title: `${siteName(connection)} is disconnected, and its tokens are forgotten here.`,
    text: "Jira still lists the approval until you remove it there.",
    ...(href === undefined ? {} : { link: { href, label: "Remove the approval at Jira" } }),
  });
  return seeOther(visit.at("/"));
}

async function reconnect(visit: Visit, id: string): Promise<Response> {
  const { vault } = visit.parts;
  const connection = await vault.connections.get(visit.owner, id);
  if (livesByToken(connection)) return seeOther(visit.at(`/connect/token?reconnect=${id}`));
  if (connection.kind === "service-account") {
    await visit.parts.connect.withServiceAccount({
      owner: visit.owner,
      registration_id: connection.registration_id,
      site: connection.site.id,
      reconnect: id,
    });
    await visit.say({ kind: "well", title: "The service account has a new token." });
    return seeOther(visit.at(`/connections/${id}`));
  }
  const registration = await vault.registrations.get(connection.registration_id);
  return start(visit, registration, { site: connection.site.id, reconnect: id });
}

/** Asks Jira who this is: the shortest question that proves the whole way. */
async function test(visit: Visit, id: string): Promise<Response> {
  const connection = await visit.parts.vault.connections.get(visit.owner, id);
  const began = visit.now;
  try {
    const jira = await visit.parts.jiraFor(visit.owner, id);
    const person = await jira.myself();
    const name = plain(person.display_name ?? person.name ?? person.account_id, 200);
    await visit.say({
      kind: "well",
      title: `It works. Jira answered in ${took(visit.now - began)}: this is ${name}.`,
    });
  } catch (error) {
    if (!isLatchkeyError(error)) throw error;
    const failure = explainFailure(error, { flavor: connection.flavor, site: spoken(connection.site.url) });
    await visit.say({ kind: "dead", title: failure.happened, text: failure.next.join(" ") });
  }
  return seeOther(visit.at(`/connections/${id}`));
}
