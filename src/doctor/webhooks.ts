/** Dynamic webhooks of Cloud: whether those of the app still live, and whether Jira can reach their address. */
import { LatchkeyError } from "../errors.ts";
import { type Answered, ask } from "./ask.ts";
import { causeOf } from "./cause.ts";
import type { StepName } from "./contract.ts";
import type { Looked } from "./looked.ts";
import { jsonOf } from "./signs.ts";

const SOON_MS = 7 * 24 * 3_600_000;

type Webhook = { readonly id?: unknown; readonly expirationDate?: unknown; readonly url?: unknown };

/** Lists them where the scope allows it; nothing is registered or renewed here. */
export async function examineWebhooks(
  looked: Looked,
  refuse: (answer: Answered, step: StepName) => void,
): Promise<void> {
  const { parts, notes, connection, about } = looked;
  if (!connection.scope_granted?.includes("manage:jira-webhook")) {
    const why =
      connection.flavor === "cloud"
        ? "The scopes hold no manage:jira-webhook."
        : "Only an administrator may list them.";
    return notes.skip("webhooks", why);
  }
  const answer = await ask(parts, connection, "/rest/api/3/webhook");
  if (answer.found !== "ok") return refuse(answer, "webhooks");
  const values = jsonOf(answer.seen)?.values;
  const webhooks = Array.isArray(values) ? (values as Webhook[]) : [];
  const now = parts.now();
  for (const one of webhooks) {
    const ends = timeOf(one.expirationDate);
    const is = ends !== undefined && ends <= now ? "expired" : isHttp(one.url) ? "http" : undefined;
    if (is === undefined) continue;
    const details = { webhook: is, id: String(one.id), ...(ends && { ends: new Date(ends).toISOString() }) };
    return notes.found(
      "webhooks",
      causeOf(new LatchkeyError("registration_incomplete", undefined, { details }), about),
    );
  }
  const soon = webhooks.filter(({ expirationDate }) => (timeOf(expirationDate) ?? Infinity) < now + SOON_MS);
  if (soon.length > 0) {
    return notes.unproven(
      "webhooks",
      `${soon.length} of ${webhooks.length} webhooks end within a week; a gateway with jobs extends its own.`,
    );
  }
  notes.ok(
    "webhooks",
    webhooks.length === 0 ? "None is registered." : `${webhooks.length} are registered, and none ends soon.`,
  );
}

/** Jira writes milliseconds, or a date. */
function timeOf(value: unknown): number | undefined {
  const at = typeof value === "number" ? value : Date.parse(String(value ?? ""));
  return Number.isNaN(at) ? undefined : at;
}

function isHttp(url: unknown): boolean {
  return typeof url === "string" && url.startsWith("http://") && !/^http:\/\/(localhost|127\.)/.test(url);
}
