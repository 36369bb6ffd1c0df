/** Who approved. Asked of Jira itself, with the token that was just received. */
import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import { createJira, me } from "../jira/index.ts";
import type { Credential } from "../protocol/credential.ts";
import { endpointsFor } from "../protocol/flavors.ts";
import type { Transport } from "../transport.ts";
import type { Account, Registration, SiteRef } from "../vault/index.ts";
import type { ConnectParts } from "./contract.ts";

/** A token that may not ask this is no failed dance: the account stays unknown, and joins no other. */
const MAY_NOT_ASK = new Set(["scope_missing", "jira_forbidden", "jira_not_found"]);

/** Without it the account API answers nobody, so it is not asked. */
const ACCOUNT_SCOPE = "read:me";

/**
 * The account behind a token. On Cloud from the account API where the token may ask it, else from a granted site:
 * the account id is the same on all of them. `undefined` where the token's scopes allow neither.
 *
 * @throws LatchkeyError where Jira does not accept the token, or does not answer
 */
export async function identify(
  parts: ConnectParts,
  transport: Transport,
  registration: Registration,
  sites: readonly SiteRef[],
  credential: Credential,
  scope: readonly string[],
): Promise<Account | undefined> {
  if (registration.flavor === "cloud" && scope.includes(ACCOUNT_SCOPE)) {
    const { now, random } = parts;
    const endpoints = endpointsFor("cloud", registration);
    const person = await me({ transport, endpoints, credential, now, random });
    if (person !== undefined) return person;
  }
  for (const site of sites) {
    try {
      return await myselfAt(parts, transport, registration, site, credential);
    } catch (error) {
      if (registration.flavor === "cloud" && isLatchkeyError(error) && MAY_NOT_ASK.has(error.code)) continue;
      throw error;
    }
  }
  return undefined;
}

/** A token of this minute that is refused is not refreshed: the refusal is the answer. */
async function refuse(): Promise<never> {
  throw new LatchkeyError("jira_unauthorized", "Jira does not accept the token it has just given.");
}

function myselfAt(
  parts: ConnectParts,
  transport: Transport,
  registration: Registration,
  site: SiteRef,
  credential: Credential,
): Promise<Account> {
  const jira = createJira({
    flavor: registration.flavor,
    api_base_url: site.api_base_url,
    site_url: site.url,
    credentials: { current: async () => credential, rejected: refuse },
    transport,
    now: parts.now,
    random: parts.random,
    log: parts.log,
  });
  return jira.myself();
}
