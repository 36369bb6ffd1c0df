/** What a handle may know of itself: its limits, and whether its connections and its policy are well. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { HandleView } from "../../handles/index.ts";
import { type Connection, statusOf } from "../../vault/index.ts";
import type { GatewayParts } from "../parts.ts";
import { asLatchkeyError } from "../problem.ts";
import type { ApiEnv } from "./caller.ts";
import { answers, SECURED } from "./document.ts";
import { Handle } from "./schemas.ts";
import { handleView } from "./views.ts";

/** The one address of the API that every handle may read. */
export const SELF = "/api/v1/handles/self";

const Trial = z.object({
  well: z.boolean(),
  code: z.string().optional().openapi({ description: "The cause, where it is not well." }),
  fix: z.string().optional(),
});
const Health = z
  .object({
    connection_id: z.string(),
    site: z.string().optional().openapi({ description: "The address people know it by." }),
    state: z.enum(["pending", "active", "dead", "exported", "gone"]),
    reconsent_by: z.int().optional().openapi({
      description:
        "When it ends unless somebody approves it anew. Milliseconds since the epoch; absent: no such date.",
    }),
    token: Trial.optional().openapi({
      description: "Whether Jira takes the token; only where it was tried.",
    }),
    policy: Trial.optional().openapi({
      description: "Whether the policy holds at this site; only where it was tried.",
    }),
  })
  .openapi("Health");

const self = createRoute({
  method: "get",
  path: SELF,
  tags: ["Handles"],
  ...SECURED,
  summary: "What this handle is, and how its connections are; test=1 tries the token and the policy of each.",
  description: "Needs no right to the API: every handle may ask about itself.",
  request: { query: z.strictObject({ test: z.literal("1").optional() }) },
  responses: answers(
    200,
    "The handle, and the health of each of its connections.",
    z.object({ handle: Handle, well: z.boolean(), connections: z.array(Health) }),
    [400],
  ),
});

export function selfRoutes(app: OpenAPIHono<ApiEnv>, parts: GatewayParts): void {
  app.openapi(self, async (c) => {
    const handle = c.get("handle");
    const tries = c.req.valid("query").test === "1";
    const connections = [];
    for (const id of handle.connection_ids) connections.push(await healthOf(parts, handle, id, tries));
    const well = connections.every((one) => isWell(one));
    return c.json({ handle: handleView(handle), well, connections }, 200);
  });
}

type HealthView = z.infer<typeof Health>;

function isWell({ state, token, policy }: HealthView): boolean {
  return state === "active" && token?.well !== false && policy?.well !== false;
}

async function healthOf(
  parts: GatewayParts,
  handle: HandleView,
  id: string,
  tries: boolean,
): Promise<HealthView> {
  const [connection] = (await parts.vault.connections.list(handle.owner)).filter((one) => one.id === id);
  if (!connection) return { connection_id: id, state: "gone" };
  const status = statusOf(connection, parts.now());
  return {
    connection_id: id,
    site: connection.site.url,
    state: connection.state,
    reconsent_by: status.kind === "soon" ? status.at : (connection.absolute_expires_at ?? undefined),
    ...(tries
      ? {
          token: await tried(() => askJira(parts, connection)),
          policy: await tried(() => compile(parts, handle, connection)),
        }
      : {}),
  };
}

async function askJira(parts: GatewayParts, connection: Connection): Promise<void> {
  const jira = await parts.jiraFor(connection.owner, connection.id);
  await jira.myself();
}

async function compile(parts: GatewayParts, { limits }: HandleView, connection: Connection): Promise<void> {
  const { policy } = limits;
  // Instances of the Psoxy-compatible mode are judged when Latchkey starts.
  if (policy === undefined || policy === "raw" || policy.includes(":")) return;
  await parts.policies?.compiledFor(policy, connection);
}

async function tried(trial: () => Promise<void>): Promise<z.infer<typeof Trial>> {
  try {
    await trial();
    return { well: true };
  } catch (thrown) {
    const { code, fix } = asLatchkeyError(thrown);
    return { well: false, code, fix };
  }
}
