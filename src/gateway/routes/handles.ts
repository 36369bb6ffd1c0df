/** The handles of one connection: listed, made, revoked. A key reaches the page after it was made, and no other. */
import type { Hono } from "hono";
import { isLatchkeyError, LatchkeyError } from "../../errors.ts";
import { fitsPattern, type HandleLimitsInput, type HandleView } from "../../handles/index.ts";
import { Secret } from "../../secret.ts";
import type { Connection } from "../../vault/index.ts";
import { field, readForm } from "../form.ts";
import { plain } from "../html.ts";
import { leaveOnce, takeOnce } from "../once.ts";
import { type AskedHandle, BLANK_HANDLE, type HandleField, type WrongHandle } from "../pages/handle-form.ts";
import { type HandlesPage, handlesPage, revokeHandlePage } from "../pages/handles.ts";
import { chromeOf, render, seeOther } from "../render.ts";
import type { Env, Visit } from "../visit.ts";
import { forceOf } from "../words/limits.ts";
import { DAY } from "../words/time.ts";

const METHODS: Readonly<Record<string, readonly string[]>> = {
  read: ["GET", "HEAD"],
  write: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
};
/** Ten years: longer is a slip of the hand. */
const MAX_DAYS = 3650;

export function handleRoutes(app: Hono<Env>): void {
  app.get("/connections/:id/handles", (c) => list(c.get("visit"), c.req.param("id"), c.req.method));
  app.post("/connections/:id/handles", async (c) =>
    make(c.get("visit"), c.req.param("id"), await readForm(c.req.raw)),
  );
  app.get("/connections/:id/handles/:handle/revoke", (c) =>
    ask(c.get("visit"), c.req.param("id"), c.req.param("handle")),
  );
  app.post("/connections/:id/handles/:handle/revoke", (c) =>
    revoke(c.get("visit"), c.req.param("id"), c.req.param("handle")),
  );
}

async function list(visit: Visit, id: string, method: string): Promise<Response> {
  const connection = await visit.parts.vault.connections.get(visit.owner, id);
  const handles = await handlesOf(visit, id);
  // A HEAD shows nothing to anybody and must not use the key up.
  const left = method === "GET" ? await takeOnce(visit, slotOf(id)) : undefined;
  return show(visit, { connection, handles, fresh: left && freshOf(visit, connection, handles, left) });
}

function show(
  visit: Visit,
  page: Pick<HandlesPage, "connection" | "handles"> & Partial<HandlesPage>,
): Promise<Response> {
  const policies = policiesFor(visit, page.connection);
  const input = { now: visit.now, asked: BLANK_HANDLE, policies, ...page };
  const status = page.wrong ? 400 : 200;
  return render(visit, handlesPage(chromeOf(visit.house, visit.admin), input), { status });
}

function policiesFor({ parts }: Visit, connection: Connection): readonly string[] {
  return parts.policies?.names().filter((name) => parts.policies?.fits(name, connection)) ?? [];
}

/** The owner's handles that know this connection, the newest first. */
export async function handlesOf(visit: Visit, connection_id: string): Promise<HandleView[]> {
  const all = await visit.parts.handles.list(visit.owner);
  return all
    .filter((one) => one.connection_ids.includes(connection_id))
    .sort((a, b) => b.created_at - a.created_at);
}

const slotOf = (connection_id: string) => `handle ${connection_id}`;

async function make(visit: Visit, id: string, form: URLSearchParams): Promise<Response> {
  const connection = await visit.parts.vault.connections.get(visit.owner, id);
  const asked = askedOf(form);
  const wrong = wrongIn(asked, policiesFor(visit, connection));
  const handles = () => handlesOf(visit, id);
  if (connection.state === "exported")
    throw new LatchkeyError("connection_exported", "A handle of it would open nothing.");
  if (wrong.length > 0) return show(visit, { connection, handles: await handles(), asked, wrong });
  try {
    const { handle, key } = await visit.parts.handles.create({
      owner: visit.owner,
      name: asked.name,
      connection_ids: [id],
      limits: limitsIn(asked),
      expires_at: visit.now + Number(asked.days) * DAY,
    });
    await leaveOnce(visit, slotOf(id), new Secret(`${handle.id} ${key.reveal()}`));
    return seeOther(visit.at(`/connections/${id}/handles`));
  } catch (error) {
    const mistake = isLatchkeyError(error) ? mistakeOf(error) : undefined;
    if (!mistake) throw error;
    return show(visit, { connection, handles: await handles(), asked, wrong: [mistake] });
  }
}

function askedOf(form: URLSearchParams): AskedHandle {
  return {
    name: field(form, "name") ?? "",
    access: field(form, "access") ?? "",
    paths: field(form, "paths") ?? "",
    projects: field(form, "projects") ?? "",
    policy: field(form, "policy") ?? "",
    rate: field(form, "rate") ?? "",
    days: field(form, "days") ?? "",
  };
}

