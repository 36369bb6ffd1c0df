import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { isLatchkeyError, LatchkeyError } from "../../errors.ts";
import type { HandleView } from "../../handles/index.ts";
import type { Idea, LinkView, Push, PushOptions, PushResult } from "../../push/index.ts";
import type { GatewayParts } from "../parts.ts";
import { present } from "../present.ts";
import type { ApiEnv } from "./caller.ts";
import { answers, json, SECURED } from "./document.ts";
import { IdParameter } from "./schemas.ts";

const tags = ["Pushes"];
const MOST = 100;
const RULES = ["report", "ours", "theirs"] as const;
const STATES = ["waiting", "ok", "differs", "deleted", "moved", "duplicate", "failed"] as const;
const OUTCOMES = ["created", "updated", "unchanged", "would_create", "would_update", "refused"] as const;

const time = (meaning: string) =>
  z.int().openapi({ description: `${meaning}. Milliseconds since the epoch.` });

/** What an idea says is judged one by one, so that one that is wrong does not hold the others up. */
const IdeaBody = z
  .object({
    id: z
      .unknown()
      .openapi({ type: "string", description: "The application's own id; the same id is the same idea." }),
    title: z.unknown().openapi({ type: "string" }),
    description: z.unknown().openapi({ type: "string", description: "Markdown." }),
    url: z.unknown().openapi({ type: "string", description: "Where the remote link leads." }),
    status: z.unknown().openapi({ type: "string" }),
    resolved: z.unknown().openapi({ type: "boolean", description: "Default: by the status." }),
    labels: z.unknown().openapi({ type: "array", items: { type: "string" } }),
    fields: z.unknown().openapi({ type: "object", description: "Further fields by name or id." }),
    project: z.unknown().openapi({ type: "string", description: "Key or id." }),
    issueType: z.unknown().openapi({ type: "string", description: "Name or id." }),
    request: z
      .unknown()
      .openapi({ type: "object", description: "service_desk, request_type, on_behalf_of." }),
  })
  .partial()
  .loose()
  .openapi("Idea");

const NewPush = z
  .strictObject({
    connection_id: z.string().min(1).max(64),
    idea: IdeaBody.optional(),
    ideas: z.array(IdeaBody).min(1).max(MOST).optional(),
    dry_run: z.boolean().optional().openapi({ description: "Say what would be sent, and send nothing." }),
    on_conflict: z
      .enum(RULES)
      .optional()
      .openapi({ description: "Of what was edited on both sides; default report." }),
    conflict: z
      .record(z.string().max(255), z.enum(RULES))
      .optional()
      .openapi({ description: "The same by field." }),
  })
  .openapi("NewPush");

const Difference = z
  .object({ field: z.string(), ours: z.unknown(), theirs: z.unknown() })
  .openapi("Difference");
const PushError = z
  .object({
    code: z.string(),
    message: z.string(),
    fix: z.string().optional(),
    fields: z
      .array(z.object({ field: z.string(), problem: z.string(), allowed: z.array(z.string()).optional() }))
      .optional(),
    retry_after_s: z.number().optional(),
    at: time("When").optional(),
  })
  .openapi("PushError");

const Link = z
  .object({
    id: z.string(),
    connection_id: z.string(),
    idea_id: z.string(),
    kind: z.enum(["issue", "request"]),
    issue_id: z.string().optional(),
    issue_key: z.string().optional(),
    issue_url: z.string().optional(),
    summary: z.string().optional(),
    status: z.string().optional(),
    status_category: z.string().optional(),
    resolution: z.string().optional(),
    assignee: z.object({ account_id: z.string(), display_name: z.string().optional() }).optional(),
    comments: z.array(z.object({}).loose()).optional(),
    state: z.enum(STATES),
    differs: z.array(Difference).optional(),
    duplicates: z.array(z.string()).optional(),
    pushed_at: time("When it was last pushed whole").optional(),
    seen_at: time("When the issue was last read").optional(),
    created_at: time("When it was made"),
    updated_at: time("When it last changed"),
    error: PushError.optional(),
  })
  .openapi("Link");

