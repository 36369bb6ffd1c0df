/** `POST /api/v1/doctor`: what is wrong with a site or a connection, why, and the next step. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { forOwner, readSeen, STEPS } from "../../doctor/index.ts";
import { LatchkeyError } from "../../errors.ts";
import type { GatewayParts } from "../parts.ts";
import type { ApiEnv } from "./caller.ts";
import { answers, json, SECURED } from "./document.ts";

const flavor = z.enum(["cloud", "datacenter-oauth2", "datacenter-oauth1"]);
const Wanted = z
  .strictObject({
    site: z.string().min(1).max(2048).optional().openapi({ description: "The address of a Jira." }),
    connection_id: z.string().min(1).max(64).optional(),
    text: z
      .string()
      .min(1)
      .max(20_000)
      .optional()
      .openapi({ description: "What another program or a page said; nobody is asked." }),
    flavor: flavor.optional().openapi({ description: "With text: which kind of Jira it came from." }),
  })
  .openapi("DoctorRequest");

const Diagnosis = z
  .object({
    target: z.string(),
    flavor: flavor.optional(),
    version: z.string().optional(),
    connection_id: z.string().optional(),
    registration_id: z.string().optional(),
    outcome: z.enum(["healthy", "found", "unproven"]),
    cause: z
      .object({
        code: z.string().openapi({ description: "A code of docs/errors.md." }),
        row: z.string().optional().openapi({ description: "The row of docs/doctor.md." }),
        title: z.string(),
        says: z.string(),
        whose: z.string().openapi({ description: "Who can mend it." }),
        evidence: z.array(z.string()),
        next_step: z.string(),
        flavor: flavor.optional(),
        version: z.string().optional(),
      })
      .optional(),
    steps: z.array(
      z.object({
        name: z.enum(STEPS),
        outcome: z.enum(["ok", "found", "unproven", "skipped"]),
        says: z.string(),
        evidence: z.array(z.string()).optional(),
      }),
    ),
  })
  .openapi("Diagnosis");

const examine = createRoute({
  method: "post",
  path: "/api/v1/doctor",
  tags: ["Doctor"],
  ...SECURED,
  summary: "What is wrong, why, and the next step. Give one of site, connection_id and text.",
  request: { body: json(Wanted) },
  responses: answers(
    200,
    "What was found; `healthy` where nothing is wrong.",
    Diagnosis,
    [400, 404, 413, 415],
  ),
});

export function doctorRoutes(app: OpenAPIHono<ApiEnv>, { doctor }: GatewayParts): void {
  if (doctor === undefined) return;
  app.openapi(examine, async (c) => {
    const { owner } = c.get("handle");
    const { site, connection_id, text, flavor: of } = c.req.valid("json");
    if ([site, connection_id, text].filter((one) => one !== undefined).length !== 1) {
      throw new LatchkeyError("bad_request", "Give one of site, connection_id and text.", {
        details: { field: "site" },
      });
    }
    const found =
      text !== undefined
        ? doctor.explain(readSeen(text, of))
        : connection_id !== undefined
          ? await doctor.examine({ connection: { owner, id: connection_id } })
          : // Whoever holds a handle is no operator.
            await doctor.examine({ site: site!, owner, trust: "end-user" });
    return c.json(forOwner(found) as z.infer<typeof Diagnosis>, 200);
  });
}
