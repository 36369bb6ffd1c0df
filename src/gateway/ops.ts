/** For whoever runs the gateway: whether it lives, whether it can serve, and numbers. */
import type { Context, Hono } from "hono";
import { LatchkeyError } from "../errors.ts";
import { type ApiEnv, callerOf } from "./api/index.ts";
import type { Metrics } from "./metrics.ts";
import { isLoopback } from "./origin.ts";
import type { GatewayParts } from "./parts.ts";

const READY_MS = 2_000;
/** Owner of the handles that the operator makes on the command line. */
const OPERATOR = "local";
/** Headers by which a proxy says that the call came from elsewhere. */
const FORWARDED = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

export function opsRoutes(app: Hono<ApiEnv>, parts: GatewayParts, metrics: Metrics): void {
  const plain = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
  app.get("/healthz", (c) => c.json({ status: "alive" }, 200, plain));
  app.get("/readyz", async (c) => {
    await answersInTime(parts);
    return c.json({ status: "ready" }, 200, plain);
  });
  app.get("/metrics", async (c) => {
    await demandOperator(parts, c);
    const { text, content_type } = await metrics.read();
    return c.body(text, 200, { ...plain, "content-type": content_type });
  });
  app.on(["POST", "PUT", "PATCH", "DELETE", "OPTIONS"], ["/healthz", "/readyz", "/metrics"], () => {
    throw new LatchkeyError("method_not_allowed", undefined, { details: { allow: "GET, HEAD" } });
  });
}

/** One read of the database, which must not hang the one who asks. */
async function answersInTime(parts: GatewayParts): Promise<void> {
  let late: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error("The database did not answer in time.")), READY_MS);
  });
  try {
    await Promise.race([parts.store.meta.get("ready"), timeout]);
  } catch (cause) {
    throw new LatchkeyError("store_failed", undefined, { cause });
  } finally {
    clearTimeout(late);
  }
}

/**
 * The numbers are about all owners together. They are for this machine itself, called under its own name by
 * something that no proxy stands before, and for a handle of the operator's.
 */
async function demandOperator(parts: GatewayParts, c: Context<ApiEnv>): Promise<void> {
  const request = c.req.raw;
  const remote = c.env?.remote?.replace(/^::ffff:/, "");
  const direct = FORWARDED.every((name) => !request.headers.has(name));
  const here = remote !== undefined && (isLoopback(remote) || remote === "::1");
  if (here && direct && isLoopback(new URL(request.url).hostname)) return;
  const handle = await callerOf(parts.handles, request);
  if (handle.owner !== OPERATOR) {
    throw new LatchkeyError("forbidden", "The numbers are about every owner, so they are the operator's.", {
      fix: "Ask from this machine, or with a handle that the operator made.",
    });
  }
}