const Result = z
  .object({
    idea_id: z.string(),
    outcome: z.enum(OUTCOMES),
    link: Link.optional(),
    differs: z.array(Difference).optional(),
    error: PushError.optional(),
    calls: z.array(z.object({ method: z.string(), path: z.string(), json: z.unknown() })).optional(),
  })
  .openapi("PushResult");

const create = createRoute({
  method: "post",
  path: "/api/v1/pushes",
  tags,
  ...SECURED,
  summary: "Make issues of ideas, or bring their issues up to date; each idea is answered for itself.",
  request: { body: json(NewPush) },
  responses: answers(
    200,
    "What became of each idea, in their order. A refusal names every field at fault.",
    z.object({ results: z.array(Result) }),
    [400, 404, 409, 413, 415, 502],
  ),
});
const list = createRoute({
  method: "get",
  path: "/api/v1/links",
  tags,
  ...SECURED,
  summary: "Ideas and their issues over the handle's connections, newest first.",
  request: {
    query: z.strictObject({
      connection_id: z.string().max(64).optional(),
      state: z.enum(STATES).optional(),
      idea_id: z.string().max(200).optional(),
      after: z.string().max(64).optional().openapi({ description: "Those after the link with this id." }),
      limit: z.coerce.number().int().min(1).max(200).optional().openapi({ description: "Default 50." }),
    }),
  },
  responses: answers(200, "The links.", z.object({ links: z.array(Link) }), [400, 404]),
});
const show = createRoute({
  method: "get",
  path: "/api/v1/links/{id}",
  tags,
  ...SECURED,
  summary: "One idea and its issue.",
  request: { params: IdParameter },
  responses: answers(200, "The link.", Link, [404]),
});
const refresh = createRoute({
  method: "post",
  path: "/api/v1/links/{id}/refresh",
  tags,
  ...SECURED,
  summary: "Read the issue again.",
  request: { params: IdParameter },
  responses: answers(200, "The link.", z.object({ link: Link, changed: z.boolean() }), [404, 409, 502]),
});

export function pushRoutes(app: OpenAPIHono<ApiEnv>, parts: GatewayParts): void {
  const push = (): Push => {
    if (parts.push) return parts.push;
    throw new LatchkeyError("not_found", "This gateway pushes no ideas.");
  };
  app.openapi(create, async (c) => {
    const handle = c.get("handle");
    const { connection_id, idea, ideas, ...options } = c.req.valid("json");
    if ((idea === undefined) === (ideas === undefined)) {
      throw bad("idea", "Give one idea, or a list of them as ideas.");
    }
    await demandPush(parts, handle, connection_id);
    const given = ideas ?? [idea!];
    const results = await pushed(parts, push(), handle, connection_id, given, present(options));
    return c.json({ results: results as z.infer<typeof Result>[] }, 200);
  });
  app.openapi(list, async (c) => {
    const { owner, connection_ids, limits } = c.get("handle");
    const { connection_id, ...query } = c.req.valid("query");
    if (connection_id !== undefined && !connection_ids.includes(connection_id))
      throw new LatchkeyError("not_found");
    const named = connection_id === undefined ? {} : { connection_id };
    const found = await push().links.list(owner, { ...present(query), ...named });
    const own = found.filter((link) => connection_ids.includes(link.connection_id));
    return c.json({ links: own.map((link) => shown(link, limits.policy)) as z.infer<typeof Link>[] }, 200);
  });
  app.openapi(show, async (c) => {
    const handle = c.get("handle");
    const link = await ownLink(push(), handle, c.req.valid("param").id);
    return c.json(shown(link, handle.limits.policy) as z.infer<typeof Link>, 200);
  });
  app.openapi(refresh, async (c) => {
    const handle = c.get("handle");
    const { id } = await ownLink(push(), handle, c.req.valid("param").id);
    const { link, changed } = await push().links.refresh(handle.owner, id);
    return c.json({ link: shown(link, handle.limits.policy) as z.infer<typeof Link>, changed }, 200);
  });
}

