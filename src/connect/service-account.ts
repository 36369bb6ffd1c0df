/** A connection of a service account: its credentials are the registration's, and nobody has to approve. */
import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import { type Credential, endpointsFor, FLAVORS, oauth2 } from "../protocol/index.ts";
import type { Registration, SiteRef } from "../vault/index.ts";
import type { ConnectParts } from "./contract.ts";
import { decide } from "./decide.ts";
import { identify } from "./identify.ts";
import { addressOf, grantedSites } from "./sites.ts";
import type { Given, ServiceAccountInput } from "./token-contract.ts";
import { cloudIdOf } from "./token-site.ts";
import { keep } from "./tokens.ts";
import { usableRegistration } from "./usable.ts";

/**
 * Asks for the account's first token, and for the sites it reaches; one is taken where it is the only one or was named.
 *
 * @throws LatchkeyError `invalid_client`, `no_sites`, `site_choice_required` (details: sites), `account_mismatch`,
 *   `bad_request` for a registration that is no service account's
 * @see RFC 6749 section 4.4
 */
export async function withServiceAccount(parts: ConnectParts, input: ServiceAccountInput): Promise<Given> {
  const registration = await usableRegistration(parts.vault, input.owner, input.registration_id);
  if (registration.credential !== "service-account") {
    throw new LatchkeyError("bad_request", "This registration is not that of a service account.", {
      details: { field: "registration_id" },
      fix: "Name another, or add one: latchkey registrations add --service-account.",
    });
  }
  const tokens = await firstToken(parts, registration);
  const credential: Credential = { kind: "bearer", token: tokens.access_token, token_id: "first" };
  const sites = await reached(parts, registration, credential, input.site);
  const hint = FLAVORS[registration.flavor].deployment === "cloud" ? input.site : undefined;
  const decision = decide({
    sites,
    account: undefined,
    confirmed: true,
    ...(hint !== undefined && { site_hint: hint }),
  });
  if (decision.kind !== "connect") {
    const list = sites.map(({ id, url }) => ({ id, url }));
    throw new LatchkeyError("site_choice_required", undefined, { details: { sites: list } });
  }
  const { site } = decision;
  const account = await identify(parts, parts.transport, registration, [site], credential, []);
  const { access_token, token_type, expires_at, scope } = tokens;
  return await keep(
    parts,
    input,
    registration.id,
    { site, account },
    {
      kind: "service-account",
      access_token,
      token_type,
      expires_at,
      ...(scope && { scope }),
    },
  );
}

/** @throws LatchkeyError `invalid_client`, or what the token endpoint answers else */
export async function firstToken(parts: ConnectParts, registration: Registration): Promise<oauth2.TokenSet> {
  const { flavor } = registration;
  if (flavor === "datacenter-oauth1") throw new LatchkeyError("unsupported_grant_type");
  const client = await parts.vault.registrations.oauth2Client(registration.id);
  const endpoints = endpointsFor(flavor, registration);
  const request = oauth2.buildClientCredentials(FLAVORS[flavor], endpoints, client, registration.scope);
  try {
    return oauth2.processTokenResponse(await parts.transport.send(request), parts.now());
  } catch (error) {
    if (!isLatchkeyError(error) || !REFUSED.has(error.code)) throw error;
    // What Cloud answers to a wrong secret: nobody was asked who could have declined.
    throw new LatchkeyError("invalid_client", undefined, { cause: error, details: error.details });
  }
}

const REFUSED = new Set(["access_denied", "invalid_client", "unauthorized_client"]);

/** The sites of the account, or the one that was named where the list is not for service accounts. */
async function reached(
  parts: ConnectParts,
  registration: Registration,
  credential: Credential,
  asked: string | undefined,
): Promise<readonly SiteRef[]> {
  const url = asked === undefined ? undefined : addressOf(asked);
  try {
    const sites = await grantedSites(parts, parts.transport, registration, credential);
    if (sites.length > 0 || url === undefined) return sites;
  } catch (error) {
    const closed =
      isLatchkeyError(error) && (error.code === "scope_missing" || error.code === "jira_unauthorized");
    if (!closed || url === undefined) throw error;
  }
  const id = await cloudIdOf(parts, url, "end-user");
  const { gateway_base = "" } = endpointsFor("cloud", registration);
  const name = new URL(url).hostname.split(".")[0]!;
  return [{ id, url, name, api_base_url: `${gateway_base}/${id}`, deployment: "cloud" }];
}
