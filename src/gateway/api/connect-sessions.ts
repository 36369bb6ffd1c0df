import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { createConnectSessions, type ConnectSession as Session } from "../../connect/index.ts";
import { isLatchkeyError, LatchkeyError } from "../../errors.ts";
import type { HandleView } from "../../handles/index.ts";
import type { GatewayParts } from "../parts.ts";
import { present } from "../present.ts";
import type { ApiEnv } from "./caller.ts";
import { answers, json, SECURED } from "./document.ts";
import { Connection, IdParameter } from "./schemas.ts";
import { connectionView } from "./views.ts";

const tags = ["Connect sessions"];
const FLAVORS = ["cloud", "datacenter-oauth2", "datacenter-oauth1"] as const;
const STATES = ["created", "opened", "begun", "waiting", "redeemed", "failed", "expired"] as const;

const time = (meaning: string) =>
  z.int().openapi({ description: `${meaning}. Milliseconds since the epoch.` });
const shared = {
  user_name: z
    .string()
    .min(1)
    .max(255)
    .openapi({ description: "How the application names that user to people; default the id." }),
  return_url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .openapi({ description: "Where the browser goes afterwards. Its origin is one of return_origins." }),
  scope: z.array(z.string().min(1).max(200)).max(100),
  expires_in_s: z.int().min(1).max(900).openapi({ description: "Of the link; default 600." }),
};
const user = z
  .string()
  .min(1)
  .max(255)
  .openapi({ description: "The application's own id of the user who is signed in there." });

const NewSession = z
  .strictObject({
    user,
    user_name: shared.user_name.optional(),
    application: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .openapi({ description: "The application's name, where several share this gateway." }),
    return_url: shared.return_url,
    site: z.string().min(1).max(2048).optional(),
    flavor: z.enum(FLAVORS).optional(),
    registration_id: z.string().min(1).max(64).optional(),
    scope: shared.scope.optional(),
    expires_in_s: shared.expires_in_s.optional(),
  })
  .openapi("NewConnectSession");

export const ReconnectLink = z
  .strictObject({
    user: user.optional().openapi({
      description:
        "With a user the renewal counts once it is redeemed; without, only the same account may approve.",
    }),
    user_name: shared.user_name.optional(),
    return_url: shared.return_url.optional(),
    scope: shared.scope.optional().openapi({ description: "Besides those the connection has." }),
    expires_in_s: shared.expires_in_s.optional(),
  })
  .openapi("NewReconnectLink");

const ConnectSession = z
  .object({
    id: z.string(),
    user: z.string().optional(),
    user_name: z.string().optional(),
    application: z.string().optional(),
    return_url: z.string().optional(),
    site: z.string().optional(),
    flavor: z.enum(FLAVORS).optional(),
    registration_id: z.string().optional(),
    scope: z.array(z.string()).optional(),
    reconnect_id: z.string().optional().openapi({ description: "The connection it renews." }),
    state: z.enum(STATES).openapi({ description: "waiting: approved, and to be redeemed." }),
    connection_id: z.string().optional().openapi({ description: "Once it is redeemed." }),
    error: z.object({ code: z.string(), where: z.string().optional() }).optional().openapi({
      description: "Why it failed; `where` the person takes an approval back that came to nothing.",
    }),
    created_at: time("When it was made"),
    expires_at: time("When the link, the dance or the result ends"),
    ended_at: time("When it ended").optional(),
  })
  .openapi("ConnectSession");

export const CreatedSession = ConnectSession.extend({
  url: z.string().openapi({ description: "Where to send the user. It works once, in one browser." }),
}).openapi("CreatedConnectSession");

const Redemption = z
  .strictObject({
    result: z.string().min(1).max(200),
    user,
    with_handle: z.boolean().optional().openapi({
      description:
        "Also make a handle for this connection alone, with the limits of the calling one and no right to this API.",
    }),
  })
  .openapi("Redemption");
const MadeHandle = z
  .object({ id: z.string(), key: z.string(), expires_at: time("When it ends").optional() })
  .openapi("MadeHandle", { description: "The key is in this answer and is never shown again." });

