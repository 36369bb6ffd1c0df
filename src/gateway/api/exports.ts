import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { LatchkeyError } from "../../errors.ts";
import { type Exports, type ExportView, FORMATS, KINDS, OPTIONAL_KINDS } from "../../export/index.ts";
import type { HandleView } from "../../handles/index.ts";
import { downloadOf } from "../download.ts";
import type { GatewayParts } from "../parts.ts";
import { present } from "../present.ts";
import type { ApiEnv } from "./caller.ts";
import { answers, json, SECURED } from "./document.ts";
import { demandExport, mayHave } from "./export-limits.ts";
import { IdParameter, Standing } from "./schemas.ts";

const tags = ["Exports"];
const time = (meaning: string) =>
  z.int().openapi({ description: `${meaning}. Milliseconds since the epoch.` });

const NewExport = z
  .strictObject({
    connection_id: z.string().min(1).max(64),
    jql: z.string().min(1).max(10_000).optional().openapi({ description: "Which issues." }),
    projects: z
      .array(z.string().min(1).max(100))
      .min(1)
      .max(50)
      .optional()
      .openapi({ description: "All issues of these projects, by key or id, instead of jql." }),
    format: z.enum(FORMATS),
    policy: z
      .string()
      .max(64)
      .optional()
      .openapi({ description: "In what form it leaves; default the handle's." }),
    without: z
      .array(z.enum(OPTIONAL_KINDS as [string, ...string[]]))
      .max(KINDS.length)
      .optional(),
    attachments: z.boolean().optional().openapi({ description: "The bytes of attachments too; only raw." }),
    since: z
      .string()
      .max(64)
      .optional()
      .openapi({ description: "Id of an export that is done and asked for the same: what changed since." }),
  })
  .openapi("NewExport");

const Export = z
  .object({
    id: z.string(),
    connection_id: z.string(),
    jql: z.string(),
    format: z.enum(FORMATS),
    policy: z.string(),
    without: z.array(z.enum(KINDS)),
    attachments: z.boolean(),
    since: z.string().optional(),
    state: z.enum(["queued", "running", "done", "failed", "stopped"]),
    progress: z
      .object({
        phase: z.enum(["planning", "reading", "reconciling", "writing"]),
        issues: z.number(),
        expected: z.number().openapi({ description: "How many there are; Jira's estimate on Cloud." }),
        per_s: z.number().openapi({ description: "Issues a second." }),
        left_s: z.number().optional().openapi({ description: "Time to go, in seconds." }),
        standing: Standing,
      })
      .optional(),
    files: z
      .array(
        z.object({
          kind: z.enum(KINDS),
          name: z.string(),
          rows: z.int(),
          bytes: z.int(),
          sha256: z.string(),
        }),
      )
      .optional(),
    left_out: z
      .record(z.string(), z.enum(["policy", "refused", "asked"]))
      .optional()
      .openapi({ description: "What is not there, and why." }),
    error: z.object({ code: z.string(), message: z.string(), fix: z.string() }).optional(),
    begun_anew: z
      .int()
      .openapi({ description: "Times it began from nothing, since what was read lay on another machine." }),
    created_at: time("When it was asked for"),
    started_at: time("When it began").optional(),
    ended_at: time("When it ended").optional(),
    expires_at: time("When it and its files are removed").optional(),
  })
  .openapi("Export");

const create = createRoute({
  method: "post",
  path: "/api/v1/exports",
  tags,
  ...SECURED,
  summary: "Export issues and what belongs to them; it is made meanwhile.",
  request: { body: json(NewExport) },
  responses: answers(
    202,
    "It will be made; `url` says how far it is.",
    z.object({ id: z.string(), url: z.string() }),
    [400, 404, 409, 413, 415],
  ),
});
const list = createRoute({
  method: "get",
  path: "/api/v1/exports",
  tags,
  ...SECURED,
  summary: "Exports, newest first.",
  responses: answers(200, "The exports.", z.object({ exports: z.array(Export) }), [404]),
});
const show = createRoute({
  method: "get",
  path: "/api/v1/exports/{id}",
  tags,
  ...SECURED,
  summary: "One export: how far it is, or its files.",
  request: { params: IdParameter },
  responses: answers(200, "The export.", Export, [404]),
});
const download = createRoute({
  method: "get",
  path: "/api/v1/exports/{id}/files/{name}",
  tags,
  ...SECURED,
  summary: "A file of an export that is done: one of `files`, `issues.manifest.json`, or an attachment.",
  request: { params: z.strictObject({ id: z.string().max(64), name: z.string().max(200) }) },
  responses: {
    ...answers(200, "", z.unknown(), [404]),
    200: {
      description: "The bytes of the file.",
      content: { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } },
    },
  },
});
const remove = createRoute({
  method: "delete",
  path: "/api/v1/exports/{id}",
  tags,
  ...SECURED,
  summary: "Stop an export, or remove one that has ended; its files go.",
  request: { params: IdParameter },
  responses: answers(200, "What was done.", z.object({ outcome: z.enum(["stopped", "removed"]) }), [404]),
});

export function exportRoutes(app: OpenAPIHono<ApiEnv>, parts: GatewayParts): void {
  const exports = (): Exports => {
    if (parts.exports) return parts.exports;
    throw new LatchkeyError("not_found", "This gateway makes no exports.");
  };
  const own = async (handle: HandleView, id: string): Promise<ExportView> => {
    const view = await exports().get(handle.owner, id);
    if (!mayHave(handle, view)) throw new LatchkeyError("not_found", "There is no export with this id.");
    return view;
  };
  app.openapi(create, async (c) => {
    const handle = c.get("handle");
    const asked = present(c.req.valid("json")) as Parameters<typeof demandExport>[2];
    const policy = await demandExport(parts, handle, asked);
    if (asked.since !== undefined) await own(handle, asked.since);
    const { id } = await exports().start(handle.owner, { ...asked, policy });
    const url = `${parts.public_url.replace(/\/+$/, "")}/api/v1/exports/${id}`;
    return c.json({ id, url }, 202);
  });
  app.openapi(list, async (c) => {
    const handle = c.get("handle");
    const all = await exports().list(handle.owner);
    return c.json({ exports: all.filter((one) => mayHave(handle, one)) as z.infer<typeof Export>[] }, 200);
  });
  app.openapi(show, async (c) => {
    const view = await own(c.get("handle"), c.req.valid("param").id);
    return c.json(view as z.infer<typeof Export>, 200);
  });
  app.openapi(download, async (c) => {
    const { id, name } = c.req.valid("param");
    const handle = c.get("handle");
    await own(handle, id);
    return downloadOf(await exports().file(handle.owner, id, name)) as never;
  });
  app.openapi(remove, async (c) => {
    const { id } = c.req.valid("param");
    const handle = c.get("handle");
    await own(handle, id);
    return c.json({ outcome: await exports().remove(handle.owner, id) }, 200);
  });
}
