// What Jira knows this product by, from the environment: one registration, whatever kind of Jira it is.
import { readFileSync } from "node:fs";
import { type RegistrationInput, Secret } from "latchkey";

/** Cloud, unless a base URL says it is a Data Center; there a private key means an application link (OAuth 1.0a). */
export function whichJira(env: NodeJS.ProcessEnv, redirect_uri: string): RegistrationInput {
  const { JIRA_BASE_URL, CONSUMER_KEY = "OauthKey", PRIVATE_KEY_FILE } = env;
  // `allowance`: you run this product, so your own Jira may also be on a private address.
  const shared = { id: "jira", redirect_uri, allowance: true };
  if (JIRA_BASE_URL && PRIVATE_KEY_FILE) {
    return {
      ...shared,
      flavor: "datacenter-oauth1",
      site_base_url: JIRA_BASE_URL,
      client_id: CONSUMER_KEY,
      private_key: new Secret(readFileSync(PRIVATE_KEY_FILE, "utf8")),
      scope: [],
    };
  }
  const { CLIENT_ID = "", CLIENT_SECRET = "", JIRA_AUTH_URL, JIRA_API_URL } = env;
  const client = { client_id: CLIENT_ID, client_secret: new Secret(CLIENT_SECRET) };
  if (JIRA_BASE_URL) {
    return {
      ...shared,
      ...client,
      flavor: "datacenter-oauth2",
      site_base_url: JIRA_BASE_URL,
      scope: ["READ"],
    };
  }
  return {
    ...shared,
    ...client,
    flavor: "cloud",
    scope: ["read:jira-user", "read:jira-work", "offline_access"],
    // Only where Jira Cloud is the sandbox.
    ...(JIRA_AUTH_URL && { auth_url: JIRA_AUTH_URL }),
    ...(JIRA_API_URL && { api_url: JIRA_API_URL }),
  };
}
