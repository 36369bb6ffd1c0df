/**
 * One call in Psoxy's form on the way that all proxied calls go. The rules of the instance stand where a named policy
 * would: what is asked and what leaves goes through them, and everything else holds as for every handle.
 */
import type { IncomingHttpHeaders } from "node:http";
import { LatchkeyError } from "../../errors.ts";
import type { HandleView, Policies, SitePolicy } from "../../handles/index.ts";
import { refusePath } from "../../policy/index.ts";
import type { Endpoint } from "../../policy/psoxy/index.ts";
import type { GatewayParts } from "../parts.ts";
import { type Forwarded, forward } from "../proxy/forward.ts";
import type { Incoming } from "../proxy/incoming.ts";
import { connectionsOf, whither } from "./connection.ts";
import { type PsoxyInstance, policyOf } from "./instances.ts";

/** Everything but the place: that is in `path`, as Psoxy has it. */
export type PsoxyCall = Omit<Incoming, "connection_id">;

export async function call(
  parts: GatewayParts,
  instance: PsoxyInstance,
  handle: HandleView,
  asked: PsoxyCall,
): Promise<Forwarded> {
  const to = whither(await connectionsOf(parts, handle, instance), instance, asked.path);
  const policies = standIn(instance, to.before);
  return await forward(
    { ...parts, policies },
    {
      ...asked,
      path: to.path,
      headers: passing(asked.headers, instance),
      connection_id: to.connection.id,
    },
  );
}

/** Besides what a call cannot do without, only the headers that the rules name reach Jira. */
function passing(headers: IncomingHttpHeaders, { sanitizer }: PsoxyInstance): IncomingHttpHeaders {
  const named = sanitizer.rules.endpoints.flatMap(({ allowedRequestHeaders }) => allowedRequestHeaders);
  const kept = new Set([
    ...["authorization", "accept", "content-type", "content-length", "connection", "transfer-encoding"],
    ...["if-match", "x-http-method-override", "x-http-method", "x-method-override"],
    ...named,
  ]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => kept.has(name)));
}

/** The instance's rules in the form of a policy with one name, for one call. */
function standIn(instance: PsoxyInstance, before: string): Policies {
  const { sanitizer } = instance;
  const name = policyOf(instance.name);
  const ruled: { endpoint?: Endpoint } = {};
  const admit: SitePolicy["admit"] = (asked) => {
    const admitted = sanitizer.admit({ ...asked, path: `${before}${asked.path}`, query: asked.query ?? "" });
    ruled.endpoint = admitted.endpoint;
    return {
      method: admitted.method,
      // What a token stood for may have made another path of it.
      path: refusePath(admitted.path.slice(before.length)),
      query: admitted.query,
      body: admitted.body,
      operation: `endpoints[${admitted.endpoint.at}]`,
    };
  };
  const policy: SitePolicy = {
    name,
    admit,
    ask: async (asked) => admit(asked),
    answer: (_, status, json) => {
      if (ruled.endpoint) return sanitizer.answer(ruled.endpoint, status, json);
      throw new LatchkeyError("internal", "An answer came before its call was judged.");
    },
    headers: (headers) => ({ ...headers }),
    endpoints: [],
  };
  const none = () => {
    throw new LatchkeyError("not_found", "A Psoxy instance has no native policy.");
  };
  return {
    names: () => [name],
    document: none,
    fits: () => true,
    flavorOf: () => instance.flavor,
    compiledFor: async () => policy,
    tenantOf: none,
    pseudonyms: none,
    keys: none,
    renewKeys: none,
  };
}
