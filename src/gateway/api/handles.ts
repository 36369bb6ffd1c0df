import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { HandleInput } from "../../handles/index.ts";
import type { GatewayParts } from "../parts.ts";
import type { ApiEnv } from "./caller.ts";
import { answers, json, SECURED } from "./document.ts";
import { Handle, IdParameter, NewHandle } from "./schemas.ts";
import { handleView } from "./views.ts";

const tags = ["Handles"];

const list = createRoute({
  method: "get",
  path: "/api/v1/handles",
  tags,
  ...SECURED,
  summary: "The owner's handles, revoked ones too.",
  request: { query: z.strictObject({}) },
  responses: answers(200, "All of them, without their keys.", z.object({ handles: z.array(Handle) }), [400]),
});
const add = createRoute({
  method: "post",
  path: "/api/v1/handles",
  tags,
  ...SECURED,
  summary: "Make a handle that may do no more than the one that makes it.",
  request: { body: json(NewHandle) },
  responses: answers(
    201,
    "The handle. Its key is in this answer and is never shown again.",
    Handle.extend({ key: z.string() }).openapi("CreatedHandle"),
    [400, 404, 413, 415],
  ),
});
const revoke = createRoute({
  method: "delete",
  path: "/api/v1/handles/{id}",
  tags,
  ...SECURED,
  summary: "Revoke a handle at once.",
  request: { params: IdParameter, body: json(z.strictObject({}), false) },
  responses: answers(200, "Revoked.", z.object({ id: z.string(), revoked: z.literal(true) }), [404]),
});

export function handleRoutes(app: OpenAPIHono<ApiEnv>, parts: GatewayParts): void {
  const { handles } = parts;
  app.openapi(list, async (c) => {
    const found = await handles.list(c.get("handle").owner);
    return c.json({ handles: found.map(handleView) }, 200);
  });
  app.openapi(add, async (c) => {
    const by = c.get("handle");
    const { limits, expires_at, ...asked } = c.req.valid("json");
    const input: HandleInput = {
      ...asked,
      owner: by.owner,
      ...(limits === undefined ? {} : { limits: present(limits) }),
      ...(expires_at === undefined ? {} : { expires_at }),
    };
    const made = await handles.create(input, by);
    return c.json({ ...handleView(made.handle), key: made.key.reveal() }, 201);
  });
  app.openapi(revoke, async (c) => {
    const { id } = c.req.valid("param");
    await handles.revoke(c.get("handle").owner, id);
    return c.json({ id, revoked: true as const }, 200);
  });
}

function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
