/** What the server says of itself; anonymous callers may ask. */
import { type Call, listed, ok, type Row, signedIn, timestamp } from "./call.ts";
import { badRequest } from "./refuse.ts";

const CLOUD_BUILD = 100_285;
const DATA_CENTER_BUILDS: Record<string, readonly [build: number, date: string]> = {
  "10.3.2": [10_030_002, "2025-01-14T00:00:00.000+0000"],
  "9.12.15": [9_120_015, "2024-10-29T00:00:00.000+0000"],
  "8.20.30": [820_030, "2023-11-07T00:00:00.000+0000"],
};

function cloudInfo(call: Call): unknown {
  return {
    baseUrl: call.base,
    version: "1001.0.0-SNAPSHOT",
    versionNumbers: [1001, 0, 0],
    deploymentType: "Cloud",
    buildNumber: CLOUD_BUILD,
    buildDate: "2026-11-02T00:00:00.000+0000",
    serverTime: timestamp(call.now),
    serverTimeZone: "Australia/Sydney",
    scmInfo: "5a0d8b6c3f1e4f7a9b2c6d8e0f1a3b5c7d9e1f20",
    serverTitle: call.site.title,
    displayUrl: call.base,
    defaultLocale: { locale: "en_US" },
  };
}

function dataCenterInfo(call: Call): unknown {
  const version = call.sandbox.switch("dc_version");
  const [build = 0, built = ""] = DATA_CENTER_BUILDS[version] ?? [];
  return {
    baseUrl: call.base,
    version,
    versionNumbers: version.split(".").map(Number),
    deploymentType: "Server",
    buildNumber: build,
    buildDate: built,
    databaseBuildNumber: build,
    serverTime: timestamp(call.now),
    scmInfo: "0b1c2d3e4f5061728394a5b6c7d8e9f001122334",
    serverTitle: call.site.title,
  };
}

/** Permissions the sandbox tells apart: what any member of a project may do, and what only administrators may. */
const PERMISSIONS: ReadonlyArray<
  readonly [key: string, id: string, name: string, type: string, admin: boolean]
> = [
  ["BROWSE_PROJECTS", "10", "Browse Projects", "PROJECT", false],
  ["CREATE_ISSUES", "11", "Create Issues", "PROJECT", false],
  ["EDIT_ISSUES", "12", "Edit Issues", "PROJECT", false],
  ["ASSIGN_ISSUES", "13", "Assign Issues", "PROJECT", false],
  ["RESOLVE_ISSUES", "14", "Resolve Issues", "PROJECT", false],
  ["ADD_COMMENTS", "15", "Add Comments", "PROJECT", false],
  ["DELETE_ISSUES", "16", "Delete Issues", "PROJECT", false],
  ["CLOSE_ISSUES", "18", "Close Issues", "PROJECT", false],
  ["CREATE_ATTACHMENTS", "19", "Create Attachments", "PROJECT", false],
  ["WORK_ON_ISSUES", "20", "Work On Issues", "PROJECT", false],
  ["LINK_ISSUES", "21", "Link Issues", "PROJECT", false],
  ["ADMINISTER_PROJECTS", "23", "Administer Projects", "PROJECT", true],
  ["TRANSITION_ISSUES", "46", "Transition Issues", "PROJECT", false],
  ["ADMINISTER", "0", "Administer Jira", "GLOBAL", true],
  ["USER_PICKER", "27", "Browse Users", "GLOBAL", false],
];

function permissions(call: Call): unknown {
  const wanted = listed(call, "permissions");
  const cloud = call.site.face === "cloud";
  if (cloud && wanted.length === 0) {
    throw badRequest("The 'permissions' query parameter is required.");
  }
  const known = PERMISSIONS.filter(([key]) => wanted.length === 0 || wanted.includes(key));
  const unknown = wanted.filter((key) => !PERMISSIONS.some(([one]) => one === key));
  if (unknown.length > 0)
    throw badRequest(`Unrecognized permission: ${unknown.map((key) => key.slice(0, 60)).join(", ")}`);
  const rows = known.map(([key, id, name, type, admin]) => [
    key,
    {
      id,
      key,
      name,
      type,
      description: `${name}.`,
      havePermission: call.user !== undefined && (!admin || call.user.admin),
    },
  ]);
  return { permissions: Object.fromEntries(rows) };
}

export const serverRows: readonly Row[] = [
  [
    "GET",
    "/rest/api/{version}/serverInfo",
    (call) => ok(call.site.face === "cloud" ? cloudInfo(call) : dataCenterInfo(call)),
  ],
  ["GET", "/rest/api/{version}/mypermissions", (call) => ok(permissions(call))],
  [
    "GET",
    "/rest/api/{version}/configuration",
    (call) => {
      signedIn(call);
      return ok({
        votingEnabled: true,
        watchingEnabled: true,
        unassignedIssuesAllowed: true,
        subTasksEnabled: true,
        issueLinkingEnabled: true,
        timeTrackingEnabled: true,
        attachmentsEnabled: true,
        timeTrackingConfiguration: {
          workingHoursPerDay: 8,
          workingDaysPerWeek: 5,
          timeFormat: "pretty",
          defaultUnit: "minute",
        },
      });
    },
  ],
];
