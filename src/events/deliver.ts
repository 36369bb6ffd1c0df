/** One attempt to tell one endpoint of one event. */
import { isLatchkeyError } from "../errors.ts";
import type { OutboxRow, WebhookEndpointRow } from "../store/index.ts";
import type { WebhookParts } from "./contract.ts";
import { secretsOf } from "./endpoints.ts";
import { askedDelay, coolUntil, nextAttempt } from "./schedule.ts";
import { signedHeaders } from "./signature.ts";

/** An endpoint has this long to answer. */
const TIMEOUT_MS = 15_000;
/** Longer than an attempt may take, so that nobody else begins it while it runs. */
const LEASE_MS = 60_000;
const GONE = 410;

type Answered = {
  readonly status?: number;
  /** Code of the failure; absent where it was taken. */
  readonly error?: string;
  /** What Retry-After asks for. */
  readonly asked_ms: number;
};

/** Takes the attempt if it is due and nobody else makes it, makes it, and writes what came of it. */
export async function deliver(parts: WebhookParts, id: string): Promise<void> {
  const { store, now, log } = parts;
  const at = now();
  const seen = await store.outbox.findForOperator(id);
  const endpoint = seen && (await store.endpoints.findForOperator(seen.endpoint_id));
  // It has failed for another of its deliveries since this one was found due.
  if ((endpoint?.cool_until ?? 0) > at) return;
  const row = await store.outbox.claimForOperator(id, at, at + LEASE_MS);
  if (!row) return;
  if (endpoint?.state !== "active") {
    await store.outbox.finishForOperator(id, row.attempts, given_up(row, "not_found", at));
    return;
  }
  const answered = await send(parts, endpoint, row);
  await settle(parts, endpoint, row, answered);
  const { status, error } = answered;
  const fields = { delivery_id: id, endpoint_id: endpoint.id, event_id: row.event_id, type: row.type };
  const outcome = { ...fields, attempt: row.attempts, ...(status !== undefined && { status }) };
  if (error === undefined) log.info("webhook_delivered", outcome);
  else log.warn("webhook_not_delivered", { ...outcome, error });
}

async function send(parts: WebhookParts, endpoint: WebhookEndpointRow, row: OutboxRow): Promise<Answered> {
  try {
    const timestamp_s = Math.floor(parts.now() / 1000);
    const headers = {
      "content-type": "application/json",
      "user-agent": "Latchkey-Webhooks",
      ...signedHeaders(secretsOf(parts, endpoint), row.event_id, timestamp_s, row.body),
    };
    const answer = await parts.transport.open(
      { method: "POST", url: endpoint.url, headers, body: row.body },
      { timeout_ms: TIMEOUT_MS, ...(endpoint.allowance === 1 && { trust: "operator" as const }) },
    );
    // Its status is the whole answer; whatever else it says is not read.
    answer.body.on("error", () => {}).destroy();
    const { status } = answer;
    const asked_ms = askedDelay(answer.headers["retry-after"], parts.now());
    if (status >= 200 && status < 300) return { status, asked_ms: 0 };
    return { status, asked_ms, error: status === GONE ? "endpoint_gone" : "not_taken" };
  } catch (thrown) {
    return { error: isLatchkeyError(thrown) ? thrown.code : "internal", asked_ms: 0 };
  }
}

/** What came of the attempt, and what that says of the endpoint, in one transaction. */
async function settle(
  { store, now, random }: WebhookParts,
  endpoint: WebhookEndpointRow,
  row: OutboxRow,
  { status, error, asked_ms }: Answered,
): Promise<void> {
  const at = now();
  const last_status = status ?? null;
  const seen = { last_sent_at: at, last_status };
  const chance = (random(1)[0] ?? 0) / 255;
  await store.transaction(async (tx) => {
    if (error === undefined) {
      const end = { state: "done" as const, last_status, last_error: null, ended_at: at };
      await tx.outbox.finishForOperator(row.id, row.attempts, end);
      await tx.endpoints.updateForOperator(endpoint.id, { ...seen, failures: 0, cool_until: null });
      return;
    }
    const due_at = nextAttempt(row.attempts, at, asked_ms, chance);
    const again = { state: "waiting" as const, last_status, last_error: error };
    const end = due_at === undefined ? { ...given_up(row, error, at), last_status } : { ...again, due_at };
    await tx.outbox.finishForOperator(row.id, row.attempts, end);
    const failures = endpoint.failures + 1;
    const cool_until = coolUntil(failures, at, asked_ms);
    await tx.endpoints.updateForOperator(endpoint.id, { ...seen, failures, cool_until });
    if (status === GONE) {
      const disabled = JSON.stringify({ code: error, at });
      await tx.endpoints.updateForOperator(endpoint.id, { state: "disabled", disabled, updated_at: at });
      await tx.outbox.giveUpForOperator(endpoint.id, error, at);
    }
  });
}

function given_up(row: OutboxRow, last_error: string, ended_at: number) {
  return { state: "dead" as const, last_status: row.last_status, last_error, ended_at };
}
