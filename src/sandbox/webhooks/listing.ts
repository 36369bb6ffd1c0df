/** What `GET /__sandbox/webhooks` tells: who is registered, and what was delivered. */
import type { Sandbox } from "../message.ts";
import type { AdminWebhook, DynamicWebhook } from "./registered.ts";
import type { Delivery } from "./sender.ts";

export type WebhookListing = {
  readonly apps: ReadonlyArray<DynamicWebhook & { readonly site: string }>;
  /** Without their secrets. */
  readonly admins: ReadonlyArray<Omit<AdminWebhook, "secret"> & { readonly site: string }>;
  /** The oldest first; no token is among them. */
  readonly deliveries: readonly Delivery[];
};

export function listWebhooks(sandbox: Sandbox): WebhookListing {
  const sites = Object.values(sandbox.state.world.sites);
  return {
    apps: sites.flatMap((site) => (site.webhooks ?? []).map((one) => ({ site: site.id, ...one }))),
    admins: sites.flatMap((site) =>
      (site.adminWebhooks ?? []).map(({ secret: _secret, ...one }) => ({ site: site.id, ...one })),
    ),
    deliveries: sandbox.webhooks.list(),
  };
}
