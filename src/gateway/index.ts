/**
 * The gateway: `Request` in, `Response` out. Pages are here; the API, the proxy and the operator's endpoints are
 * mounted beside them, before the pages, because they know no cookie.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { routePath } from "hono/route";
import { createConnectSessions } from "../connect/index.ts";
import { LatchkeyError } from "../errors.ts";
import { type AdminLinks, createAdminLinks } from "./admin-links.ts";
import { loadAssets, serveAsset } from "./assets.ts";
import { below } from "./below.ts";
import { beginExchange } from "./exchange.ts";
import { pageFailure } from "./failure.ts";
import { createFront } from "./front.ts";
import { guestVisit } from "./guest.ts";
import { canonicalAddress, refuseForeignHost, refuseForeignWrite } from "./origin.ts";
import type { GatewayParts } from "./parts.ts";
import { seeOther } from "./render.ts";
import { adminRoutes } from "./routes/admin.ts";
import { callbackRoutes } from "./routes/callback.ts";
import { callRoutes } from "./routes/calls.ts";
import { connectRoutes } from "./routes/connect.ts";
import { connectSessionRoutes, openLink } from "./routes/connect-session.ts";
import { connectionRoutes } from "./routes/connections.ts";
import { danceRoutes } from "./routes/dances.ts";
import { doctorRoutes } from "./routes/doctor.ts";
import { exportRoutes } from "./routes/exports.ts";
import { handleRoutes } from "./routes/handles.ts";
import { linkRoutes } from "./routes/links.ts";
import { policyRoutes } from "./routes/policies.ts";
import { recordRoutes } from "./routes/records.ts";
import { registrationRoutes } from "./routes/registrations.ts";
import { tokenRoutes } from "./routes/token.ts";
import { createSessions } from "./session.ts";
import { type Env, type House, Visit } from "./visit.ts";

export { type AdminLinks, createAdminLinks } from "./admin-links.ts";
export { LISTENING } from "./listening.ts";
export type { GatewayParts } from "./parts.ts";
export { createPsoxyInstances, type PsoxyInstances, withInstances } from "./psoxy/index.ts";
export { answerUnreadable } from "./unreadable.ts";

export type Gateway = {
  /** Pages, API and proxy as one function. */
  fetch(request: Request, info?: { readonly remote?: string }): Promise<Response>;
  /** The same for `http.createServer`. */
  listener: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
  /** One-time links to the admin page. */
  readonly admin: AdminLinks;
  /** The whole address of an admin link, for printing at start. */
  adminAddress(): Promise<string>;
};

/** Puts the pages together over the parts. Opens nothing and listens nowhere by itself. */
export function createGateway(parts: GatewayParts): Gateway {
  const public_url = new URL(parts.public_url);
  const house: House = {
    parts,
    sessions: createSessions({ ...parts, public_url }),
    assets: loadAssets(),
    public_url,
    base: public_url.pathname.replace(/\/+$/, ""),
    application: parts.application ?? "Latchkey",
    connect_sessions: createConnectSessions(parts),
  };
  const admin = parts.admin ?? createAdminLinks(parts);
  const front = createFront(parts, house.base);
  const app = new Hono<Env>();
  app.use(async (c, next) => {
    const exchange = beginExchange(parts, front.metrics);
    c.set("request_id", exchange.request_id);
    await next();
    c.header("x-request-id", exchange.request_id);
    exchange.answered(routePath(c, -1), c.req.method, c.res.status);
  });
  app.get("/assets/:name", (c) => {
    const found = serveAsset(house.assets, c.req.path, c.req.raw);
    if (!found) throw new LatchkeyError("not_found");
    return found;
  });
  pages(app, house, admin);

  const fetch = async (request: Request, info: { readonly remote?: string } = {}) =>
    (await front.fetch(request, info)) ?? app.fetch(below(house.base, request), info);
  const listener = getRequestListener(
    (request, { incoming }) => {
      const remote = incoming.socket.remoteAddress;
      return fetch(request, remote === undefined ? {} : { remote });
    },
    { overrideGlobalObjects: false },
  );
  return {
    fetch,
    listener: (incoming, outgoing) => {
      if (!front.listener(incoming, outgoing)) void listener(incoming, outgoing);
    },
    admin,
    adminAddress: async () =>
      `${public_url.origin}${house.base}/admin/enter?token=${(await admin.issue()).reveal()}`,
  };
}

function pages(app: Hono<Env>, house: House, admin: AdminLinks): void {
  app.use(async (c, next) => {
    const { parts, public_url } = house;
    const request = c.req.raw;
    const url = new URL(request.url);
    // Where the application signs people in, it also decides under which names it is reached.
    if (!parts.owner) {
      refuseForeignHost(url, public_url);
      const elsewhere = canonicalAddress(url, public_url);
      if (elsewhere !== undefined && request.method === "GET") return seeOther(elsewhere);
    }
    refuseForeignWrite(request, [public_url.origin]);
    // Whoever comes by a link of an application need not be signed in here, and sees nothing but its pages.
    const opened = await openLink(house, request, url);
    if (opened) return opened;
    const visit = (await guestVisit(house, request, c.req.path)) ?? (await ownVisit(house, request, c.env));
    c.set("visit", visit);
    await next();
    const cookie = visit.cookie();
    if (cookie !== undefined) c.header("set-cookie", cookie, { append: true });
    return undefined;
  });
  connectSessionRoutes(app);
  connectRoutes(app);
  tokenRoutes(app);
  callbackRoutes(app);
  connectionRoutes(app);
  handleRoutes(app);
  linkRoutes(app);
  exportRoutes(app);
  registrationRoutes(app);
  danceRoutes(app);
  doctorRoutes(app);
  callRoutes(app);
  recordRoutes(app);
  policyRoutes(app);
  adminRoutes(app, admin);
  app.notFound((c) =>
    pageFailure(house, c, new LatchkeyError(knownPath(app, c.req.path) ? "method_not_allowed" : "not_found")),
  );
  app.onError((error, c) => pageFailure(house, c, error));
}

/** A visit of whoever is signed in at the application. */
async function ownVisit(house: House, request: Request, info: Env["Bindings"]): Promise<Visit> {
  const { parts } = house;
  const owner = parts.owner ? await parts.owner(request, info) : "local";
  if (owner === undefined) throw new LatchkeyError("unauthenticated");
  return new Visit(house, owner, await house.sessions.load(request, owner));
}

/** Whether another method would have found something here. */
function knownPath(app: Hono<Env>, path: string): boolean {
  const depth = path.split("/").length;
  return app.routes.some(
    (route) =>
      route.method !== "ALL" &&
      route.path.split("/").length === depth &&
      new RegExp(`^${route.path.replace(/:[^/]+/g, "[^/]+")}$`).test(path),
  );
}
