/**
 * The health check that tests: each connection's token is tried at Jira, the rules are tried on a real answer and on
 * planted ones, and the dates are said on which somebody must consent again.
 */

import type { HandleView } from "../../handles/index.ts";
import { reportPsoxyRules } from "../../policy/psoxy/index.ts";
import type { Connection } from "../../vault/index.ts";
import type { GatewayParts } from "../parts.ts";
import { asLatchkeyError } from "../problem.ts";
import { connectionsOf } from "./connection.ts";
import type { PsoxyInstance } from "./instances.ts";

export type Health = { readonly healthy: boolean; readonly body: Record<string, unknown> };

/** Reports take long, and a rule file does not change while Latchkey runs. */
const reports = new WeakMap<PsoxyInstance, { leaks: number; losses: number; open: number }>();

/** Answers of a moment ago, so that whoever asks all the time does not ask Jira all the time. */
const recent = new WeakMap<
  PsoxyInstance,
  Map<string, { readonly at: number; readonly health: Promise<Health> }>
>();
const FRESH_MS = 5_000;
const MOST_RECENT = 200;

export async function health(
  parts: GatewayParts,
  instance: PsoxyInstance,
  handle: HandleView,
  warnings: readonly string[],
): Promise<Health> {
  const known = recent.get(instance) ?? new Map();
  recent.set(instance, known);
  const before = known.get(handle.id);
  if (before && parts.now() - before.at < FRESH_MS) return await before.health;
  const made = examined(parts, instance, handle, warnings);
  known.delete(handle.id);
  known.set(handle.id, { at: parts.now(), health: made });
  if (known.size > MOST_RECENT) known.delete(known.keys().next().value ?? "");
  made.catch(() => known.delete(handle.id));
  return await made;
}

async function examined(
  parts: GatewayParts,
  instance: PsoxyInstance,
  handle: HandleView,
  warnings: readonly string[],
): Promise<Health> {
  const connections = await connectionsOf(parts, handle, instance);
  const checks = await Promise.all(
    connections.map((connection) => check(parts, instance, handle, connection)),
  );
  const healthy =
    checks.length > 0 && checks.every(({ token, rules }) => token === "works" && rules !== "fail");
  const found = reportOf(instance);
  return {
    healthy,
    body: {
      configuredSource: instance.source,
      configuredHost: instance.flavor === "cloud" ? "api.atlassian.com" : (connections[0]?.site.url ?? null),
      pseudonymImplementation: instance.implementation,
      sourceAuthStrategy: "latchkey",
      sourceAuthGrantType: connections[0]?.kind ?? null,
      nonDefaultSalt: true,
      missingConfigProperties: [],
      rules: instance.rules_text,
      pseudonymizeAppIds: false,
      saltSha256Hash: instance.salt_sha256,
      warningMessages: [
        ...warnings,
        ...(connections.length === 0 ? ["The handle knows no connection that this instance is for."] : []),
        ...(found.leaks > 0 ? [`The rules let ${found.leaks} fields out that may name people.`] : []),
        ...checks.flatMap(({ warning }) => (warning === undefined ? [] : [warning])),
      ],
      rulesReport: found,
      connections: checks.map(({ warning: _, ...shown }) => shown),
    },
  };
}

function reportOf(instance: PsoxyInstance) {
  let found = reports.get(instance);
  if (!found) {
    const { leaks, losses, open } = reportPsoxyRules(instance.rules_document);
    found = { leaks: leaks.length, losses: losses.length, open: open.length };
    reports.set(instance, found);
  }
  return found;
}

const DAY_MS = 86_400_000;
const NOTICE_DAYS = 60;

async function check(
  parts: GatewayParts,
  instance: PsoxyInstance,
  handle: HandleView,
  connection: Connection,
) {
  const { id, site, absolute_expires_at: ends } = connection;
  const began = parts.now();
  const path = instance.flavor === "cloud" ? "/rest/api/3/myself" : "/rest/api/2/myself";
  const token = await tried(async () => {
    const jira = await parts.jiraFor(connection.owner, id);
    await jira.request({ path });
    return "works";
  });
  const use = { connection_id: id, method: "GET", path, status: token === "works" ? 200 : 412, bytes_in: 0 };
  parts.handles.used(handle, { ...use, bytes_out: 0, duration_ms: parts.now() - began });
  const rules = token === "works" ? await rulesOn(parts, instance, connection) : "not tried";
  const soon = ends !== undefined && ends - parts.now() < NOTICE_DAYS * DAY_MS;
  return {
    id,
    site: site.url,
    ...(instance.flavor === "cloud" ? { cloudId: site.id } : {}),
    token,
    rules,
    reconsentBy: ends === undefined ? null : new Date(ends).toISOString(),
    ...(soon
      ? { warning: `Somebody must connect ${site.url} again before ${new Date(ends).toISOString()}.` }
      : {}),
  };
}

/** Small answers that most rule files name; the first that these rules let through is tried. */
const PROBES: Readonly<Record<PsoxyInstance["flavor"], readonly string[]>> = {
  cloud: ["/rest/api/3/project/search", "/rest/api/3/users", "/rest/api/3/group/bulk"],
  datacenter: ["/rest/api/2/project", "/rest/api/2/search"],
};

async function rulesOn(parts: GatewayParts, instance: PsoxyInstance, { owner, id, site }: Connection) {
  const before = instance.flavor === "cloud" ? `/ex/jira/${site.id}` : "";
  for (const path of PROBES[instance.flavor]) {
    const query = path.endsWith("/project") ? "" : "maxResults=1";
    try {
      const { endpoint } = instance.sanitizer.admit({ method: "GET", path: `${before}${path}`, query });
      const jira = await parts.jiraFor(owner, id);
      const answer = await jira.request({ path, query: query === "" ? {} : { maxResults: 1 } });
      instance.sanitizer.answer(endpoint, 200, answer.json());
      return `work on ${path}`;
    } catch (error) {
      const { code, details } = asLatchkeyError(error);
      if (code === "policy_denied" && details.psoxy === "UNKNOWN") return "fail";
    }
  }
  return "not tried";
}

async function tried(what: () => Promise<string>): Promise<string> {
  try {
    return await what();
  } catch (error) {
    return asLatchkeyError(error).code;
  }
}
