/** From what happened in one call to the deliveries it causes. */
import { createHmac } from "node:crypto";
import type { Call } from "../rest/call.ts";
import { fieldChoice, issueJson } from "../rest/issue-view.ts";
import { personJson } from "../rest/people.ts";
import type { JiraRecord, Site } from "../world/model.ts";
import { mayReach } from "./address.ts";
import { satisfies } from "./filter.ts";
import { changedFields, type Happening } from "./happening.ts";
import type { AdminWebhook, DynamicWebhook } from "./registered.ts";
import type { Outgoing } from "./sender.ts";
import { deliveryToken } from "./token.ts";

const CLOUD_RETRIES = 5;
const SECTION = "issue-related-events-section";

/** The body of a webhook: rich text as text, as in version 2. */
function bodyOf(given: Call, happening: Happening): JiraRecord {
  const call: Call = { ...given, version: "2", adf: false };
  const { event, typeName, issue, changelog, comment, worklog, more } = happening;
  const about = event.startsWith("jira:issue_") || comment !== undefined || happening.property !== undefined;
  return {
    timestamp: call.now,
    webhookEvent: event,
    ...(typeName === undefined ? {} : { issue_event_type_name: typeName }),
    ...(call.user === undefined || !event.startsWith("jira:issue_")
      ? {}
      : { user: personJson(call, call.user) }),
    ...(about ? { issue: issueJson(call, issue, fieldChoice([], "all"), []) } : {}),
    ...(changelog === undefined ? {} : { changelog }),
    ...(comment === undefined ? {} : { comment }),
    ...(worklog === undefined ? {} : { worklog }),
    ...more,
  };
}

/** Hands every delivery that the happenings of a call cause to the sender. */
export async function dispatch(call: Call): Promise<void> {
  const { site } = call;
  const happenings = call.happenings.splice(0);
  if ((site.webhooks ?? []).length === 0 && (site.adminWebhooks ?? []).length === 0) return;
  // An issue is made before anything is added to it.
  happenings.sort((a, b) => rank(a) - rank(b));
  for (const happening of happenings) {
    const body = bodyOf(call, happening);
    await toApps(call, site, happening, body);
    for (const webhook of site.adminWebhooks ?? []) await toAdmin(call, webhook, happening, body);
  }
}

function rank({ event }: Happening): number {
  return event === "jira:issue_created" ? 0 : 1;
}

async function toApps(call: Call, site: Site, happening: Happening, body: JiraRecord): Promise<void> {
  const byApp = new Map<string, DynamicWebhook[]>();
  for (const webhook of site.webhooks ?? []) {
    if (!(await tells(call, webhook, happening))) continue;
    byApp.set(webhook.app, [...(byApp.get(webhook.app) ?? []), webhook]);
  }
  for (const [app, matched] of byApp) {
    const [first] = matched;
    if (first === undefined) continue;
    const ids = matched.map((webhook) => webhook.id);
    call.sandbox.webhooks.send({
      ...common(call, happening, first.url),
      kind: "dynamic",
      webhooks: ids,
      body: JSON.stringify({ ...body, matchedWebhookIds: ids }),
      retries: CLOUD_RETRIES,
      headers: () => ({ ...plainHeaders(call), Authorization: `Bearer ${tokenFor(call, app)}` }),
    });
  }
}

function tokenFor(call: Call, client_id: string): string {
  const { sandbox, user } = call;
  return deliveryToken({
    client_id,
    client_secret: sandbox.state.auth.cloud.apps[client_id]?.client_secret ?? "",
    account: user?.accountId ?? "",
    now_ms: sandbox.now(),
    jti: sandbox.token(24),
  });
}

async function tells(call: Call, webhook: DynamicWebhook, happening: Happening): Promise<boolean> {
  const owner = call.sandbox.switch("webhook_app_owner");
  if (webhook.expires_ms <= call.now || (owner !== "" && owner !== webhook.user)) return false;
  if (!webhook.events.includes(happening.event)) return false;
  const { fieldIdsFilter, issuePropertyKeysFilter } = webhook;
  if (happening.event === "jira:issue_updated" && fieldIdsFilter !== undefined) {
    if (!changedFields(happening.changelog).some((id) => fieldIdsFilter.includes(id))) return false;
  }
  if (happening.property !== undefined && issuePropertyKeysFilter !== undefined) {
    if (!issuePropertyKeysFilter.includes(happening.property)) return false;
  }
  return matches(call, happening, webhook.jqlFilter, webhook.user);
}

function matches(call: Call, { issue }: Happening, jql: string, user: string): Promise<boolean> {
  const { site, world, now } = call;
  return satisfies(issue, jql, { site, world, user, now });
}

async function toAdmin(
  call: Call,
  webhook: AdminWebhook,
  happening: Happening,
  body: JiraRecord,
): Promise<void> {
  if (!webhook.enabled || !webhook.events.includes(happening.event)) return;
  if (!(await matches(call, happening, webhook.filters[SECTION] ?? "", webhook.user))) return;
  const text = webhook.excludeBody ? "" : JSON.stringify(body);
  const { secret } = webhook;
  const signature: Record<string, string> =
    secret === undefined || !signs(call)
      ? {}
      : { "X-Hub-Signature": `sha256=${createHmac("sha256", secret).update(text).digest("hex")}` };
  call.sandbox.webhooks.send({
    ...common(call, happening, filledIn(webhook.url, happening)),
    kind: "admin",
    webhooks: [webhook.id],
    body: text,
    retries: call.site.face === "cloud" ? CLOUD_RETRIES : 0,
    headers: () => ({ ...plainHeaders(call), ...signature }),
  });
}

/** Whether this Jira signs what it sends: Data Center does since version 10. */
function signs(call: Call): boolean {
  return call.site.face === "cloud" || Number.parseInt(call.sandbox.switch("dc_version"), 10) >= 10;
}

/** `${issue.key}` and its like in an administrator's address. */
function filledIn(url: string, { issue }: Happening): string {
  const values: Record<string, string> = {
    "issue.id": issue.id,
    "issue.key": issue.key,
    "project.id": issue.projectId,
    "project.key": issue.key.slice(0, issue.key.lastIndexOf("-")),
  };
  return url.replace(/\$\{([a-z.]+)\}/g, (whole, name: string) => encodeURIComponent(values[name] ?? whole));
}

function common(
  call: Call,
  { event }: Happening,
  url: string,
): Pick<Outgoing, "site" | "event" | "url" | "withheld"> {
  const reachable = mayReach(url, call.sandbox);
  return {
    site: call.site.id,
    event,
    url,
    ...(reachable ? {} : { withheld: "The sandbox sends to loopback and registered addresses only." }),
  };
}

function plainHeaders(call: Call): Record<string, string> {
  const cloud = call.site.face === "cloud";
  return {
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": cloud
      ? "Atlassian Webhook HTTP Client"
      : `Atlassian HttpClient / JIRA-${call.sandbox.switch("dc_version")}`,
    ...(cloud ? { "X-Atlassian-Webhook-Flow": call.sandbox.switch("webhook_flow") } : {}),
  };
}
