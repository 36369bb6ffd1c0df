/** Users and groups. */
import type { User } from "../world/model.ts";
import {
  type Call,
  issueCalled,
  listed,
  maySee,
  ok,
  projectCalled,
  type Row,
  signedIn,
  wholeNumber,
} from "./call.ts";
import { classicPage, slice } from "./page.ts";
import { fullPersonJson, groupIdOf, groupJson, personJson, userCalled } from "./people.ts";
import { badRequest, forbidden, NotAuthenticated, notFound } from "./refuse.ts";

const MOST = 1000;

function groupNames(call: Call): string[] {
  return [...new Set(Object.values(call.world.users).flatMap((user) => user.groups))].sort();
}

function groupParam(call: Call): string {
  const id = call.query.get("groupId");
  const name = call.query.get("groupname") ?? call.query.get("groupName");
  const found = groupNames(call).find((one) => (id === null ? one === name : groupIdOf(one) === id));
  if (id === null && name === null) throw badRequest("'groupname' or 'groupId' must be provided.");
  if (found === undefined)
    throw notFound(`Group ${id === null ? `'${name}'` : `with id ${id}`} does not exist`);
  return found;
}

/** The user of the query: `accountId` on Cloud, `username` or `key` on Data Center. */
function userParam(call: Call): User {
  const names = call.site.face === "cloud" ? ["accountId"] : ["username", "key"];
  const text = names.map((name) => call.query.get(name)).find((value) => value !== null && value !== "");
  if (text === undefined || text === null) {
    throw badRequest(
      call.site.face === "cloud"
        ? "Either the 'accountId' or 'query' query parameters need to be provided"
        : "Either the 'username' or the 'key' query parameters need to be provided",
    );
  }
  const user = userCalled(call.world, text);
  if (user !== undefined) return user;
  throw notFound(
    call.site.face === "cloud"
      ? "Specified user does not exist or you do not have required permissions"
      : `The user named '${text.slice(0, 100)}' does not exist`,
  );
}

function matching(call: Call, text: string): User[] {
  const wanted = text.toLowerCase();
  return Object.values(call.world.users).filter(
    (user) =>
      user.active &&
      (wanted === "" ||
        wanted === "." ||
        user.name.startsWith(wanted) ||
        user.emailAddress.toLowerCase().startsWith(wanted) ||
        user.displayName
          .toLowerCase()
          .split(/\s+/)
          .concat(user.displayName.toLowerCase())
          .some((word) => word.startsWith(wanted))),
  );
}

/** Who may be assigned an issue of a project: the project or an issue of it must be named. */
function assignable(call: Call): User[] {
  const cloud = call.site.face === "cloud";
  const name = call.query.get("issueKey") ?? (cloud ? call.query.get("issueId") : null);
  const key = call.query.get("project");
  if (name === null && key === null)
    throw badRequest(
      cloud
        ? "One of the 'project', 'issueKey' or 'issueId' query parameters has to be provided."
        : "Internal error: project or issueKey must be provided.",
    );
  const text = call.query.get(cloud ? "query" : "username");
  const id = cloud ? call.query.get("accountId") : null;
  if (cloud && text !== null && id !== null)
    throw badRequest("Only one of the 'query' and 'accountId' query parameters may be provided.");
  const issue = name === null ? undefined : issueCalled(call, name);
  if (name !== null && (issue === undefined || !maySee(call, call.site.projects[issue.projectId])))
    throw notFound("Issue does not exist or you do not have permission to see it.");
  const project = issue === undefined ? projectCalled(call, key ?? "") : call.site.projects[issue.projectId];
  if (project === undefined || !maySee(call, project))
    throw notFound(`No project could be found with key '${(key ?? "").slice(0, 100)}'.`);
  const users = matching(call, text ?? "").filter(
    (user) => project.members === undefined || user.admin || project.members.includes(user.name),
  );
  return id === null ? users : users.filter((user) => user.accountId === id);
}

function list(call: Call, users: readonly User[]): unknown[] {
  return slice(call, users, 50, MOST).items.map((user) => personJson(call, user));
}

