/** The API: JSON over a handle, for the handle's owner. */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { GatewayParts } from "../parts.ts";
import { type ApiEnv, callerOf, demandRight, readJson } from "./caller.ts";
import { connectSessionRoutes } from "./connect-sessions.ts";
import { connectionRoutes } from "./connections.ts";
import { danceRoutes } from "./dances.ts";
import { doctorRoutes } from "./doctor.ts";
import { invalid } from "./document.ts";
import { eventRoutes } from "./events.ts";
import { exportRoutes } from "./exports.ts";
import { handleRoutes } from "./handles.ts";
import { pushRoutes } from "./pushes.ts";
import { registrationRoutes } from "./registrations.ts";
import { demandRoute, routesOf } from "./routing.ts";
import { SELF, selfRoutes } from "./self.ts";
import { tokenRoutes } from "./tokens.ts";
import { webhookRoutes } from "./webhooks.ts";

export { type ApiEnv, callerOf } from "./caller.ts";

/**
 * Every route below `/api/v1`, and `/openapi.json`. What is refused is thrown, for the exit filter of whoever
 * mounts it. In this order: who calls, whether there is such an address, whether the handle may, and only then is
 * a body read.
 */
export function apiRoutes(parts: GatewayParts): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalid(result.error.issues);
    },
  });
  app.use("/api/*", async (c, next) => {
    const handle = await callerOf(parts.handles, c.req.raw, c.req.path === SELF && c.req.method === "GET");
    demandRoute(routes, c.req.method, c.req.path);
    demandRight(handle, c.req.method);
    c.set("handle", handle);
    await next();
  });
  app.use("/api/*", readJson);
  connectionRoutes(app, parts);
  tokenRoutes(app, parts);
  registrationRoutes(app, parts);
  selfRoutes(app, parts);
  handleRoutes(app, parts);
  eventRoutes(app, parts);
  danceRoutes(app, parts);
  connectSessionRoutes(app, parts);
  webhookRoutes(app, parts);
  doctorRoutes(app, parts);
  pushRoutes(app, parts);
  exportRoutes(app, parts);
  const routes = routesOf(app);
  const document = documentOf(app, parts.public_url);
  app.get("/openapi.json", (c) => c.body(document, 200, { "content-type": "application/json" }));
  return app;
}

function documentOf(app: OpenAPIHono<ApiEnv>, public_url: string): string {
  app.openAPIRegistry.registerComponent("securitySchemes", "handle", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "lk_…",
    description: "A handle with the api right read (GET) or manage (everything).",
  });
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Latchkey",
      version: "1",
      description: "Connections to Jira, for the owner of the handle. Failures are RFC 9457 problems.",
    },
    servers: [{ url: public_url.replace(/\/+$/, "") }],
  });
  return JSON.stringify(document);
}
