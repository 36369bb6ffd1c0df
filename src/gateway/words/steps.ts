/** The steps of the doctor's walk, as people read them. */
import type { StepName } from "../../doctor/index.ts";

export const STEP_WORDS: Readonly<Record<StepName, string>> = {
  dns: "DNS",
  connection: "Connection",
  tls: "TLS",
  clock: "Clock",
  base_url: "Base URL and proxy",
  jira: "Is it a Jira",
  registration: "Registration",
  key_pair: "Key pair",
  callback: "Callback",
  scopes: "Scopes",
  family: "Tokens",
  site: "Site",
  permission: "Permission",
  rate_limits: "Rate limits",
  webhooks: "Webhooks",
};
