/** Service accounts: applications that are somebody themselves, so that nobody has to approve. */
import type { Sandbox } from "../message.ts";
import { own } from "./sessions.ts";
import type { AuthState } from "./state.ts";
import type { ServiceAccount } from "./token-records.ts";

export type { ServiceAccount } from "./token-records.ts";

/** Known from the start, on both faces. */
const first: ServiceAccount = {
  client_id: "sandbox-service-account",
  client_secret: "sandbox-service-secret",
  name: "Sandbox service account",
  user: "william",
  sites: ["acme"],
  scopes: ["read:jira-user", "read:jira-work", "write:jira-work", "read:servicedesk-request", "WRITE"],
};

export function serviceAccounts(auth: AuthState): Record<string, ServiceAccount> {
  auth.service_accounts ??= { [first.client_id]: first };
  return auth.service_accounts;
}

export function serviceAccount(sandbox: Sandbox, client_id: string): ServiceAccount | undefined {
  return own(serviceAccounts(sandbox.state.auth), client_id);
}

/** The scopes of Cloud, and the permission of the Data Center, which stand in one list. */
export function cloudScopesOf({ scopes }: ServiceAccount): string[] {
  return scopes.filter((scope) => scope.includes(":"));
}

export function permissionOf({ scopes }: ServiceAccount): "READ" | "WRITE" {
  return scopes.includes("WRITE") ? "WRITE" : "READ";
}

/** Takes a credential away, with every token it got. Answers whether there was one. */
export function revokeServiceAccount(sandbox: Sandbox, client_id: string): boolean {
  const accounts = serviceAccounts(sandbox.state.auth);
  if (!own(accounts, client_id)) return false;
  delete accounts[client_id];
  const { cloud, datacenter } = sandbox.state.auth;
  for (const [token, { family }] of Object.entries(cloud.access)) {
    if (cloud.families[family]?.client_id === client_id) delete cloud.access[token];
  }
  for (const [id, grant] of Object.entries(datacenter.grants)) {
    if (grant.client_id === client_id) delete datacenter.grants[id];
  }
  sandbox.touched("auth");
  return true;
}
