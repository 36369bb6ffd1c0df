/** The administrator's pages: opened by a one-time link, closed to everybody else. */
import type { Hono } from "hono";
import { LatchkeyError } from "../../errors.ts";
import { type AdminLinks, adminTokenHash } from "../admin-links.ts";
import { plain } from "../html.ts";
import { adminPage, confirmPage, enterPage, lockedPage } from "../pages/admin.ts";
import { registrationName } from "../pages/connect.ts";
import { siteName } from "../pages/home.ts";
import { chromeOf, render, seeOther } from "../render.ts";
import { ADMIN_MS } from "../session.ts";
import type { Env, Visit } from "../visit.ts";
import { toldOf, webhookDeed } from "./admin-webhooks.ts";
import type { Deed } from "./deed.ts";

export function adminRoutes(app: Hono<Env>, links: AdminLinks): void {
  app.get("/admin", (c) => overview(c.get("visit")));
  app.get("/admin/enter", (c) => offer(c.get("visit"), links, new URL(c.req.url).searchParams.get("token")));
  app.post("/admin/enter", (c) => enter(c.get("visit"), links));
  app.post("/admin/leave", (c) => leave(c.get("visit")));
  app.get("/admin/:kind/:id/:verb", (c) =>
    ask(c.get("visit"), c.req.param("kind"), c.req.param("id"), c.req.param("verb")),
  );
  app.post("/admin/:kind/:id/:verb", (c) =>
    act(c.get("visit"), c.req.param("kind"), c.req.param("id"), c.req.param("verb")),
  );
}

async function overview(visit: Visit): Promise<Response> {
  if (!visit.admin) return render(visit, lockedPage(), { status: 403 });
  const { vault, handles } = visit.parts;
  const [connections, registrations, list, told] = await Promise.all([
    vault.connections.listForOperator(),
    vault.registrations.listForOperator(),
    handles.listForOperator(),
    toldOf(visit),
  ]);
  const chrome = chromeOf(visit.house, visit.admin);
  return render(
    visit,
    adminPage(chrome, { now: visit.now, connections, registrations, handles: list, told }),
  );
}

/** Keeps only the token's hash, in the session: the page that asks holds no secret. */
async function offer(visit: Visit, links: AdminLinks, token: string | null): Promise<Response> {
  const hash = token === null ? visit.session?.data.admin_offer : adminTokenHash(token.slice(0, 200));
  if (hash === undefined || !(await links.stands(hash))) return render(visit, lockedPage(), { status: 403 });
  if (token !== null) {
    await visit.keep({ admin_offer: hash });
    return seeOther(visit.at("/admin/enter"));
  }
  return render(visit, enterPage(chromeOf(visit.house, visit.admin)));
}

async function enter(visit: Visit, links: AdminLinks): Promise<Response> {
  const hash = visit.session?.data.admin_offer;
  if (hash === undefined || !(await links.redeem(hash))) return render(visit, lockedPage(), { status: 403 });
  await visit.rotate();
  await visit.keep({ admin_until: visit.now + ADMIN_MS, admin_offer: undefined });
  visit.parts.log.info("admin_opened", { owner: visit.owner });
  return seeOther(visit.at("/admin"));
}

async function leave(visit: Visit): Promise<Response> {
  if (visit.session) {
    await visit.keep({ admin_until: undefined });
    await visit.rotate();
  }
  return seeOther(visit.at("/"));
}

async function deedOf(visit: Visit, kind: string, id: string, verb: string): Promise<Deed> {
  if (!visit.admin) throw new LatchkeyError("not_found");
  if (kind === "connections" && verb === "remove") return removeConnection(visit, id);
  if (kind === "handles" && verb === "revoke") return revokeHandle(visit, id);
  if (kind === "registrations" && verb === "remove") return removeRegistration(visit, id);
  if (kind === "webhooks" || kind === "deliveries") return webhookDeed(visit, kind, id, verb);
  throw new LatchkeyError("not_found");
}

async function removeConnection(visit: Visit, id: string): Promise<Deed> {
  const { vault, connect } = visit.parts;
  const one = (await vault.connections.listForOperator()).find((connection) => connection.id === id);
  if (!one) throw new LatchkeyError("not_found");
  const name = `${siteName(one)} of ${plain(one.owner, 255)}`;
  return {
    title: `Remove ${name}?`,
    says: "Its tokens are forgotten at once, and whatever uses it stops working.",
    also: "Jira goes on listing the approval until the person who gave it removes it there.",
    button: "Remove the connection",
    done: `${name} is removed.`,
    run: async () => void (await connect.disconnect(one.owner, id)),
  };
}

async function revokeHandle(visit: Visit, id: string): Promise<Deed> {
  const { handles } = visit.parts;
  const one = (await handles.listForOperator()).find((handle) => handle.id === id);
  if (!one) throw new LatchkeyError("not_found");
  const name = plain(one.name, 120);
  return {
    title: `Revoke the handle ${name}?`,
    says: "The next call with it is refused. It cannot be brought back; make a new one instead.",
    button: "Revoke the handle",
    done: `The handle ${name} is revoked.`,
    run: async () => void (await handles.revoke(one.owner, id)),
  };
}

async function removeRegistration(visit: Visit, id: string): Promise<Deed> {
  const { vault } = visit.parts;
  const [one, connections] = await Promise.all([
    vault.registrations.get(id),
    vault.connections.listForOperator(),
  ]);
  const held = connections.filter((connection) => connection.registration_id === id).length;
  const name = registrationName(one);
  return {
    title: `Remove the registration ${name}?`,
    says:
      held === 0
        ? "No connection uses it. Its key or secret is forgotten."
        : `${held === 1 ? "One connection goes" : `${held} connections go`} with it, and their tokens are forgotten.`,
    also: "The link in Jira's own pages stays until its administrator removes it there.",
    button: "Remove the registration",
    done: `The registration ${name} is removed.`,
    run: () => vault.registrations.remove(id),
  };
}

async function ask(visit: Visit, kind: string, id: string, verb: string): Promise<Response> {
  const deed = await deedOf(visit, kind, id, verb);
  const path = `/admin/${kind}/${encodeURIComponent(id)}/${verb}`;
  return render(visit, confirmPage(chromeOf(visit.house, visit.admin), { ...deed, path }));
}

async function act(visit: Visit, kind: string, id: string, verb: string): Promise<Response> {
  const deed = await deedOf(visit, kind, id, verb);
  await deed.run();
  visit.parts.log.info("admin_acted", { kind, id, verb, owner: visit.owner });
  await visit.say({ kind: "info", title: deed.done });
  return seeOther(visit.at("/admin"));
}
