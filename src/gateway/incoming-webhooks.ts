/** What Jira sends: `/webhooks/jira/{registration}[/{secret}]`. Answered before any work is done. */
import type { Context, Hono } from "hono";
import { LatchkeyError } from "../errors.ts";
import type { ApiEnv } from "./api/index.ts";
import type { GatewayParts } from "./parts.ts";

const MAX_BODY = 1024 * 1024;
const MAX_ID = 64;

export function incomingWebhookRoutes(
  app: Hono<ApiEnv>,
  { following }: Pick<GatewayParts, "following">,
): void {
  const receive = async (c: Context<ApiEnv>) => {
    const request = c.req.raw;
    if (request.method !== "POST") {
      throw new LatchkeyError("method_not_allowed", undefined, { details: { allow: "POST" } });
    }
    const registration_id = c.req.param("registration") ?? "";
    const secret = c.req.param("secret");
    if (!following || registration_id.length > MAX_ID) throw new LatchkeyError("webhook_refused");
    await following.receive({
      registration_id,
      ...(secret === undefined ? {} : { secret }),
      headers: Object.fromEntries(request.headers),
      query: new URL(request.url).searchParams,
      body: () => bodyOf(request),
    });
    // The same to all whom it believes: what came of it is no business of the sender's.
    return c.body(null, 202, { "cache-control": "no-store" });
  };
  app.all("/webhooks/jira/:registration", receive);
  app.all("/webhooks/jira/:registration/:secret", receive);
}

/** Counted as it comes, whatever it says of its length. @throws body_too_large */
async function bodyOf(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > MAX_BODY) throw new LatchkeyError("body_too_large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
