/** The people of the sandbox: alana, admin and william, and the colleagues whose names stand in the history. */
import type { JiraRecord, User } from "./model.ts";

type Person = readonly [
  name: string,
  displayName: string,
  accountId: string,
  timeZone: string,
  groups: string,
];

const everybody = "jira-software-users,jira-servicemanagement-users";
const people: readonly Person[] = [
  ["alana", "Alana Example", "5b10a2844c20165700ede21a", "Australia/Sydney", `${everybody},junior-team`],
  [
    "admin",
    "Administrator",
    "5b10ac8d82e05b22cc7d4ef5",
    "Australia/Sydney",
    `${everybody},jira-administrators`,
  ],
  ["william", "William Example", "5b10a0effa615349cb016cd8", "Europe/Berlin", `${everybody},junior-team`],
  ["maya", "Maya Example", "5c2b1d7e9a0f4b6c8d3e1f20", "America/New_York", everybody],
  ["priya", "Priya Example", "5c2b1d7e9a0f4b6c8d3e1f21", "Asia/Kolkata", everybody],
  ["tomas", "Tomas Example", "5c2b1d7e9a0f4b6c8d3e1f22", "Europe/Prague", everybody],
];

/** Who can log in; the password is the name. */
export const userNames: readonly string[] = people.map(([name]) => name);

/** The accounts of the sandbox by name. */
export function makeUsers(): Record<string, User> {
  return Object.fromEntries(
    people.map(([name, displayName, accountId, timeZone, groups]) => [
      name,
      {
        name,
        key: name,
        accountId,
        displayName,
        emailAddress: `${name}@example.com`,
        password: name,
        active: true,
        timeZone,
        locale: name === "alana" ? "en_AU" : "en_US",
        groups: groups.split(","),
        admin: name === "admin",
      },
    ]),
  );
}

/** The hashes under which JJ-2 shows the pictures of alana and admin. */
const pictures: Readonly<Record<string, string>> = {
  alana: "b259e2a7fd37a83b02015192ee247e96",
  admin: "4beac5df66a475580809e0",
  william: "7d1f5a0c4be94e6f8a2f0c7a9be03f61",
};

const sizes = ["48x48", "24x24", "16x16", "32x32"] as const;

/** The pictures of a person, by size. */
export function avatarUrls(name: string): Record<string, string> {
  const hash = pictures[name] ?? pictures.william;
  return Object.fromEntries(
    sizes.map((size) => [size, `https://secure.gravatar.com/avatar/${hash}?d=mm&s=${size.split("x")[0]}`]),
  );
}

/**
 * A person as issues, comments and histories of version 2 name them: by user name and key on Data Center, by
 * account id on Cloud.
 */
export function personRecord(user: User, cloud: boolean): JiraRecord {
  const rest = {
    emailAddress: user.emailAddress,
    avatarUrls: avatarUrls(user.name),
    displayName: user.displayName,
    active: user.active,
    timeZone: user.timeZone,
  };
  return cloud
    ? {
        self: `{base}/rest/api/2/user?accountId=${user.accountId}`,
        accountId: user.accountId,
        accountType: "atlassian",
        ...rest,
      }
    : { self: `{base}/rest/api/2/user?username=${user.name}`, name: user.name, key: user.key, ...rest };
}
