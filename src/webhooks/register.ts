/** The webhooks of an OAuth 2.0 app at Jira Cloud: registered, looked up, renewed, taken back. */
import type { Jira } from "../jira/index.ts";

const PATH = "/rest/api/3/webhook";
export const EVENTS = [
  "jira:issue_updated",
  "jira:issue_deleted",
  "comment_created",
  "comment_updated",
  "comment_deleted",
] as const;
const LIFE_MS = 30 * 86_400_000;
const MAX_WORDS = 300;

export type Wanted = { readonly url: string; readonly jql: string };
export type Registered = { readonly id: number; readonly jql: string; readonly expires_at?: number };

/** What a webhook listens to: the projects its issues are in. */
export function filterFor(projects: readonly string[]): string {
  return `project in (${[...projects]
    .sort()
    .map((key) => `"${key}"`)
    .join(", ")})`;
}

/**
 * Registers one. What is wrong with it stands inside a 200, beside nothing.
 * @returns its id, or Jira's words to the refusal
 */
export async function register(jira: Jira, wanted: Wanted): Promise<{ id: number } | { says: string }> {
  const json = { url: wanted.url, webhooks: [{ jqlFilter: wanted.jql, events: EVENTS }] };
  const answer = (await jira.request({ method: "POST", path: PATH, json })).json() as {
    webhookRegistrationResult?: readonly { createdWebhookId?: unknown; errors?: unknown }[];
  };
  const [result] = answer?.webhookRegistrationResult ?? [];
  if (typeof result?.createdWebhookId === "number") return { id: result.createdWebhookId };
  const errors = Array.isArray(result?.errors) ? result.errors.map(String) : [];
  return { says: errors.join(" ").slice(0, MAX_WORDS) };
}

/** Those of the app that Jira knows at this site. */
export async function registered(jira: Jira): Promise<readonly Registered[]> {
  const found: Registered[] = [];
  for await (const one of jira.paginate(PATH, { items: "values" })) {
    const expires_at = timeOf(one.expirationDate);
    if (typeof one.id !== "number") continue;
    const jql = typeof one.jqlFilter === "string" ? one.jqlFilter : "";
    found.push({ id: one.id, jql, ...(expires_at === undefined ? {} : { expires_at }) });
  }
  return found;
}

/** Another thirty days. @returns when it ends then, milliseconds since the epoch */
export async function renew(jira: Jira, id: number, now: number): Promise<number> {
  const json = { webhookIds: [id] };
  const answer = await jira.request({ method: "PUT", path: `${PATH}/refresh`, json, repeatable: true });
  const { expirationDate } = (answer.json() ?? {}) as { expirationDate?: unknown };
  return timeOf(expirationDate) ?? now + LIFE_MS;
}

export async function takeBack(jira: Jira, id: number, patience_ms?: number): Promise<void> {
  const json = { webhookIds: [id] };
  const patience =
    patience_ms === undefined
      ? {}
      : { timeout_ms: patience_ms, retry: { attempts: 1 }, signal: AbortSignal.timeout(patience_ms) };
  await jira.request({ method: "DELETE", path: PATH, json, repeatable: true, ...patience });
}

/** Jira's documents show a text, and its schema a number. */
function timeOf(value: unknown): number | undefined {
  const time = typeof value === "number" ? value : typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isFinite(time) ? time : undefined;
}
