/** Webhooks that OAuth 2.0 apps register on Cloud. */
import { clientOf } from "../limits/index.ts";
import { empty } from "../message.ts";
import { mayReach } from "../webhooks/address.ts";
import { dynamicFilterFaults } from "../webhooks/filter.ts";
import { DYNAMIC_EVENTS, type DynamicWebhook } from "../webhooks/registered.ts";
import type { JiraRecord, Json } from "../world/model.ts";
import { bodyObject, type Call, isObject, ok, type Row, timestamp, wholeNumber } from "./call.ts";
import { slice } from "./page.ts";
import { badRequest, forbidden } from "./refuse.ts";

const LIFE_MS = 30 * 86_400_000;
const REMEMBERED_MS = 72 * 3_600_000;
const MOST = 5;
const FIRST_ID = 1;

/** The app that asks; 403 for callers that are none: API tokens, passwords, sessions. */
function appOf(call: Call): string {
  const app = call.identity.via === "bearer" ? clientOf(call.request, call.sandbox) : undefined;
  if (app === undefined || call.sandbox.state.auth.cloud.apps[app] === undefined)
    throw forbidden("The caller is not an app: only Connect and OAuth 2.0 apps may use webhooks.");
  return app;
}

/** The webhooks of an app that have not run out; the others are forgotten. */
function webhooksOf(call: Call, app: string): DynamicWebhook[] {
  const all = (call.site.webhooks ?? []).filter((webhook) => webhook.expires_ms > call.now);
  call.site.webhooks = all;
  return all.filter((webhook) => webhook.app === app);
}

function texts(value: Json | undefined): string[] | undefined {
  return Array.isArray(value) && value.every((one) => typeof one === "string") ? value : undefined;
}

async function faultsOf(call: Call, app: string, asked: Json): Promise<string[]> {
  if (!isObject(asked)) return ["A webhook must be an object."];
  const own = webhooksOf(call, app).filter((webhook) => webhook.user === call.user?.name);
  if (own.length >= MOST) return [`The limit of ${MOST} webhooks for this app and user has been reached.`];
  const events = texts(asked.events);
  if (events === undefined || events.length === 0) return ["The events are required."];
  const unknown = events.filter((event) => !DYNAMIC_EVENTS.includes(event));
  if (unknown.length > 0) return unknown.map((event) => `The event ${event.slice(0, 100)} is unsupported`);
  for (const name of ["fieldIdsFilter", "issuePropertyKeysFilter"])
    if (asked[name] !== undefined && texts(asked[name]) === undefined) return [`${name} must be a list.`];
  return dynamicFilterFaults(typeof asked.jqlFilter === "string" ? asked.jqlFilter : "");
}

function add(call: Call, app: string, url: string, asked: JiraRecord): number {
  const id = Number(call.site.counters.webhook ?? FIRST_ID);
  call.site.counters.webhook = id + 1;
  const fieldIdsFilter = texts(asked.fieldIdsFilter);
  const issuePropertyKeysFilter = texts(asked.issuePropertyKeysFilter);
  call.site.webhooks = [
    ...(call.site.webhooks ?? []),
    {
      id,
      app,
      user: call.user?.name ?? "",
      url,
      jqlFilter: String(asked.jqlFilter),
      events: [...new Set(texts(asked.events) ?? [])],
      ...(fieldIdsFilter === undefined ? {} : { fieldIdsFilter }),
      ...(issuePropertyKeysFilter === undefined ? {} : { issuePropertyKeysFilter }),
      expires_ms: call.now + LIFE_MS,
    },
  ];
  call.sandbox.touched("world");
  return id;
}

async function register(call: Call): Promise<unknown> {
  const app = appOf(call);
  const { url, webhooks } = bodyObject(call);
  if (typeof url !== "string" || !URL.canParse(url)) throw badRequest("The url must be an absolute URL.");
  if (!mayReach(url, call.sandbox)) throw badRequest("The url must use the same base URL as the app.");
  if (!Array.isArray(webhooks) || webhooks.length === 0) throw badRequest("The webhooks are required.");
  const others = Object.values(call.world.sites).flatMap((site) => site.webhooks ?? []);
  if (others.some((one) => one.app === app && one.expires_ms > call.now && one.url !== url))
    throw badRequest("Only a single URL per app is allowed to be registered.");
  const webhookRegistrationResult: unknown[] = [];
  for (const asked of webhooks) {
    const errors = await faultsOf(call, app, asked);
    webhookRegistrationResult.push(
      errors.length > 0 ? { errors } : { createdWebhookId: add(call, app, url, asked as JiraRecord) },
    );
  }
  return { webhookRegistrationResult };
}

