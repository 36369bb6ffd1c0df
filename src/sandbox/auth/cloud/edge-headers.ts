import type { Handler } from "../../message.ts";

/** Adds what the edge in front of Cloud puts on every answer. */
export function withEdgeHeaders(handler: Handler): Handler {
  return async (request, params, sandbox) => {
    const response = await handler(request, params, sandbox);
    const trace = sandbox.random(16).toString("hex");
    return {
      ...response,
      headers: [
        ...(response.headers ?? []),
        ["Server", "AtlassianEdge"],
        ["atl-traceid", trace],
        ["X-ARequestId", trace],
      ],
    };
  };
}