export const userRows: readonly Row[] = [
  [
    "GET",
    "/rest/api/{version}/myself",
    (call) => {
      if (call.user === undefined) throw new NotAuthenticated();
      return ok(fullPersonJson(call, call.user, listed(call, "expand")));
    },
  ],
  [
    "GET",
    "/rest/api/{version}/user",
    (call) => {
      signedIn(call);
      return ok(fullPersonJson(call, userParam(call), listed(call, "expand")));
    },
  ],
  [
    "GET",
    "/rest/api/{version}/user/search",
    (call) => {
      if (call.site.face === "cloud" && call.user === undefined) return ok([]);
      signedIn(call);
      const accountId = call.query.get("accountId");
      if (accountId !== null) {
        const user = userCalled(call.world, accountId);
        return ok(user === undefined ? [] : [personJson(call, user)]);
      }
      const text = call.query.get("query") ?? call.query.get("username");
      if (text === null) {
        throw badRequest(
          call.site.face === "cloud"
            ? "Either the 'query', 'property' or the 'accountId' query parameter has to be provided"
            : "The username query parameter was not provided",
        );
      }
      return ok(list(call, matching(call, text)));
    },
  ],
  [
    "GET",
    "/rest/api/{version}/users/search",
    (call) => {
      if (call.site.face !== "cloud") return undefined;
      signedIn(call);
      return ok(list(call, Object.values(call.world.users)));
    },
  ],
  [
    "GET",
    "/rest/api/{version}/users",
    (call) => {
      if (call.site.face !== "cloud") return undefined;
      signedIn(call);
      return ok(list(call, Object.values(call.world.users)));
    },
  ],
  [
    "GET",
    "/rest/api/{version}/user/assignable/search",
    (call) => {
      signedIn(call);
      return ok(list(call, assignable(call)));
    },
  ],
  [
    "GET",
    "/rest/api/{version}/user/bulk",
    (call) => {
      if (call.site.face !== "cloud") return undefined;
      signedIn(call);
      const ids = call.query.getAll("accountId");
      if (ids.length === 0) throw badRequest("The 'accountId' query parameter has to be provided");
      const users = ids.map((id) => userCalled(call.world, id)).filter((user) => user !== undefined);
      return ok(
        classicPage(
          call,
          `/rest/api/${call.version}/user/bulk`,
          users,
          (user) => personJson(call, user),
          10,
          200,
        ),
      );
    },
  ],
  [
    "GET",
    "/rest/api/{version}/user/groups",
    (call) => {
      signedIn(call);
      return ok(userParam(call).groups.map((name) => groupJson(call, name)));
    },
  ],
  [
    "GET",
    "/rest/api/{version}/groups/picker",
    (call) => {
      signedIn(call);
      const text = (call.query.get("query") ?? "").toLowerCase();
      const all = groupNames(call).filter((name) => name.toLowerCase().includes(text));
      const shown = all.slice(0, Math.max(0, wholeNumber(call, "maxResults", 20)));
      const groups = shown.map((name) => ({
        name,
        html: name,
        ...(call.site.face === "cloud" ? { groupId: groupIdOf(name) } : { labels: [] }),
      }));
      return ok({
        header: `Showing ${shown.length} of ${all.length} matching groups`,
        total: all.length,
        groups,
      });
    },
  ],
  [
    "GET",
    "/rest/api/{version}/group/bulk",
    (call) => {
      if (call.site.face !== "cloud") return undefined;
      onlyAdmins(call);
      const names = call.query.getAll("groupName");
      const ids = call.query.getAll("groupId");
      const all = groupNames(call).filter(
        (name) =>
          (names.length === 0 && ids.length === 0) || names.includes(name) || ids.includes(groupIdOf(name)),
      );
      const page = classicPage(call, `/rest/api/${call.version}/group/bulk`, all, (name) => ({
        name,
        groupId: groupIdOf(name),
      }));
      return ok(page);
    },
  ],
  [
    "GET",
    "/rest/api/{version}/group/member",
    (call) => {
      onlyAdmins(call);
      const group = groupParam(call);
      const inactive = call.query.get("includeInactiveUsers") === "true";
      const users = Object.values(call.world.users).filter(
        (user) => user.groups.includes(group) && (inactive || user.active),
      );
      const path = `/rest/api/${call.version}/group/member`;
      return ok(classicPage(call, path, users, (user) => personJson(call, user), 50, 50));
    },
  ],
  [
    "GET",
    "/rest/api/{version}/group",
    (call) => {
      onlyAdmins(call);
      const group = groupParam(call);
      const users = Object.values(call.world.users).filter((user) => user.groups.includes(group));
      const items = listed(call, "expand").includes("users")
        ? users.map((user) => personJson(call, user))
        : [];
      return ok({
        ...groupJson(call, group),
        users: { size: users.length, items, "max-results": 50, "start-index": 0, "end-index": items.length },
        expand: "users",
      });
    },
  ],
];

/** Data Center tells members of groups to administrators only; Cloud to everybody who may browse users. */
function onlyAdmins(call: Call): void {
  const user = signedIn(call);
  if (call.site.face === "datacenter" && !user.admin)
    throw forbidden("You do not have permission to view groups or their members.");
}
