import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { DanceView } from "../../connect/index.ts";
import { LatchkeyError } from "../../errors.ts";
import type { CallView, Step } from "../../recorder/index.ts";
import type { GatewayParts } from "../parts.ts";
import type { ApiEnv } from "./caller.ts";
import { answers, SECURED } from "./document.ts";
import { FailedCall, FailedCallSummary, RecordedDance, RecordedDanceSummary } from "./record-schemas.ts";

const tags = ["Records"];
const limit = z
  .string()
  .regex(/^\d{1,3}$/, "must be a whole number from 1 to 200")
  .transform(Number)
  .pipe(z.int().min(1).max(200))
  .optional()
  .openapi({ type: "integer", minimum: 1, maximum: 200, description: "Default 50." });
const named = (prefix: string) =>
  z.strictObject({
    id: z
      .string()
      .max(64)
      .openapi({ example: `${prefix}_4kJ0aZ81Qm2Xc7LrT9vB3e` }),
  });

const dances = createRoute({
  method: "get",
  path: "/api/v1/dances",
  tags,
  ...SECURED,
  summary: "The owner's dances, newest first, without their messages.",
  request: { query: z.strictObject({ limit }) },
  responses: answers(200, "The dances.", z.object({ dances: z.array(RecordedDanceSummary) }), [400]),
});
const dance = createRoute({
  method: "get",
  path: "/api/v1/dances/{id}",
  tags,
  ...SECURED,
  summary: "One dance with every message, masked.",
  request: { params: named("dnc") },
  responses: answers(200, "The dance.", RecordedDance, [404]),
});
const calls = createRoute({
  method: "get",
  path: "/api/v1/calls",
  tags,
  ...SECURED,
  summary: "The owner's calls to Jira that failed, newest first, without their tries.",
  request: { query: z.strictObject({ connection_id: z.string().max(64).optional(), limit }) },
  responses: answers(200, "The calls.", z.object({ calls: z.array(FailedCallSummary) }), [400]),
});
const call = createRoute({
  method: "get",
  path: "/api/v1/calls/{id}",
  tags,
  ...SECURED,
  summary: "One failed call with every try, masked.",
  request: { params: named("cal") },
  responses: answers(200, "The call.", FailedCall, [404]),
});

/** Records for their owner: without base strings and without Jira's own words, which are for operators. */
export function danceRoutes(
  app: OpenAPIHono<ApiEnv>,
  { connect, recorder }: Pick<GatewayParts, "connect" | "recorder">,
): void {
  app.openapi(dances, async (c) => {
    const found = await connect.dances.list(c.get("handle").owner, c.req.valid("query").limit);
    return c.json({ dances: found.map((one) => danceSummary(one)) }, 200);
  });
  app.openapi(dance, async (c) => {
    const found = await connect.dances.get(c.get("handle").owner, c.req.valid("param").id);
    return c.json({ ...danceSummary(found), steps: found.steps.map(stepView) }, 200);
  });
  app.openapi(calls, async (c) => {
    const { connection_id, limit } = c.req.valid("query");
    const filter = {
      ...(connection_id === undefined ? {} : { connection_id }),
      ...(limit === undefined ? {} : { limit }),
    };
    const found = (await recorder?.list(c.get("handle").owner, filter)) ?? [];
    return c.json({ calls: found.map((one) => callSummary(one)) }, 200);
  });
  app.openapi(call, async (c) => {
    const found = await recorder?.get(c.get("handle").owner, c.req.valid("param").id);
    if (found === undefined) throw new LatchkeyError("not_found");
    return c.json({ ...callSummary(found), steps: found.steps.map(stepView) }, 200);
  });
}

function danceSummary({ steps: _, failure, ...dance }: DanceView) {
  const words = failure && { happened: failure.happened, next: [...failure.next] };
  return { ...dance, ...(words && { failure: words }) };
}

function callSummary({ steps: _, ...call }: CallView) {
  return call;
}

function stepView({ request, response, oauth1, ...step }: Step) {
  return {
    ...step,
    ...(request && { request }),
    ...(response && { response: { status: response.status, headers: { ...response.headers } } }),
    ...(oauth1 && { oauth1: { signature: oauth1.signature, parameters: { ...oauth1.parameters } } }),
  };
}
