/**
 * From whatever a person types to a site and the flavors it takes: parse, then a probe for each candidate (build,
 * process), then a conclusion that says why. The network is the caller's.
 */
export { type Conclusion, conclude, type Failed } from "./discovery/conclude.ts";
export { type CloudSites, type ParsedSite, parseSite } from "./discovery/parse.ts";
export { buildProbe, type Finding, processProbe } from "./discovery/probe.ts";
