import type { Switch } from "../switch.ts";

const RATES = /^(?:off|on|[A-Z]+=\d+(?:\.\d+)?(?:,[A-Z]+=\d+(?:\.\d+)?)*)$/;
const WINDOWS = /^(?:off|on|\d+\/\d+s(?:,\d+\/\d+s)*)$/;
const BUCKET = /^(?:off|\d+\/\d+s(?:\/\d+)?)$/;

/** How often callers may ask, and how they are told; everything is off unless it is asked for. */
export const limitSwitches: readonly Switch[] = [
  {
    name: "cloud_points_per_hour",
    values: "number",
    default: "0",
    meaning:
      "Cloud, the points an app may use in an hour over all its sites (65000 in production); 0 is no quota",
  },
  {
    name: "cloud_points_per_tenant",
    values: "number",
    default: "0",
    meaning: "Cloud, the points an app may use in an hour on one site; 0 is no quota",
  },
  {
    name: "cloud_burst",
    values: "text",
    shape: { pattern: RATES, words: "off, on, or METHOD=N,METHOD=N with N a second" },
    default: "off",
    meaning:
      "Cloud, calls a second for each site, endpoint and method; on = GET=100,POST=100,PUT=50,DELETE=50 with the documented exceptions",
  },
  {
    name: "cloud_burst_bucket_s",
    values: "seconds",
    default: "1",
    meaning: "Cloud, how many seconds' worth of calls may come at once (the real size is unpublished)",
  },
  {
    name: "cloud_issue_writes",
    values: "text",
    shape: { pattern: WINDOWS, words: "off, on, or N/SECONDSs,N/SECONDSs" },
    default: "off",
    meaning: "Cloud, writes to one issue; on = 20/2s,100/30s",
  },
  {
    name: "quota_headers",
    values: ["enforced", "beta"],
    default: "enforced",
    meaning: "Cloud, whether the points quota refuses, or is only told in the Beta- headers",
  },
  {
    name: "rate_limit_reset",
    values: ["seconds", "minutes"],
    default: "seconds",
    meaning: "Cloud, X-RateLimit-Reset with seconds as documented, or without as seen in the field",
  },
  {
    name: "rate_limit_form",
    values: ["jira", "gateway"],
    default: "jira",
    meaning: "Cloud, a refusal with Jira's headers, or the gateway's of April 2026 without Retry-After",
  },
  {
    name: "rate_limit_status",
    values: ["429", "503"],
    default: "429",
    meaning: "Cloud, the status of a refusal",
  },
  {
    name: "rate_limit_body",
    values: ["gateway", "errors", "empty"],
    default: "gateway",
    meaning: "Cloud, the body of a refusal: code and message, Jira's error lists, or none",
  },
  {
    name: "dc_bucket",
    values: "text",
    shape: { pattern: BUCKET, words: "off, N/SECONDSs or N/SECONDSs/CAPACITY" },
    default: "off",
    meaning:
      "Data Center, calls of one user: N are added every so many seconds, up to the capacity (N unless said)",
  },
];
