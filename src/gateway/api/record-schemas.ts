/** Recorded dances and failed calls, as the API gives them. */
import { z } from "@hono/zod-openapi";

const FLAVORS = ["cloud", "datacenter-oauth2", "datacenter-oauth1"] as const;
const LANES = ["person", "application", "latchkey", "jira"] as const;

const time = (meaning: string) =>
  z.int().openapi({ description: `${meaning}. Milliseconds since the epoch.` });
const texts = (meaning: string) => z.record(z.string(), z.string()).openapi({ description: meaning });

const Step = z
  .object({
    n: z.int(),
    from: z.enum(LANES),
    to: z.enum(LANES),
    label: z.string(),
    at: time("When it was sent"),
    duration_ms: z.number().optional().openapi({ description: "Until the answer, or until none came." }),
    request: z
      .object({ method: z.string(), url: z.string() })
      .optional()
      .openapi({ description: "Values that may be secret are `***`." }),
    response: z
      .object({ status: z.int(), headers: texts("Headers that say something and carry nothing.") })
      .optional(),
    oauth1: z
      .object({
        signature: z.enum(["accepted", "refused", "unknown"]),
        parameters: texts("Of the Authorization header, masked where secret."),
      })
      .optional(),
    wait_ms: z.number().optional().openapi({ description: "Waited before it was sent again." }),
    problem: z.string().optional().openapi({ description: "A code, or Jira's own word." }),
  })
  .openapi("RecordedStep");

export const RecordedDanceSummary = z
  .object({
    id: z.string(),
    registration_id: z.string(),
    attempt_id: z.string().optional(),
    connection_id: z.string().optional(),
    flavor: z.enum(FLAVORS),
    site_url: z.string().optional(),
    started_at: time("When it began"),
    ended_at: time("When it ended").optional(),
    outcome: z.enum(["running", "connected", "failed", "choosing"]),
    error_code: z.string().optional(),
    failure: z.object({ happened: z.string(), next: z.array(z.string()) }).optional(),
  })
  .openapi("DanceSummary");
export const RecordedDance = RecordedDanceSummary.extend({ steps: z.array(Step) }).openapi("Dance");

export const FailedCallSummary = z
  .object({
    id: z.string(),
    connection_id: z.string(),
    registration_id: z.string(),
    flavor: z.enum(FLAVORS),
    site_url: z.string(),
    handle_id: z.string().optional().openapi({ description: "The handle it came through." }),
    method: z.string(),
    path_template: z.string(),
    url: z.string(),
    status: z.int().optional().openapi({ description: "Of the last answer; absent where none came." }),
    error_code: z.string(),
    started_at: time("When it began"),
    ended_at: time("When it was given up"),
    tries: z.int(),
    missed: z
      .int()
      .openapi({ description: "Calls of this connection that failed alike and were only counted." }),
  })
  .openapi("FailedCallSummary");
export const FailedCall = FailedCallSummary.extend({ steps: z.array(Step) }).openapi("FailedCall");
