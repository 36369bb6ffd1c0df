import { FLAVORS, type Flavor } from "./flavors.ts";

/** A scope as a person reads it. */
export type ScopeWords = {
  /** As it goes on the wire. */
  readonly scope: string;
  readonly title: string;
  /** One sentence: what the application may then do. */
  readonly description: string;
};

function words(scope: string, title: string, description: string): ScopeWords {
  return { scope, title, description };
}

const CLOUD: readonly ScopeWords[] = [
  words(
    "read:jira-work",
    "Read issues",
    "Read issues, projects, comments, attachments, fields and search results.",
  ),
  words(
    "write:jira-work",
    "Write issues",
    "Create, change, move and delete issues, comments, links and attachments.",
  ),
  words(
    "read:jira-user",
    "Read people",
    "See names, avatars and account ids of the people the account can see.",
  ),
  words(
    "manage:jira-project",
    "Manage projects",
    "Change the settings of projects: components, versions, roles.",
  ),
  words("manage:jira-configuration", "Administer Jira", "Change the configuration of the whole Jira site."),
  words(
    "manage:jira-webhook",
    "Manage webhooks",
    "Have Jira report changes to the application as they happen.",
  ),
  words(
    "read:servicedesk-request",
    "Read requests",
    "Read service desks, request types and customer requests.",
  ),
  words("write:servicedesk-request", "Write requests", "Raise, answer and move customer requests."),
  words("manage:servicedesk-customer", "Manage customers", "Create and change customers and organizations."),
  words(
    "read:me",
    "See your profile",
    "See the profile of the account that approves: name, e-mail, picture.",
  ),
  words("read:account", "See your account", "See details of the account that approves."),
  words(
    "report:personal-data",
    "Report personal data",
    "Ask Atlassian which stored accounts were closed or changed.",
  ),
  words("offline_access", "Stay connected", "Keep the connection alive without asking again every hour."),
];

const DATA_CENTER: readonly ScopeWords[] = [
  words("READ", "Read", "See projects and issues that the account can see."),
  words("WRITE", "Read and write", "See, create, change and delete what the account may."),
  words("ADMIN", "Administer", "Do what a Jira administrator may, if the account is one."),
  words(
    "SYSTEM_ADMIN",
    "Administer the system",
    "Do what a system administrator may, if the account is one.",
  ),
];

const KNOWN = new Map([...CLOUD, ...DATA_CENTER].map((entry) => [entry.scope, entry]));

/** The scopes a registration of this flavor can offer, in the order a page shows them. None for OAuth 1.0a. */
export function scopesOf(flavor: Flavor): readonly ScopeWords[] {
  if (FLAVORS[flavor].protocol === "oauth1") return [];
  return flavor === "cloud" ? CLOUD : DATA_CENTER;
}

const GRANULAR = /^(read|write|delete|manage|send|validate):([a-z0-9.-]+):([a-z0-9-]+)$/;
const DOES: Readonly<Record<string, string>> = {
  read: "Read",
  write: "Create and change",
  delete: "Delete",
  manage: "Manage",
  send: "Send",
  validate: "Validate",
};

/** A scope in words. Granular scopes (`read:issue.changelog:jira`) are described by their parts. */
export function scopeWords(scope: string): ScopeWords {
  const known = KNOWN.get(scope);
  if (known) return known;
  const granular = GRANULAR.exec(scope);
  if (!granular) return words(scope, scope, "A scope of Jira that has no description here.");
  const verb = DOES[granular[1]!]!;
  const thing = granular[2]!.replace(/[.-]/g, " ");
  const product = granular[3]!.replaceAll("-", " ");
  return words(scope, `${verb}: ${thing}`, `${verb} ${thing} (granular scope of ${product}).`);
}
