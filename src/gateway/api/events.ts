import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { GatewayParts } from "../parts.ts";
import type { ApiEnv } from "./caller.ts";
import { answers, SECURED } from "./document.ts";
import { Event } from "./schemas.ts";
import { eventView } from "./views.ts";

const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.int().min(least).max(most));

const list = createRoute({
  method: "get",
  path: "/api/v1/events",
  tags: ["Events"],
  ...SECURED,
  summary: "What happened to the owner's connections, newest first.",
  request: {
    query: z.strictObject({
      connection_id: z.string().max(64).optional(),
      since: whole(0, Number.MAX_SAFE_INTEGER)
        .optional()
        .openapi({ type: "integer", description: "Milliseconds since the epoch, included." }),
      limit: whole(1, 500)
        .optional()
        .openapi({ type: "integer", minimum: 1, maximum: 500, description: "Default 100." }),
    }),
  },
  responses: answers(200, "The events.", z.object({ events: z.array(Event) }), [400]),
});

export function eventRoutes(app: OpenAPIHono<ApiEnv>, { store }: Pick<GatewayParts, "store">): void {
  app.openapi(list, async (c) => {
    const { connection_id, since, limit } = c.req.valid("query");
    const rows = await store.events.list(c.get("handle").owner, {
      ...(connection_id === undefined ? {} : { connection_id }),
      ...(since === undefined ? {} : { since }),
      ...(limit === undefined ? {} : { limit }),
    });
    return c.json({ events: rows.map(eventView) }, 200);
  });
}
