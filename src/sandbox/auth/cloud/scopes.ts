export type Product = "jira" | "jsm" | "identity" | "other";

const words: Readonly<Record<string, readonly [string, string]>> = {
  "read:jira-user": [
    "View user profiles",
    "View user information that you may see: names, avatars, e-mail addresses.",
  ],
  "read:jira-work": [
    "View Jira issue data",
    "Read projects, issues, searches and attachments, and objects around them such as worklogs.",
  ],
  "write:jira-work": [
    "Create and manage issues",
    "Create and edit issues, post comments as you, log work, delete issues.",
  ],
  "manage:jira-project": [
    "Manage project settings",
    "Create and edit project settings and components and versions.",
  ],
  "manage:jira-configuration": [
    "Manage Jira global settings",
    "Do what needs the Jira administrators permission: fields, workflows, roles.",
  ],
  "manage:jira-webhook": ["Manage Jira webhooks", "Register, read and delete webhooks."],
  "read:servicedesk-request": [
    "View service requests",
    "Read customer requests, and the service desks and request types they belong to.",
  ],
  "write:servicedesk-request": [
    "Create and manage service requests",
    "Raise and edit customer requests, with comments, transitions and approvals.",
  ],
  "manage:servicedesk-customer": [
    "Manage customers and organizations",
    "Create and change customers and organizations of service desks.",
  ],
  "read:me": ["View your profile", "View your name, e-mail address, picture and locale."],
  "read:account": ["View your account", "View your Atlassian account's profile."],
  "report:personal-data": [
    "Report personal data",
    "Report the accounts whose personal data the application keeps.",
  ],
  offline_access: [
    "Stay connected while you are away",
    "Go on with all of this without asking again, until you take it away.",
  ],
};

const verbs: Readonly<Record<string, string>> = {
  read: "View",
  write: "Create and change",
  delete: "Delete",
  manage: "Manage",
};

const products: Readonly<Record<string, string>> = {
  jira: "Jira",
  "jira-software": "Jira Software",
  "jira-service-management": "Jira Service Management",
};

/** A scope in words: a title and what it lets an application do. */
export function scopeInWords(scope: string): { readonly title: string; readonly description: string } {
  const known = Object.hasOwn(words, scope) ? words[scope] : undefined;
  if (known) return { title: known[0], description: known[1] };
  const [verb = "", object = scope, product = ""] = scope.split(":");
  const title = `${verbs[verb] ?? verb} ${object.replace(/[-._]/g, " ")}`.trim();
  const place = products[product] ?? product.replaceAll("-", " ");
  return { title, description: `A granular permission${place === "" ? "" : ` of ${place}`}.` };
}

/** The product whose site entry a scope belongs to; `identity` scopes belong to no site. */
export function productOf(scope: string): Product {
  if (["read:me", "read:account", "offline_access", "report:personal-data"].includes(scope))
    return "identity";
  if (scope.includes("servicedesk") || scope.endsWith(":jira-service-management")) return "jsm";
  if (scope.includes("confluence") || scope.includes("compass")) return "other";
  return "jira";
}
