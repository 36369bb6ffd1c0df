/** Webhooks that administrators register: the same resource on Cloud and Data Center. */
import { empty } from "../message.ts";
import type { AdminWebhook } from "../webhooks/registered.ts";
import type { JiraRecord, Json } from "../world/model.ts";
import { bodyObject, type Call, isObject, ok, type Row, signedIn } from "./call.ts";
import { badRequest, forbidden, notFound } from "./refuse.ts";

const PATH = "/rest/webhooks/1.0/webhook";
const FIRST_ID = 1;

function onlyAdmins(call: Call): string {
  const user = signedIn(call);
  if (!user.admin) throw forbidden("Only Jira administrators may manage webhooks.");
  return user.name;
}

function webhookJson(call: Call, webhook: AdminWebhook): JiraRecord {
  const { name, url, excludeBody, filters, events, enabled, user, written_ms, secret } = webhook;
  return {
    name,
    url,
    excludeBody,
    filters,
    events,
    enabled,
    self: `${call.base}${PATH}/${webhook.id}`,
    lastUpdatedUser: call.site.face === "cloud" ? (call.world.users[user]?.accountId ?? user) : user,
    lastUpdatedDisplayName: call.world.users[user]?.displayName ?? user,
    lastUpdated: written_ms,
    // Whether there is a secret is told; the secret never is.
    ...(call.site.face === "cloud" ? { isSigned: secret !== undefined } : {}),
  };
}

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function filtersOf(value: Json | undefined): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, jql]) => [name, String(jql ?? "")]));
}

function read(call: Call, user: string, before?: AdminWebhook): Omit<AdminWebhook, "id"> {
  const body: JiraRecord = { ...before, ...bodyObject(call) } as JiraRecord;
  const { name, url } = body;
  if (typeof name !== "string" || name.trim() === "")
    throw badRequest("The name of the webhook is required.");
  if (typeof url !== "string" || !URL.canParse(url.replace(/\$\{[a-z.]+\}/g, "x")))
    throw badRequest("The URL of the webhook is not valid.");
  return {
    name,
    url,
    events: texts(body.events),
    filters: filtersOf(body.filters),
    excludeBody: body.excludeBody === true,
    enabled: body.enabled !== false,
    ...(typeof body.secret === "string" && body.secret !== "" ? { secret: body.secret } : {}),
    user,
    written_ms: call.now,
  };
}

function found(call: Call): AdminWebhook {
  onlyAdmins(call);
  const webhook = call.site.adminWebhooks?.find((one) => String(one.id) === call.params.webhook);
  if (webhook === undefined) throw notFound("The webhook does not exist.");
  return webhook;
}

export const adminWebhookRows: readonly Row[] = [
  [
    "GET",
    PATH,
    (call) => {
      onlyAdmins(call);
      return ok((call.site.adminWebhooks ?? []).map((webhook) => webhookJson(call, webhook)));
    },
  ],
  [
    "POST",
    PATH,
    (call) => {
      const webhook: AdminWebhook = {
        id: call.site.counters.adminWebhook ?? FIRST_ID,
        ...read(call, onlyAdmins(call)),
      };
      call.site.counters.adminWebhook = webhook.id + 1;
      call.site.adminWebhooks = [...(call.site.adminWebhooks ?? []), webhook];
      call.sandbox.touched("world");
      return ok(webhookJson(call, webhook), 201);
    },
  ],
  ["GET", `${PATH}/{webhook}`, (call) => ok(webhookJson(call, found(call)))],
  [
    "PUT",
    `${PATH}/{webhook}`,
    (call) => {
      const webhook = found(call);
      Object.assign(webhook, read(call, onlyAdmins(call), webhook));
      call.sandbox.touched("world");
      return ok(webhookJson(call, webhook));
    },
  ],
  [
    "DELETE",
    `${PATH}/{webhook}`,
    (call) => {
      const webhook = found(call);
      call.site.adminWebhooks = (call.site.adminWebhooks ?? []).filter((one) => one !== webhook);
      call.sandbox.touched("world");
      return empty(204);
    },
  ],
];