function limitsIn(asked: AskedHandle): HandleLimitsInput {
  const paths = pathsIn(asked.paths);
  const path_patterns = paths.filter((one) => one.includes("*"));
  const projects = pathsIn(asked.projects);
  return {
    methods: METHODS[asked.access]!,
    path_prefixes: paths.filter((one) => !one.includes("*")),
    policy: asked.policy,
    ...(path_patterns.length > 0 ? { path_patterns } : {}),
    ...(projects.length > 0 ? { projects } : {}),
    ...(asked.rate === "" ? {} : { rate: { per_minute: Number(asked.rate) } }),
  };
}

function pathsIn(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

const SAYS: Readonly<Record<HandleField, string>> = {
  name: "Give it a name of 1 to 100 characters.",
  access: "Choose whether it may only read, or also write.",
  paths:
    "Name at least one path and at most 50. Each begins with / and is plainly written: letters, digits and - . _ ~ only, or * and ** in place of a whole part.",
  projects: "Name projects by their keys, at most 50, each one that this connection may see.",
  policy:
    "Tick that answers may leave as Jira sends them, or choose a policy; without one the handle could do nothing.",
  rate: "Say how many calls a minute it may make: a whole number from 1 to 100000, or nothing.",
  days: `Say after how many days it ends: a whole number from 1 to ${MAX_DAYS}.`,
};

function wrongIn(asked: AskedHandle, policies: readonly string[]): WrongHandle[] {
  const days = Number(asked.days);
  const well: Readonly<Record<HandleField, boolean>> = {
    name: asked.name !== "" && asked.name.length <= 100,
    access: Object.hasOwn(METHODS, asked.access),
    paths: pathsIn(asked.paths).length > 0,
    projects: pathsIn(asked.projects).every((one) => /^[A-Za-z0-9_]{1,255}$/.test(one)),
    policy: asked.policy === "raw" || policies.includes(asked.policy),
    rate:
      asked.rate === "" ||
      (/^\d{1,6}$/.test(asked.rate) && Number(asked.rate) >= 1 && Number(asked.rate) <= 100_000),
    days: /^\d{1,4}$/.test(asked.days) && days >= 1 && days <= MAX_DAYS,
  };
  const fields = Object.keys(SAYS) as HandleField[];
  return fields.filter((one) => !well[one]).map((one) => ({ field: one, says: SAYS[one] }));
}

/** What the handles themselves found wrong, in the words of the form. */
function mistakeOf({ code, details }: LatchkeyError): WrongHandle | undefined {
  if (code !== "bad_request") return undefined;
  if (details.field === "name") return { field: "name", says: SAYS.name };
  if (details.field === "limits.projects") return { field: "projects", says: SAYS.projects };
  if (/^limits(\.path_(prefixes|patterns))?$/.test(String(details.field)))
    return { field: "paths", says: SAYS.paths };
  return undefined;
}

function freshOf(
  visit: Visit,
  connection: Connection,
  handles: readonly HandleView[],
  left: Secret,
): HandlesPage["fresh"] {
  const [id = "", text = ""] = left.reveal().split(" ");
  const handle = handles.find((one) => one.id === id);
  if (!handle) return undefined;
  const url = `${visit.house.public_url.href.replace(/\/+$/, "")}/jira/${connection.id}${firstCall(connection, handle)}`;
  return { handle, key: new Secret(text), curl: `curl -H "Authorization: Bearer ${text}" ${url}` };
}

/** A call the handle allows: who it acts as, or else the first of its paths. */
function firstCall(connection: Connection, { limits }: HandleView): string {
  const myself = `/rest/api/${connection.flavor === "cloud" ? 3 : 2}/myself`;
  const [first = limits.path_patterns?.[0] ?? myself] = limits.path_prefixes;
  const allowed =
    limits.path_prefixes.some((one) => `${myself}/`.startsWith(`${one.replace(/\/+$/, "")}/`)) ||
    limits.path_patterns?.some((one) => fitsPattern(myself, one)) === true;
  return allowed ? myself : first;
}

async function found(visit: Visit, id: string, handle_id: string) {
  const connection = await visit.parts.vault.connections.get(visit.owner, id);
  const handle = (await handlesOf(visit, id)).find((one) => one.id === handle_id);
  if (!handle) throw new LatchkeyError("not_found", "There is no handle with this id.");
  return { connection, handle };
}

async function ask(visit: Visit, id: string, handle_id: string): Promise<Response> {
  const { connection, handle } = await found(visit, id, handle_id);
  if (forceOf(handle, visit.now) !== "in-force") return seeOther(visit.at(`/connections/${id}/handles`));
  return render(visit, revokeHandlePage(chromeOf(visit.house, visit.admin), connection, handle));
}

async function revoke(visit: Visit, id: string, handle_id: string): Promise<Response> {
  const { handle } = await found(visit, id, handle_id);
  await visit.parts.handles.revoke(visit.owner, handle.id);
  visit.parts.log.info("handle_revoked", { handle_id, connection_id: id });
  await visit.say({ kind: "info", title: `The handle ${plain(handle.name, 120)} is revoked.` });
  return seeOther(visit.at(`/connections/${id}/handles`));
}
