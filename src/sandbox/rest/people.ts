/** People: how each face shows them, and how a reference to one is read. */
import { createHash } from "node:crypto";
import type { JiraRecord, User, World } from "../world/model.ts";
import { personRecord } from "../world/people.ts";
import { address, type Call, isObject } from "./call.ts";
import { badFields } from "./refuse.ts";

/** A person inside another record: account id on Cloud, name and key on Data Center, never both. */
export function personJson(call: Call, user: User): JiraRecord {
  const record = personRecord(user, call.site.face === "cloud");
  return { ...record, self: address(call, String(record.self)) };
}

/** A person on their own (`myself`, `user`), with groups filled in when asked for. */
export function fullPersonJson(call: Call, user: User, expand: readonly string[]): JiraRecord {
  const groups = user.groups.map((name) => groupJson(call, name));
  const roles = [{ key: "jira-software", name: "Jira Software" }];
  const face: JiraRecord = call.site.face === "cloud" ? { key: "", name: "" } : { deleted: false };
  return {
    ...personJson(call, user),
    ...face,
    locale: user.locale,
    groups: { size: groups.length, items: expand.includes("groups") ? groups : [] },
    applicationRoles: { size: roles.length, items: expand.includes("applicationRoles") ? roles : [] },
    expand: "groups,applicationRoles",
  };
}

/** A group; its id is stable for its name. */
export function groupJson(call: Call, name: string): JiraRecord {
  const version = call.adf ? "3" : "2";
  if (call.site.face !== "cloud") {
    return { name, self: `${call.base}/rest/api/2/group?groupname=${encodeURIComponent(name)}` };
  }
  const groupId = groupIdOf(name);
  return { name, groupId, self: `${call.base}/rest/api/${version}/group?groupId=${groupId}` };
}

/** The id of a group: a UUID that follows from its name, since groups are known here by name alone. */
export function groupIdOf(name: string): string {
  const hex = createHash("sha256").update(`group:${name}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The user of the world that a person record means, by account id, name or key. */
export function personOf(world: World, record: JiraRecord): User | undefined {
  const { users } = world;
  const byName =
    typeof record.name === "string" && Object.hasOwn(users, record.name) ? users[record.name] : undefined;
  if (byName !== undefined) return byName;
  return Object.values(users).find(
    (user) =>
      (typeof record.accountId === "string" && user.accountId === record.accountId) ||
      (typeof record.key === "string" && user.key === record.key),
  );
}

/** The user of a name, key or account id. */
export function userCalled(world: World, text: string): User | undefined {
  return Object.values(world.users).find(
    (user) => user.name === text || user.key === text || user.accountId === text,
  );
}

/** The user a write names (`{"accountId"}`, `{"name"}`, `{"key"}`, `{"id"}`); null unassigns, an unknown one is 400. */
export function userReference(call: Call, field: string, value: unknown): User | null {
  if (value === null) return null;
  const text = isObject(value)
    ? call.site.face === "cloud"
      ? (value.accountId ?? value.id)
      : (value.name ?? value.key)
    : undefined;
  if (text === null || text === "") return null;
  const user = typeof text === "string" ? userCalled(call.world, text) : undefined;
  if (user !== undefined) return user;
  throw badFields({
    [field]:
      text === undefined ? "data was not an object" : `User '${String(text).slice(0, 100)}' does not exist.`,
  });
}
