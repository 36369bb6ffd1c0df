import type { Switch } from "../switch.ts";

/** How webhooks are registered and delivered. */
export const webhookSwitches: readonly Switch[] = [
  {
    name: "webhook_retry_s",
    values: "seconds",
    default: "300",
    meaning:
      "seconds between the attempts at a delivery, by the sandbox's clock; Cloud tries again up to five times",
  },
  {
    name: "webhook_timeout_ms",
    values: "number",
    default: "10000",
    meaning: "milliseconds after which a receiver that does not answer has failed",
  },
  {
    name: "webhook_order",
    values: ["kept", "shuffled"],
    default: "kept",
    meaning: "whether deliveries come in the order of what happened; Jira promises none",
  },
  {
    name: "webhook_double",
    values: "number",
    default: "0",
    meaning: "how many of a hundred deliveries come twice, with the same identifier",
  },
  {
    name: "webhook_flow",
    values: ["Primary", "Secondary"],
    default: "Primary",
    meaning: "Cloud, the X-Atlassian-Webhook-Flow of deliveries",
  },
  {
    name: "webhook_app_owner",
    values: "text",
    default: "",
    meaning:
      "Cloud, the user who owns an app that is not shared: webhooks that others registered are not delivered; empty = shared",
  },
  {
    name: "webhook_failed",
    values: ["403", "list"],
    default: "403",
    meaning:
      "Cloud, GET /webhook/failed for an OAuth 2.0 app: refused as documented, or answered as for Connect",
  },
];
