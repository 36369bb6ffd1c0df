/** Paths and methods of the document, for telling 404 from 405. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { LatchkeyError } from "../../errors.ts";

type Route = { readonly method: string; readonly path: string; readonly pattern: RegExp };

/** Every route of the document. */
export function routesOf(app: Pick<OpenAPIHono, "openAPIRegistry">): Route[] {
  return app.openAPIRegistry.definitions.flatMap((definition) => {
    if (definition.type !== "route") return [];
    const { method, path } = definition.route;
    return [
      { method: method.toUpperCase(), path, pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, "[^/]+")}$`) },
    ];
  });
}

/** @throws not_found, method_not_allowed with what is allowed */
export function demandRoute(routes: readonly Route[], method: string, path: string): void {
  const here = routes.filter(({ pattern }) => pattern.test(path)).map((route) => route.method);
  if (here.length === 0) throw new LatchkeyError("not_found", "The API has no such address.");
  const allowed = here.includes("GET") ? [...here, "HEAD"] : here;
  if (allowed.includes(method)) return;
  throw new LatchkeyError("method_not_allowed", undefined, { details: { allow: allowed.join(", ") } });
}
