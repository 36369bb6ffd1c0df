/** Exports: listed, begun, looked at while they are made, downloaded, stopped and removed. */
import type { Hono } from "hono";
import { isLatchkeyError, LatchkeyError } from "../../errors.ts";
import { type Exports, FORMATS, type NewExport, OPTIONAL_KINDS } from "../../export/index.ts";
import { downloadOf } from "../download.ts";
import { field, readForm } from "../form.ts";
import { exportPage } from "../pages/export-one.ts";
import { type AskedExport, BLANK_EXPORT, exportsPage } from "../pages/exports.ts";
import { chromeOf, render, seeOther } from "../render.ts";
import type { Env, Visit } from "../visit.ts";

const REFRESH_S = 3;

export function exportRoutes(app: Hono<Env>): void {
  app.get("/exports", (c) => list(c.get("visit"), new URL(c.req.url).searchParams));
  app.post("/exports", async (c) => start(c.get("visit"), await readForm(c.req.raw)));
  app.get("/exports/:id", (c) => show(c.get("visit"), c.req.param("id")));
  app.get("/exports/:id/files/:name", async (c) => {
    const visit = c.get("visit");
    return downloadOf(await exportsOf(visit).file(visit.owner, c.req.param("id"), c.req.param("name")));
  });
  app.post("/exports/:id/again", (c) => again(c.get("visit"), c.req.param("id")));
  app.post("/exports/:id/remove", (c) => remove(c.get("visit"), c.req.param("id")));
}

function exportsOf({ parts }: Visit): Exports {
  if (!parts.exports) throw new LatchkeyError("not_found");
  return parts.exports;
}

async function list(visit: Visit, query: URLSearchParams, asked?: AskedExport, wrong?: string) {
  const [exports, connections] = await Promise.all([
    exportsOf(visit).list(visit.owner),
    visit.parts.vault.connections.list(visit.owner),
  ]);
  const active = connections.filter(({ state }) => state === "active");
  const names = visit.parts.policies?.names() ?? [];
  const policies = names.filter((name) => active.some((one) => visit.parts.policies?.fits(name, one)));
  const connection_id = query.get("connection") ?? "";
  const input = {
    ...{ exports, connections: active, policies, wrong, now: visit.now },
    asked: asked ?? { ...BLANK_EXPORT, connection_id },
  };
  const page = exportsPage(chromeOf(visit.house, visit.admin), input);
  return await render(visit, page, { status: wrong === undefined ? 200 : 400 });
}

async function start(visit: Visit, form: URLSearchParams): Promise<Response> {
  const asked: AskedExport = {
    connection_id: field(form, "connection_id") ?? "",
    jql: field(form, "jql") ?? "",
    projects: field(form, "projects") ?? "",
    format: field(form, "format") ?? "",
    policy: field(form, "policy") ?? "",
    without: OPTIONAL_KINDS.filter((kind) => field(form, `with-${kind}`) === undefined),
    attachments: field(form, "attachments") !== undefined,
  };
  try {
    const { id } = await exportsOf(visit).start(visit.owner, wishOf(asked));
    return seeOther(visit.at(`/exports/${id}`));
  } catch (error) {
    if (!isLatchkeyError(error) || error.origin === "vault") throw error;
    return await list(visit, new URLSearchParams(), asked, `${error.message} ${error.fix}`);
  }
}

function wishOf(asked: AskedExport): NewExport {
  const { connection_id, jql, policy, without, attachments } = asked;
  const projects = asked.projects.split(/[\s,]+/).filter(Boolean);
  const format = FORMATS.find((one) => one === asked.format);
  if (!format) throw new LatchkeyError("bad_request", "Choose a format.");
  if (connection_id === "") throw new LatchkeyError("bad_request", "Choose a connection.");
  if (policy === "") throw new LatchkeyError("bad_request", "Choose how it leaves.");
  return {
    ...{ connection_id, format, policy, without, attachments },
    ...(jql === "" ? {} : { jql }),
    ...(projects.length === 0 ? {} : { projects }),
  };
}

async function show(visit: Visit, id: string): Promise<Response> {
  const view = await exportsOf(visit).get(visit.owner, id);
  const connections = await visit.parts.vault.connections.list(visit.owner);
  const connection = connections.find((one) => one.id === view.connection_id);
  const open = view.state === "queued" || view.state === "running";
  const page = exportPage(chromeOf(visit.house, visit.admin), { view, connection, now: visit.now });
  // The header does what a meta element would, and also where the page is never parsed.
  return await render(visit, page, open ? { headers: { refresh: String(REFRESH_S) } } : {});
}

/** The same once more, and of it only what changed. */
async function again(visit: Visit, id: string): Promise<Response> {
  const { connection_id, jql, format, policy, without, attachments } = await exportsOf(visit).get(
    visit.owner,
    id,
  );
  try {
    const wish = { connection_id, jql, format, policy, without, attachments, since: id };
    return seeOther(visit.at(`/exports/${(await exportsOf(visit).start(visit.owner, wish)).id}`));
  } catch (error) {
    if (!isLatchkeyError(error) || error.origin === "vault") throw error;
    await visit.say({ kind: "dead", title: error.message, text: error.fix });
    return seeOther(visit.at(`/exports/${id}`));
  }
}

async function remove(visit: Visit, id: string): Promise<Response> {
  const outcome = await exportsOf(visit).remove(visit.owner, id);
  const title = outcome === "stopped" ? "The export was stopped." : "The export was removed.";
  await visit.say({ kind: "well", title, text: "Its files are gone." });
  return seeOther(visit.at("/exports"));
}
