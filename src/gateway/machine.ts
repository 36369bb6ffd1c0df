/** What programs call with a handle, or without anything: the API, its document, and the operator's endpoints. */
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { routePath } from "hono/route";
import { LatchkeyError } from "../errors.ts";
import { type ApiEnv, apiRoutes } from "./api/index.ts";
import { beginExchange } from "./exchange.ts";
import { NO_PAGE } from "./headers.ts";
import { incomingWebhookRoutes } from "./incoming-webhooks.ts";
import type { Metrics } from "./metrics.ts";
import { opsRoutes } from "./ops.ts";
import type { GatewayParts } from "./parts.ts";
import { asLatchkeyError, problemHeaders, toProblem } from "./problem.ts";

const OURS = /^\/(api(\/|$)|webhooks\/jira(\/|$)|(openapi\.json|healthz|readyz|metrics)$)/;

export type Machine = {
  /** `undefined` where the path is not one of these. */
  fetch(request: Request, info: { readonly remote?: string }): Promise<Response | undefined>;
  /** Every route there is, as the router knows it. */
  readonly routes: Hono<ApiEnv>["routes"];
};

export function createMachine(parts: GatewayParts, metrics: Metrics): Machine {
  const app = new Hono<ApiEnv>();
  app.use(async (c, next) => {
    const exchange = beginExchange(parts, metrics);
    c.set("request_id", exchange.request_id);
    await next();
    for (const [name, value] of Object.entries(NO_PAGE)) c.header(name, value);
    c.header("x-request-id", exchange.request_id);
    exchange.answered(templateOf(routePath(c, -1)), c.req.method, c.res.status);
  });
  opsRoutes(app, parts, metrics);
  incomingWebhookRoutes(app, parts);
  app.route("/", apiRoutes(parts));
  app.notFound((c) => problemResponse(parts, c.get("request_id"), new LatchkeyError("not_found"), c.req.raw));
  app.onError((error, c) => problemResponse(parts, c.get("request_id"), error, c.req.raw));
  return {
    routes: app.routes,
    fetch: async (request, info) =>
      OURS.test(new URL(request.url).pathname) ? await app.fetch(request, info) : undefined,
  };
}

/** Parameters as the document writes them. */
function templateOf(route: string): string {
  return route.replace(/:(\w+)/g, "{$1}");
}

function problemResponse(
  parts: GatewayParts,
  request_id: string,
  thrown: unknown,
  request: Request,
): Response {
  const error = foreseen(thrown);
  const problem = toProblem(error, request_id, "holder");
  parts.log[problem.status >= 500 ? "warn" : "info"]("api_refused", {
    request_id,
    code: problem.code,
    ...(problem.status >= 500 ? { error: asLatchkeyError(error) } : {}),
  });
  const body = { ...problem, ...fieldsOf(asLatchkeyError(error)) };
  // Nobody reads on in a body that was refused before its end.
  const unread = request.body !== null && (problem.status === 401 || problem.status === 413);
  return new Response(JSON.stringify(body), {
    status: problem.status,
    headers: { ...problemHeaders(problem, error), ...(unread ? { connection: "close" } : {}) },
  });
}

/** The fields that are wrong, where the failure names them: all of them, or the one. */
function fieldsOf({ origin, details, message }: LatchkeyError): { errors?: unknown } {
  if (origin !== "caller" && origin !== "configuration") return {};
  if (Array.isArray(details.errors)) return { errors: details.errors };
  return typeof details.field === "string" ? { errors: [{ field: details.field, says: message }] } : {};
}

/** The router's own refusals, in our words. */
function foreseen(thrown: unknown): unknown {
  if (!(thrown instanceof HTTPException)) return thrown;
  if (thrown.status === 415) return new LatchkeyError("media_type_unsupported", undefined, { cause: thrown });
  return thrown.status < 500 ? new LatchkeyError("bad_request", undefined, { cause: thrown }) : thrown;
}
