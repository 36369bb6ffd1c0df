/** The operator's pages of policies: what each lets out, and a look at what it does to an answer. */
import type { Hono } from "hono";
import { isLatchkeyError, LatchkeyError } from "../../errors.ts";
import type { Policies } from "../../handles/index.ts";
import {
  compilePolicy,
  type PolicyDocument,
  previewLines,
  refusePath,
  refuseQuery,
  reportPolicy,
} from "../../policy/index.ts";
import type { Connection } from "../../vault/index.ts";
import { field, readForm } from "../form.ts";
import { lockedPage } from "../pages/admin.ts";
import { policiesPage } from "../pages/policies.ts";
import { type PolicyPage, policyPage } from "../pages/policy.ts";
import type { Previewed } from "../pages/policy-preview.ts";
import { chromeOf, render, seeOther } from "../render.ts";
import type { Env, Visit } from "../visit.ts";
import { forceOf } from "../words/limits.ts";

/** Before `adminRoutes`, whose paths are wider. */
export function policyRoutes(app: Hono<Env>): void {
  app.get("/admin/policies", (c) => list(c.get("visit")));
  app.get("/admin/policies/:name", (c) => one(c.get("visit"), c.req.param("name")));
  // Read again after the answer is gone from the screen: back to the form.
  app.get("/admin/policies/:name/preview", (c) =>
    seeOther(c.get("visit").at(`/admin/policies/${encodeURIComponent(c.req.param("name"))}`)),
  );
  app.post("/admin/policies/:name/preview", async (c) =>
    preview(c.get("visit"), c.req.param("name"), await readForm(c.req.raw)),
  );
}

async function list(visit: Visit): Promise<Response> {
  if (!visit.admin) return render(visit, lockedPage(), { status: 403 });
  const { policies, handles } = visit.parts;
  const inForce = (await handles.listForOperator()).filter(
    (handle) => forceOf(handle, visit.now) === "in-force",
  );
  const rows = (policies?.names() ?? []).map((name) => {
    const document = policies!.document(name);
    const report = reportOf(visit, document);
    return {
      name,
      document,
      fields: report.length,
      open: report.filter((line) => line.names_people).length,
      handles: inForce.filter(({ limits }) => limits.policy === name).length,
    };
  });
  return render(visit, policiesPage(chromeOf(visit.house, visit.admin), rows));
}

/** What leaves wherever it is used; fields that only one site has are in the report beside a preview of that site. */
function reportOf(visit: Visit, document: PolicyDocument) {
  const keys = [{ id: "report", bytes: visit.parts.random(32) }] as const;
  return reportPolicy(compilePolicy(document, { tenant: "report", keys }));
}

/** @throws LatchkeyError `not_found` also where the visitor is no operator: what there is is none of their business */
function policiesOf(visit: Visit, name: string): Policies {
  if (!visit.admin || visit.parts.policies === undefined) throw new LatchkeyError("not_found");
  visit.parts.policies.document(name);
  return visit.parts.policies;
}

async function one(visit: Visit, name: string): Promise<Response> {
  const policies = policiesOf(visit, name);
  const connections = await fitting(visit, policies, name);
  return show(visit, { name, document: policies.document(name), connections });
}

async function fitting(visit: Visit, policies: Policies, name: string): Promise<Connection[]> {
  const all = await visit.parts.vault.connections.listForOperator();
  return all.filter((connection) => connection.state === "active" && policies.fits(name, connection));
}

function show(
  visit: Visit,
  page: Pick<PolicyPage, "name" | "document" | "connections"> & Partial<PolicyPage>,
  status = 200,
): Promise<Response> {
  const blank = {
    asked: { connection: "", path: "" },
    report: page.report ?? reportOf(visit, page.document),
  };
  return render(visit, policyPage(chromeOf(visit.house, visit.admin), { ...blank, ...page }), { status });
}

async function preview(visit: Visit, name: string, form: URLSearchParams): Promise<Response> {
  const policies = policiesOf(visit, name);
  const document = policies.document(name);
  const connections = await fitting(visit, policies, name);
  const asked = { connection: field(form, "connection") ?? "", path: field(form, "path") ?? "" };
  const connection = connections.find(({ id }) => id === asked.connection);
  const page = { name, document, connections, asked };
  if (connection === undefined) {
    const refused = { title: "This connection is not there.", text: "Choose one of the list." };
    return show(visit, { ...page, refused }, 400);
  }
  try {
    const { previewed, report } = await look(visit, policies, name, connection, asked.path);
    return await show(visit, { ...page, previewed, report });
  } catch (error) {
    if (!isLatchkeyError(error)) throw error;
    return show(visit, { ...page, refused: { title: error.message, text: error.fix } }, 422);
  }
}

/** The call as the proxy would make it, once, and what leaves of its answer. */
async function look(visit: Visit, policies: Policies, name: string, connection: Connection, target: string) {
  const at = target.indexOf("?");
  const path = refusePath(at < 0 ? target : target.slice(0, at));
  const query = at < 0 ? "" : target.slice(at + 1);
  refuseQuery(query);
  const policy = await policies.compiledFor(name, connection);
  const admitted = await policy.ask({ method: "GET", path, query });
  const sent = `${admitted.path}${admitted.query === "" ? "" : `?${admitted.query}`}`;
  const jira = await visit.parts.jiraFor(connection.owner, connection.id);
  const original = (await jira.request({ method: "GET", path: sent })).json();
  const lines = previewLines(original, policy.answer(admitted.operation, 200, original));
  const { owner, id } = connection;
  visit.parts.log.info("policy_previewed", { owner, connection_id: id, policy: name });
  const previewed: Previewed = { operation: admitted.operation, asked: `GET ${sent}`, lines };
  return { previewed, report: reportPolicy(policy) };
}
