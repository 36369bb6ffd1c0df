/** Outgoing webhooks: who is told of events, and the telling. The events themselves are written in the vault. */
import { LatchkeyError } from "../errors.ts";
import type { OutboxRow } from "../store/index.ts";
import type { DeliveryView, WebhookParts, Webhooks, Whose } from "./contract.ts";
import { deliver } from "./deliver.ts";
import { addEndpoint, endpointOf, endpointView, rotateEndpoint } from "./endpoints.ts";

export type * from "./contract.ts";
export { RETRY_AFTER_MS } from "./schedule.ts";

const MAX_LISTED = 500;

/** Puts them together over the store and the outward door. It keeps nothing in memory: make as many as you like. */
export function createWebhooks(parts: WebhookParts): Webhooks {
  const { store, now } = parts;
  const rows = (whose: Whose) =>
    whose === undefined ? store.endpoints.listForOperator() : store.endpoints.list(whose);
  return {
    add: (input) => addEndpoint(parts, input),
    list: async (whose) => (await rows(whose)).map(endpointView),
    async remove(whose, id) {
      await endpointOf(parts, whose, id);
      await store.transaction((tx) => tx.endpoints.removeForOperator(id));
    },
    async enable(whose, id) {
      await endpointOf(parts, whose, id);
      const well = { state: "active", disabled: null, failures: 0, cool_until: null } as const;
      await store.endpoints.updateForOperator(id, { ...well, updated_at: now() });
      return endpointView(await endpointOf(parts, whose, id));
    },
    rotate: (whose, id) => rotateEndpoint(parts, whose, id),
    async deliveries(whose, { endpoint_id, state, limit = 100 } = {}) {
      if (endpoint_id !== undefined) await endpointOf(parts, whose, endpoint_id);
      const ids = endpoint_id === undefined ? await idsOf(rows, whose) : [endpoint_id];
      const found = await store.outbox.listForOperator({
        limit: Math.min(limit, MAX_LISTED),
        ...(ids !== undefined && { endpoint_ids: ids }),
        ...(state !== undefined && { state }),
      });
      return found.map(deliveryView);
    },
    redeliver: (whose, id) => redeliver(parts, whose, id),
    due: async (limit) =>
      (await parts.vault.quarantine()) ? [] : await store.outbox.dueForOperator(now(), limit),
    deliver: (id) => deliver(parts, id),
  };
}

async function idsOf(
  rows: (whose: Whose) => Promise<{ id: string }[]>,
  whose: Whose,
): Promise<string[] | undefined> {
  return whose === undefined ? undefined : (await rows(whose)).map(({ id }) => id);
}

async function redeliver(parts: WebhookParts, whose: Whose, id: string): Promise<void> {
  const { store, now } = parts;
  const row = await store.outbox.findForOperator(id);
  const unknown = new LatchkeyError("not_found", "There is no delivery with this id.");
  if (!row) throw unknown;
  const endpoint = await endpointOf(parts, whose, row.endpoint_id).catch(() => {
    throw unknown;
  });
  if (endpoint.state !== "active") {
    throw new LatchkeyError("bad_request", "Its endpoint is disabled.", {
      fix: "Enable the endpoint first.",
    });
  }
  if (!(await store.outbox.againForOperator(id, now()))) {
    throw new LatchkeyError("bad_request", "It waits to be sent already.", {
      fix: "Wait for its next attempt; `due_at` says when.",
    });
  }
  await store.endpoints.updateForOperator(endpoint.id, { cool_until: null });
}

function deliveryView(row: OutboxRow): DeliveryView {
  const { id, endpoint_id, event_id, type, state, attempts, due_at, created_at } = row;
  return {
    ...{ id, endpoint_id, event_id, type, state, attempts, due_at, created_at },
    ...(row.last_status !== null && { last_status: row.last_status }),
    ...(row.last_error !== null && { last_error: row.last_error }),
    ...(row.ended_at !== null && { ended_at: row.ended_at }),
  };
}
