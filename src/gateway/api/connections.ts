import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { createConnectSessions } from "../../connect/index.ts";
import { isLatchkeyError } from "../../errors.ts";
import { listSites } from "../../jira/index.ts";
import { endpointsFor } from "../../protocol/index.ts";
import type { Connection as Record } from "../../vault/index.ts";
import type { GatewayParts } from "../parts.ts";
import { present } from "../present.ts";
import type { ApiEnv } from "./caller.ts";
import { CreatedSession, ReconnectLink, sessionView } from "./connect-sessions.ts";
import { answers, json, SECURED } from "./document.ts";
import { Account, Connection, IdParameter, Site } from "./schemas.ts";
import { connectionView, standingView } from "./views.ts";

const tags = ["Connections"];
const params = IdParameter;
const nothing = { body: json(z.strictObject({}), false) };

const list = createRoute({
  method: "get",
  path: "/api/v1/connections",
  tags,
  ...SECURED,
  summary: "The owner's connections, oldest first.",
  request: { query: z.strictObject({ registration_id: z.string().max(64).optional() }) },
  responses: answers(200, "All of them.", z.object({ connections: z.array(Connection) }), [400]),
});
const show = createRoute({
  method: "get",
  path: "/api/v1/connections/{id}",
  tags,
  ...SECURED,
  summary: "One connection.",
  request: { params },
  responses: answers(200, "The connection.", Connection, [404]),
});
const remove = createRoute({
  method: "delete",
  path: "/api/v1/connections/{id}",
  tags,
  ...SECURED,
  summary: "Forget a connection; its tokens are wiped with the last connection on them.",
  request: { params, ...nothing },
  responses: answers(
    200,
    "Forgotten here. Jira still lists the approval: `where` is the page on which the person removes it.",
    z.object({ revoked: z.literal(false), where: z.string(), says: z.string() }),
    [404],
  ),
});
const refresh = createRoute({
  method: "post",
  path: "/api/v1/connections/{id}/refresh",
  tags,
  ...SECURED,
  summary: "Renew the tokens now. An OAuth 1.0a connection has nothing to renew and stays as it is.",
  request: { params, ...nothing },
  responses: answers(200, "The connection with its new dates.", Connection, [400, 404, 409, 502]),
});
const test = createRoute({
  method: "post",
  path: "/api/v1/connections/{id}/test",
  tags,
  ...SECURED,
  summary: "Ask Jira who the connection is.",
  request: { params, ...nothing },
  responses: answers(
    200,
    "Jira answered.",
    z.object({ account: Account, duration_ms: z.int() }),
    [400, 404, 409, 502],
  ),
});
const reconnect = createRoute({
  method: "post",
  path: "/api/v1/connections/{id}/reconnect-link",
  tags,
  ...SECURED,
  summary:
    "A link that works once, by which a person approves this connection anew, with further scopes if asked.",
  request: { params, body: json(ReconnectLink, false) },
  responses: answers(
    201,
    "The session. Its link is in this answer and is never shown again.",
    CreatedSession,
    [400, 404, 409],
  ),
});
const sites = createRoute({
  method: "get",
  path: "/api/v1/connections/{id}/sites",
  tags,
  ...SECURED,
  summary: "The sites the connection's consent reaches, asked of Jira now.",
  request: { params },
  responses: answers(200, "All of them.", z.object({ sites: z.array(Site) }), [404, 409, 502]),
});

export function connectionRoutes(app: OpenAPIHono<ApiEnv>, parts: GatewayParts): void {
  const { vault, connect, governor, public_url } = parts;
  app.openapi(list, async (c) => {
    const { registration_id } = c.req.valid("query");
    const filter = registration_id === undefined ? {} : { registration_id };
    const found = await vault.connections.list(c.get("handle").owner, filter);
    return c.json({ connections: found.map((one) => connectionView(one, public_url)) }, 200);
  });
  app.openapi(show, async (c) => {
    const found = await vault.connections.get(c.get("handle").owner, c.req.valid("param").id);
    const standing = governor?.standing(found.site.api_base_url, found.registration_id);
    const told = standing && standingView(standing);
    return c.json({ ...connectionView(found, public_url), ...(told ? { standing: told } : {}) }, 200);
  });
  app.openapi(remove, async (c) => {
    return c.json(await connect.disconnect(c.get("handle").owner, c.req.valid("param").id), 200);
  });
  app.openapi(refresh, async (c) => {
    const { owner } = c.get("handle");
    const { id } = c.req.valid("param");
    await vault.refresh(owner, id);
    return c.json(connectionView(await vault.connections.get(owner, id), public_url), 200);
  });
  app.openapi(test, async (c) => {
    const began = parts.now();
    const jira = await parts.jiraFor(c.get("handle").owner, c.req.valid("param").id);
    const { account_id, name, display_name, email, avatar_url, time_zone } = await jira.myself();
    const account = { account_id, name, display_name, email, avatar_url, time_zone };
    return c.json({ account, duration_ms: parts.now() - began }, 200);
  });
  const sessions = createConnectSessions(parts);
  app.openapi(reconnect, async (c) => {
    const { owner } = c.get("handle");
    const connection_id = c.req.valid("param").id;
    const asked = c.req.valid("json") ?? {};
    const made = await sessions.reconnectLink({ ...present(asked), owner, connection_id });
    return c.json({ ...sessionView(made.session), url: made.url.reveal() }, 201);
  });
  app.openapi(sites, async (c) => {
    const { owner } = c.get("handle");
    const connection = await vault.connections.get(owner, c.req.valid("param").id);
    const beside = await vault.connections.list(owner, { family_id: connection.family_id });
    const reached = await sitesOf(parts, owner, connection);
    const view = reached.map(({ id, url, name }) => ({
      id,
      url,
      name,
      connection_id: beside.find((one) => one.site.id === id)?.id,
    }));
    return c.json({ sites: view }, 200);
  });
}

type Reached = { readonly id: string; readonly url: string; readonly name: string };

/** Data Center has the one; Cloud is asked, a second time where it refused the first token. */
async function sitesOf(parts: GatewayParts, owner: string, connection: Record): Promise<readonly Reached[]> {
  const { vault, transport, now, random } = parts;
  if (connection.flavor !== "cloud" || connection.kind === "api-token") return [connection.site];
  const registration = await vault.registrations.get(connection.registration_id);
  const endpoints = endpointsFor("cloud", registration);
  const credential = await vault.credentialFor(owner, connection.id);
  try {
    return await listSites({ transport, endpoints, credential, now, random });
  } catch (error) {
    if (!isLatchkeyError(error) || error.code !== "jira_unauthorized") throw error;
    const fresh = await vault.rejected(owner, connection.id, credential.token_id);
    return await listSites({ transport, endpoints, credential: fresh, now, random });
  }
}
