import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { createWebhooks, type DeliveryView, type EndpointView } from "../../events/index.ts";
import { EVENT_TYPES } from "../../vault/index.ts";
import type { GatewayParts } from "../parts.ts";
import { present } from "../present.ts";
import type { ApiEnv } from "./caller.ts";
import { answers, json, SECURED } from "./document.ts";
import { IdParameter } from "./schemas.ts";

const tags = ["Webhooks"];
const time = (meaning: string) =>
  z.int().openapi({ description: `${meaning}. Milliseconds since the epoch.` });
const nothing = { body: json(z.strictObject({}), false) };

const Endpoint = z
  .object({
    id: z.string(),
    url: z.string(),
    types: z.array(z.string()).openapi({ description: "Which events; empty: all." }),
    description: z.string(),
    state: z.enum(["active", "disabled"]),
    disabled: z.object({ code: z.string(), at: time("Since when") }).optional(),
    failures: z.int().openapi({ description: "Failed attempts in a row." }),
    last_sent_at: time("The last attempt").optional(),
    last_status: z.int().optional(),
    created_at: time("When it was made"),
    updated_at: time("When it last changed"),
  })
  .openapi("WebhookEndpoint");
const WithSecret = Endpoint.extend({
  secret: z.string().openapi({ description: "Verifies signatures. It is never shown again." }),
}).openapi("CreatedWebhookEndpoint");
const NewEndpoint = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .openapi({ description: "A public https address." }),
    types: z.array(z.enum(EVENT_TYPES)).max(50).optional().openapi({ description: "Default all." }),
    description: z.string().max(200).optional(),
  })
  .openapi("NewWebhookEndpoint");
const Delivery = z
  .object({
    id: z.string(),
    endpoint_id: z.string(),
    event_id: z.string().openapi({ description: "What stands in `webhook-id`." }),
    type: z.string(),
    state: z.enum(["waiting", "done", "dead"]).openapi({ description: "dead: given up." }),
    attempts: z.int(),
    due_at: time("The next attempt, while it waits"),
    last_status: z.int().optional(),
    last_error: z.string().optional(),
    created_at: time("When the event happened"),
    ended_at: time("When it was taken or given up").optional(),
  })
  .openapi("WebhookDelivery");

const base = "/api/v1/webhook-endpoints";
const list = createRoute({
  method: "get",
  path: base,
  tags,
  ...SECURED,
  summary: "The owner's webhook endpoints, oldest first.",
  request: { query: z.strictObject({}) },
  responses: answers(200, "All of them.", z.object({ webhook_endpoints: z.array(Endpoint) }), [400]),
});
const add = createRoute({
  method: "post",
  path: base,
  tags,
  ...SECURED,
  summary: "Tell an address of what happens to the owner's connections.",
  request: { body: json(NewEndpoint) },
  responses: answers(201, "The endpoint, and the secret of its signatures.", WithSecret, [400, 413, 415]),
});
const remove = createRoute({
  method: "delete",
  path: `${base}/{id}`,
  tags,
  ...SECURED,
  summary: "Remove an endpoint, with everything on its way to it.",
  request: { params: IdParameter, ...nothing },
  responses: answers(200, "Removed.", z.object({ id: z.string(), removed: z.literal(true) }), [404]),
});
const enable = createRoute({
  method: "post",
  path: `${base}/{id}/enable`,
  tags,
  ...SECURED,
  summary: "Send to it again, after it was disabled.",
  request: { params: IdParameter, ...nothing },
  responses: answers(200, "The endpoint.", Endpoint, [404]),
});
const rotate = createRoute({
  method: "post",
  path: `${base}/{id}/rotate`,
  tags,
  ...SECURED,
  summary: "A new secret. The one before goes on signing beside it for a day.",
  request: { params: IdParameter, ...nothing },
  responses: answers(200, "The endpoint, and the new secret.", WithSecret, [400, 404]),
});
const deliveries = createRoute({
  method: "get",
  path: "/api/v1/webhook-deliveries",
  tags,
  ...SECURED,
  summary: "What was sent to the owner's endpoints, or waits to be, newest first, at most 100.",
  request: {
    query: z.strictObject({
      endpoint_id: z.string().max(64).optional(),
      state: z.enum(["waiting", "done", "dead"]).optional(),
    }),
  },
  responses: answers(200, "The deliveries.", z.object({ webhook_deliveries: z.array(Delivery) }), [400, 404]),
});
const redeliver = createRoute({
  method: "post",
  path: "/api/v1/webhook-deliveries/{id}/redeliver",
  tags,
  ...SECURED,
  summary: "Send one again, under the same `webhook-id`.",
  request: { params: IdParameter, ...nothing },
  responses: answers(
    200,
    "It is on its way.",
    z.object({ id: z.string(), redelivered: z.literal(true) }),
    [400, 404],
  ),
});

export function webhookRoutes(app: OpenAPIHono<ApiEnv>, parts: GatewayParts): void {
  const webhooks = createWebhooks(parts);
  app.openapi(list, async (c) => {
    const found = await webhooks.list(c.get("handle").owner);
    return c.json({ webhook_endpoints: found.map(endpointView) }, 200);
  });
  app.openapi(add, async (c) => {
    const { url, ...more } = c.req.valid("json");
    // Whoever holds a handle is no operator: what it adds is told at public addresses only.
    const made = await webhooks.add({ ...present(more), url, owner: c.get("handle").owner });
    return c.json({ ...endpointView(made.endpoint), secret: made.secret.reveal() }, 201);
  });
  app.openapi(remove, async (c) => {
    const { id } = c.req.valid("param");
    await webhooks.remove(c.get("handle").owner, id);
    return c.json({ id, removed: true as const }, 200);
  });
  app.openapi(enable, async (c) =>
    c.json(endpointView(await webhooks.enable(c.get("handle").owner, c.req.valid("param").id)), 200),
  );
  app.openapi(rotate, async (c) => {
    const made = await webhooks.rotate(c.get("handle").owner, c.req.valid("param").id);
    return c.json({ ...endpointView(made.endpoint), secret: made.secret.reveal() }, 200);
  });
  app.openapi(deliveries, async (c) => {
    const found = await webhooks.deliveries(c.get("handle").owner, present(c.req.valid("query")));
    return c.json({ webhook_deliveries: found.map((one): DeliveryView => one) }, 200);
  });
  app.openapi(redeliver, async (c) => {
    const { id } = c.req.valid("param");
    await webhooks.redeliver(c.get("handle").owner, id);
    return c.json({ id, redelivered: true as const }, 200);
  });
}

function endpointView({ owner: _, types, ...shown }: EndpointView) {
  return { ...shown, types: [...types] };
}
