/** The one request of a renewal, made ready before the last check and read after it. */
import { LatchkeyError } from "../errors.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import { endpointsFor, FLAVORS, oauth1, oauth2 } from "../protocol/index.ts";
import type { FamilyRow, RegistrationRow, Store } from "../store/index.ts";
import { present } from "./read.ts";
import type { Registrations } from "./registrations.ts";
import { openTokens, type Received, type Sealer, type Tokens } from "./tokens.ts";
import { demandTrust } from "./trust.ts";

export type Exchange = {
  readonly request: HttpRequest;
  /** @throws what the endpoint answered instead of tokens */
  read(response: HttpResponse, at: number): Received;
};

type ExchangeParts = Sealer & { store: Store; registrations: Registrations; now: () => number };

/**
 * All that the exchange needs, so that nothing stands between the last check and the wire.
 * @throws refresh_token_absent where nothing renews these tokens, not_found, registration_suspended
 */
export async function prepareExchange(parts: ExchangeParts, row: FamilyRow): Promise<Exchange> {
  const registration = await parts.store.registrations.find(row.registration_id);
  if (!registration) throw new LatchkeyError("not_found", "There is no registration with this id.");
  demandTrust(registration, parts.now());
  if (row.sealed_tokens === null) throw new LatchkeyError("refresh_token_absent");
  const tokens = openTokens(parts.keyring, row, row.sealed_tokens);
  switch (tokens.kind) {
    case "oauth1":
      return await bySessionHandle(parts, registration, tokens);
    case "oauth2":
      return await byRefreshToken(parts, registration, tokens);
    case "service-account":
      return await byClientCredentials(parts, registration);
    default:
      throw new LatchkeyError("refresh_token_absent");
  }
}

/** Nothing is spent by it, so an answer that is lost is asked for again. */
async function byClientCredentials(parts: ExchangeParts, registration: RegistrationRow): Promise<Exchange> {
  const { flavor } = registration;
  if (flavor === "datacenter-oauth1") throw new LatchkeyError("unsupported_grant_type");
  const client = await parts.registrations.oauth2Client(registration.id);
  const endpoints = endpointsFor(flavor, addressesOf(registration));
  const scope = JSON.parse(registration.scope) as string[];
  return {
    request: oauth2.buildClientCredentials(FLAVORS[flavor], endpoints, client, scope),
    read(response, at) {
      const { access_token, token_type, expires_at, scope } = oauth2.processTokenResponse(response, at);
      const tokens = { kind: "service-account", access_token, token_type, expires_at } as const;
      return { tokens, at, ...present({ scope }) };
    },
  };
}

async function byRefreshToken(
  parts: ExchangeParts,
  registration: RegistrationRow,
  tokens: Tokens & { kind: "oauth2" },
): Promise<Exchange> {
  const { refresh_token, redirect_uri } = tokens;
  const { flavor } = registration;
  if (!refresh_token) throw new LatchkeyError("refresh_token_absent");
  if (flavor === "datacenter-oauth1") throw new LatchkeyError("unsupported_grant_type");
  const client = {
    ...(await parts.registrations.oauth2Client(registration.id)),
    ...(redirect_uri !== undefined && { redirect_uri }),
  };
  const endpoints = endpointsFor(flavor, addressesOf(registration));
  return {
    request: oauth2.buildRefresh(FLAVORS[flavor], endpoints, client, refresh_token),
    read(response, at) {
      const { scope, ...next } = oauth2.processTokenResponse(response, at);
      // A server that does not rotate leaves the refresh token out: the one that is here goes on working.
      const kept = { kind: "oauth2", refresh_token, ...next, ...present({ redirect_uri }) } as const;
      return { tokens: kept, at, ...present({ scope }) };
    },
  };
}

/** Works once as a refresh token does: the access token it is got for is gone with the answer. */
async function bySessionHandle(
  parts: ExchangeParts,
  registration: RegistrationRow,
  tokens: Tokens & { kind: "oauth1" },
): Promise<Exchange> {
  const client = await parts.registrations.oauth1Client(registration.id);
  const endpoints = endpointsFor("datacenter-oauth1", addressesOf(registration));
  const timestamp = Math.floor(parts.now() / 1000);
  const nonce = Buffer.from(parts.random(16)).toString("hex");
  const request = await oauth1.buildRenewal(endpoints, client, tokens, { timestamp, nonce });
  return {
    request,
    read(response, at) {
      const next = oauth1.processAccessToken(response, at, { timestamp });
      return { tokens: { kind: "oauth1", ...next }, at };
    },
  };
}

function addressesOf({ site_base_url, auth_url, api_url }: RegistrationRow) {
  return present({ site_base_url, auth_url, api_url });
}