function shown({ id, url, jqlFilter, events, expires_ms, ...more }: DynamicWebhook): JiraRecord {
  const { fieldIdsFilter, issuePropertyKeysFilter } = more;
  return {
    id,
    url,
    jqlFilter,
    ...(fieldIdsFilter === undefined ? {} : { fieldIdsFilter }),
    ...(issuePropertyKeysFilter === undefined ? {} : { issuePropertyKeysFilter }),
    events,
    expirationDate: timestamp(expires_ms),
  };
}

function namedIds(call: Call): Set<number> {
  const { webhookIds } = bodyObject(call);
  if (!Array.isArray(webhookIds) || webhookIds.length === 0)
    throw badRequest("The list of webhook ids is missing.");
  return new Set(webhookIds.map(Number));
}

/** Deliveries that were given up within the last three days, the oldest first. */
function failed(call: Call): unknown {
  const app = appOf(call);
  if (call.sandbox.switch("webhook_failed") === "403") throw forbidden("The caller is not a Connect app.");
  const ids = new Set(webhooksOf(call, app).map((webhook) => webhook.id));
  const after = Number(call.query.get("after") ?? call.query.get("failedAfter") ?? 0);
  const most = Math.min(100, wholeNumber(call, "maxResults", 100));
  const all = call.sandbox.webhooks
    .list()
    .filter((one) => one.site === call.site.id && one.webhooks.some((id) => ids.has(id)))
    .filter(({ failed_ms = 0 }) => failed_ms > Math.max(after, call.now - REMEMBERED_MS))
    .sort((a, b) => (a.failed_ms ?? 0) - (b.failed_ms ?? 0));
  const values = all.slice(0, most).map(({ identifier, body, url, failed_ms = 0 }) => ({
    id: identifier,
    body: JSON.stringify(body),
    url,
    failureTime: failed_ms,
  }));
  const last = values[values.length - 1];
  const next = `${call.base}/rest/api/${call.version}/webhook/failed?failedAfter=${last?.failureTime}&maxResults=${most}`;
  return { values, maxResults: most, ...(all.length > values.length ? { next } : {}) };
}

/** Cloud alone has these. */
function onCloud(resource: (call: Call) => unknown): Row[2] {
  return async (call) => (call.site.face === "cloud" ? ok(await resource(call)) : undefined);
}

export const webhookRows: readonly Row[] = [
  ["POST", "/rest/api/{version}/webhook", onCloud(register)],
  [
    "GET",
    "/rest/api/{version}/webhook",
    onCloud((call) => {
      const page = slice(call, webhooksOf(call, appOf(call)), 100, 100);
      const { startAt, maxResults, total, isLast } = page;
      return { maxResults, startAt, total, isLast, values: page.items.map(shown) };
    }),
  ],
  [
    "PUT",
    "/rest/api/{version}/webhook/refresh",
    onCloud((call) => {
      const ids = namedIds(call);
      const expires_ms = call.now + LIFE_MS;
      for (const webhook of webhooksOf(call, appOf(call)))
        if (ids.has(webhook.id)) webhook.expires_ms = expires_ms;
      call.sandbox.touched("world");
      return { expirationDate: timestamp(expires_ms) };
    }),
  ],
  ["GET", "/rest/api/{version}/webhook/failed", onCloud(failed)],
  [
    "DELETE",
    "/rest/api/{version}/webhook",
    (call) => {
      if (call.site.face !== "cloud") return undefined;
      const app = appOf(call);
      const ids = namedIds(call);
      call.site.webhooks = (call.site.webhooks ?? []).filter((one) => one.app !== app || !ids.has(one.id));
      call.sandbox.touched("world");
      return empty(202);
    },
  ],
];
