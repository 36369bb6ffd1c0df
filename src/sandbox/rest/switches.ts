import type { Switch } from "../switch.ts";

/** Behaviour of the REST API that differs between versions, or that no public document settles. */
export const restSwitches: readonly Switch[] = [
  {
    name: "dc_version",
    values: ["10.3.2", "9.12.15", "8.20.30"],
    default: "10.3.2",
    meaning: "Data Center, the version it is: createmeta's old form lives before 9, its new form since 8.4",
  },
  {
    name: "createmeta_old",
    values: ["present", "gone"],
    default: "present",
    meaning: "Cloud, whether the deprecated GET /issue/createmeta still answers",
  },
  {
    name: "bulk_changelog_created",
    values: ["iso", "seconds", "millis"],
    default: "iso",
    meaning: "Cloud, how /changelog/bulkfetch writes `created`: as elsewhere, or as a number since the epoch",
  },
  {
    name: "websudo",
    values: ["off", "on"],
    default: "off",
    meaning:
      "Data Center, whether the REST of application links wants the password once more, which scripts cannot give",
  },
  {
    name: "index_lag_ms",
    values: "number",
    default: "0",
    meaning:
      "milliseconds after which search sees what was made or changed; reading by id or key sees it at once",
  },
  {
    name: "attachment_limit_bytes",
    values: "number",
    default: "10485760",
    meaning: "the largest attachment that is taken",
  },
];