const create = createRoute({
  method: "post",
  path: "/api/v1/connect-sessions",
  tags,
  ...SECURED,
  summary: "Begin to connect a user of the application: a link that works once.",
  request: { body: json(NewSession) },
  responses: answers(
    201,
    "The session. Its link is in this answer and is never shown again.",
    CreatedSession,
    [400, 404, 409, 413, 415],
  ),
});
const list = createRoute({
  method: "get",
  path: "/api/v1/connect-sessions",
  tags,
  ...SECURED,
  summary: "The owner's connect sessions of the last days, newest first, at most 100.",
  request: { query: z.strictObject({}) },
  responses: answers(200, "The sessions.", z.object({ connect_sessions: z.array(ConnectSession) }), [400]),
});
const show = createRoute({
  method: "get",
  path: "/api/v1/connect-sessions/{id}",
  tags,
  ...SECURED,
  summary: "One connect session.",
  request: { params: IdParameter },
  responses: answers(200, "The session.", ConnectSession, [404]),
});
const redeem = createRoute({
  method: "post",
  path: "/api/v1/connect-sessions/{id}/redeem",
  tags,
  ...SECURED,
  summary: "Take up what came to the return URL: once, within five minutes, for the user who is signed in.",
  request: {
    params: IdParameter,
    body: json(Redemption),
  },
  responses: answers(
    200,
    "The connection is active from now on.",
    z.object({
      connection: Connection,
      reconnected: z.boolean(),
      handle: MadeHandle.optional(),
      handle_error: z
        .string()
        .optional()
        .openapi({ description: "Code of why no handle could be made; the connection stands all the same." }),
    }),
    [400, 404, 409, 413, 415],
  ),
});

export function connectSessionRoutes(app: OpenAPIHono<ApiEnv>, parts: GatewayParts): void {
  const sessions = createConnectSessions(parts);
  app.openapi(create, async (c) => {
    const { user, return_url, ...more } = c.req.valid("json");
    const { owner } = c.get("handle");
    const made = await sessions.create({ ...present(more), owner, user, return_url });
    return c.json({ ...sessionView(made.session), url: made.url.reveal() }, 201);
  });
  app.openapi(list, async (c) => {
    const found = await sessions.list(c.get("handle").owner);
    return c.json({ connect_sessions: found.map(sessionView) }, 200);
  });
  app.openapi(show, async (c) =>
    c.json(sessionView(await sessions.get(c.get("handle").owner, c.req.valid("param").id)), 200),
  );
  app.openapi(redeem, async (c) => {
    const by = c.get("handle");
    const { id } = c.req.valid("param");
    const { result, user, with_handle = false } = c.req.valid("json");
    const { connection, reconnected } = await sessions.redeem({ owner: by.owner, id, result, user });
    const handle = with_handle ? await handleFor(parts, by, connection.id) : {};
    return c.json({ connection: connectionView(connection, parts.public_url), reconnected, ...handle }, 200);
  });
}

/** A handle that may do what the one that redeemed may do, with what it has redeemed. */
async function handleFor({ handles }: GatewayParts, by: HandleView, connection_id: string) {
  const { api: _, projects, ...limits } = by.limits;
  const { owner, expires_at } = by;
  try {
    // Projects are those of other connections; their limit is no limit here.
    if (projects !== undefined) throw new LatchkeyError("forbidden");
    const input = {
      owner,
      name: `${by.name.slice(0, 60)}: ${connection_id}`,
      connection_ids: [connection_id],
      limits,
    };
    const made = await handles.create(
      { ...input, ...(expires_at !== undefined && { expires_at }) },
      { ...by, connection_ids: [connection_id] },
    );
    const ends = made.handle.expires_at;
    return {
      handle: { id: made.handle.id, key: made.key.reveal(), ...(ends !== undefined && { expires_at: ends }) },
    };
  } catch (error) {
    if (!isLatchkeyError(error)) throw error;
    return { handle_error: error.code };
  }
}

/** A session as the API shows it: whose it is goes without saying. */
export function sessionView({ owner: _, scope, ...shown }: Session) {
  return { ...shown, ...(scope !== undefined && { scope: [...scope] }) };
}