function bad(field: string, says: string): LatchkeyError {
  return new LatchkeyError("bad_request", `${field}: ${says}`, {
    details: { field, errors: [{ field, says }] },
  });
}

async function ownLink(push: Push, { owner, connection_ids }: HandleView, id: string): Promise<LinkView> {
  const link = await push.links.get(owner, id);
  if (!connection_ids.includes(link.connection_id)) throw new LatchkeyError("not_found");
  return link;
}

/**
 * A push reads and writes as Jira has it, so it asks of a handle what such calls through the proxy would ask.
 * @throws not_found, forbidden, policy_denied
 */
async function demandPush(parts: GatewayParts, handle: HandleView, connection_id: string): Promise<void> {
  const { owner, connection_ids, limits } = handle;
  if (!connection_ids.includes(connection_id)) {
    throw new LatchkeyError("not_found", "The handle knows no connection with this id.");
  }
  const { flavor, site } = await parts.vault.connections.get(owner, connection_id);
  parts.handles.permitSite(handle, site);
  if (limits.policy !== "raw") {
    throw new LatchkeyError(
      "policy_denied",
      "A push writes texts into Jira and reads them back as they are.",
      {
        fix: "Use a handle with the policy raw.",
      },
    );
  }
  const path = `/rest/api/${flavor === "cloud" ? 3 : 2}/issue`;
  for (const method of ["GET", "POST", "PUT"]) parts.handles.permit(handle, { connection_id, method, path });
}

async function pushed(
  parts: GatewayParts,
  push: Push,
  handle: HandleView,
  connection_id: string,
  ideas: readonly unknown[],
  options: PushOptions,
): Promise<PushResult[]> {
  const results: PushResult[] = [];
  const inside: { readonly idea: unknown; readonly at: number }[] = [];
  for (const [at, idea] of ideas.entries()) {
    const refusal = await outside(parts, handle, connection_id, idea as Partial<Idea>);
    if (refusal) results[at] = refusal;
    else inside.push({ idea, at });
  }
  if (ideas.length === 1 && inside.length === 1) {
    return [await push.push(handle.owner, connection_id, inside[0]!.idea as Idea, options)];
  }
  const wish = { ...options, priority: handle.limits.priority ?? "interactive" } as const;
  const of = inside.map(({ idea }) => idea);
  for await (const { at, ...result } of push.pushMany(handle.owner, connection_id, of, wish)) {
    results[inside[at]!.at] = result;
  }
  return results;
}

/** A handle limited to projects pushes into those alone. */
async function outside(
  { vault, projects }: GatewayParts,
  { owner, limits }: HandleView,
  connection_id: string,
  idea: Partial<Idea>,
): Promise<PushResult | undefined> {
  if (!limits.projects) return undefined;
  const refusal = (field: string): PushResult => ({
    idea_id: typeof idea?.id === "string" ? idea.id : "",
    outcome: "refused",
    error: {
      code: "forbidden",
      message: "The handle does not allow this project.",
      fields: [{ field, problem: "It is not one of the handle's projects." }],
    },
  });
  // The project of a service desk is not told by its name.
  if (idea?.request !== undefined) return refusal("request.service_desk");
  if (typeof idea?.project !== "string") return undefined;
  try {
    const found = await projects?.find(await vault.connections.get(owner, connection_id), idea.project);
    const own = limits.projects.filter((one) => one.connection_id === connection_id);
    return found && own.some(({ id }) => id === found.id) ? undefined : refusal("project");
  } catch (thrown) {
    if (isLatchkeyError(thrown) && thrown.code === "jira_not_found") return refusal("project");
    throw thrown;
  }
}

/** Through a policy no texts and no people leave: what stays is what the link itself knows. */
function shown(link: LinkView, policy: string | undefined): LinkView {
  if (policy === "raw") return link;
  const { summary: _s, assignee: _a, differs: _d, comments: _c, error: _e, ...rest } = link;
  return rest;
}
