/** What all of Jira Service Management's answers share: pages, dates, people. */
import type { JiraRecord, ServiceDesk, User } from "../world/model.ts";
import { address, type Call, maySee, signedIn, wholeNumber } from "./call.ts";
import { personJson } from "./people.ts";
import { JiraError } from "./refuse.ts";

const MOST = 50;

/** `/rest/servicedeskapi` of the site. */
export function deskBase(call: Call): string {
  return `${call.base}/rest/servicedeskapi`;
}

/** A page of the service desk API: `limit` beyond what the server gives is quietly lowered. */
export function deskPage<T>(
  call: Call,
  path: string,
  all: readonly T[],
  render: (item: T) => unknown,
  most = MOST,
): unknown {
  const start = Math.max(0, wholeNumber(call, "start", 0));
  const asked = wholeNumber(call, "limit", most);
  const limit = Math.min(most, asked <= 0 ? most : asked);
  const items = all.slice(start, start + limit);
  const isLastPage = start + items.length >= all.length;
  const link = (from: number): string => {
    const query = new URLSearchParams(call.query);
    query.set("start", String(from));
    query.set("limit", String(limit));
    return `${deskBase(call)}${path}?${query}`;
  };
  return {
    _expands: [],
    size: items.length,
    start,
    limit,
    isLastPage,
    _links: {
      base: deskBase(call),
      context: "",
      self: link(start),
      ...(isLastPage ? {} : { next: link(start + items.length) }),
      ...(start > 0 ? { prev: link(Math.max(0, start - limit)) } : {}),
    },
    values: items.map(render),
  };
}

/** An instant in the four forms of the service desk API. */
export function deskDate(call: Call, ms: number): JiraRecord {
  const iso = new Date(ms).toISOString();
  const timeZone = call.user?.timeZone ?? "UTC";
  const friendly = new Intl.DateTimeFormat("en-GB", {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone,
  }).format(ms);
  return {
    iso8601: `${iso.slice(0, 19)}+0000`,
    jira: iso.replace("Z", "+0000"),
    friendly,
    epochMillis: ms,
  };
}

/** A person as the service desk API shows one: the links stand in `_links`. */
export function deskPerson(call: Call, user: User | undefined): JiraRecord | null {
  if (user === undefined) return null;
  const { self, avatarUrls, accountType: _type, ...rest } = personJson(call, user);
  return { ...rest, _links: { self: self ?? null, jiraRest: self ?? null, avatarUrls: avatarUrls ?? null } };
}

/** The service desk meant by `15`, `serviceDeskId:15`, `ABC`, `projectKey:ABC` or `projectId:10012`. */
export function deskCalled(call: Call, text: string): ServiceDesk | undefined {
  const [, kind, value] = /^(?:(serviceDeskId|projectKey|projectId):)?(.*)$/.exec(text) as unknown as [
    string,
    string | undefined,
    string,
  ];
  return Object.values(call.site.serviceDesks).find((desk) => {
    const project = call.site.projects[desk.projectId];
    if (!maySee(call, project)) return false;
    if (kind === "projectId") return desk.projectId === value;
    const byKey = project?.key === value.toUpperCase();
    if (kind === "projectKey") return byKey;
    return desk.id === value || (kind === undefined && byKey);
  });
}

/** The service desk of the path; 404 where there is none the caller may see. */
export function deskParam(call: Call): ServiceDesk {
  signedIn(call);
  const desk = deskCalled(call, call.params.desk ?? "");
  if (desk === undefined)
    throw new JiraError(404, ["The Service Desk you are trying to view does not exist."]);
  return desk;
}

/** 412 for methods that are still experiments, unless the caller opted in. */
export function optedIn(call: Call): void {
  const header = call.request.headers["x-experimentalapi"];
  if (header === "opt-in" || header === "true") return;
  throw new JiraError(412, [
    "Request denied. This API method is experimental. To use it, set the header 'X-ExperimentalApi: opt-in'.",
  ]);
}

/** A record of the world with its addresses filled in, people and all else untouched. */
export function filled(call: Call, value: unknown): unknown {
  if (typeof value === "string") return address(call, value);
  if (Array.isArray(value)) return value.map((item) => filled(call, item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, filled(call, item)]));
}
