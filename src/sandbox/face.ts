/** Which Jira is spoken to: `cloud` on the first port, `datacenter` (under its context path) on the second. */
export type Face = "cloud" | "datacenter";
