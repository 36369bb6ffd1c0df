import { FLAVORS } from "../protocol/flavors.ts";
import type { Connection, Registration } from "../vault/index.ts";
import type { ConnectParts, Disconnected } from "./contract.ts";

/**
 * Forgets a connection, and its tokens with the last one on them. No Jira documents a way for an application to
 * take a person's approval back, so it says where the person does.
 *
 * @throws LatchkeyError `not_found`, also for another owner's
 */
export async function disconnect(
  parts: ConnectParts,
  owner: string,
  connection_id: string,
): Promise<Disconnected> {
  const connection = await parts.vault.connections.get(owner, connection_id);
  const registration = await parts.vault.registrations.find(connection.registration_id);
  await parts.parting?.(owner, connection_id);
  await parts.vault.connections.remove(owner, connection_id);
  const where = revokePage(connection, registration);
  return {
    revoked: false,
    where,
    says: isGiven(connection)
      ? `The connection is forgotten here and its token is wiped. Jira still takes the token; it is revoked at ${where}`
      : `The connection is forgotten here and its tokens are wiped. Jira itself still lists the approval; the person who gave it removes it at ${where}`,
  };
}

function isGiven({ kind }: Connection): boolean {
  return kind !== "oauth2" && kind !== "oauth1";
}

/** Where an administrator takes a service account's credential away. */
const SERVICE_ACCOUNTS = {
  cloud: "https://admin.atlassian.com/",
  datacenter: "Administration > System > Service accounts",
} as const;

/** The page where a person takes an approval back. */
export function revokePage(
  connection: Pick<Connection, "flavor" | "site"> & { readonly kind?: Connection["kind"] },
  registration: Pick<Registration, "auth_url"> | undefined,
): string {
  if (connection.kind === "personal-access-token") {
    return `${connection.site.url.replace(/\/+$/, "")}/secure/ViewProfile.jspa`;
  }
  if (connection.kind === "api-token") return "https://id.atlassian.com/manage-profile/security/api-tokens";
  if (connection.kind === "service-account") return SERVICE_ACCOUNTS[connection.site.deployment];
  const { revoke_page } = FLAVORS[connection.flavor];
  if (revoke_page.startsWith("/")) return connection.site.url.replace(/\/+$/, "") + revoke_page;
  const auth_url = registration?.auth_url;
  if (auth_url === undefined) return revoke_page;
  const { protocol, host } = new URL(auth_url);
  // Atlassian's clouds pair auth.… with id.…; a sandbox has both on one origin.
  return host.startsWith("auth.")
    ? `${protocol}//id.${host.slice("auth.".length)}${new URL(revoke_page).pathname}`
    : `${auth_url.replace(/\/+$/, "")}/connected-apps`;
}
