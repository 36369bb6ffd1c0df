import type { oauth1, oauth2 } from "../protocol/index.ts";
import { Secret } from "../secret.ts";
import { open, type Place, seal } from "./envelope.ts";
import { tokenId } from "./hash.ts";
import type { Keyring } from "./keyring.ts";

/** What a person or an administrator made in Jira and handed over: no dance led to it. */
export type GivenTokens =
  | {
      readonly kind: "personal-access-token";
      readonly access_token: Secret;
      /** As its maker told. */
      readonly expires_at?: number;
    }
  | {
      readonly kind: "api-token";
      /** The e-mail address of the account. */
      readonly username: string;
      readonly password: Secret;
      readonly expires_at?: number;
    }
  /** Got for the client credentials of its registration, and got again when it ends. @see RFC 6749 section 4.4 */
  | {
      readonly kind: "service-account";
      readonly access_token: Secret;
      readonly token_type: string;
      readonly expires_at: number;
      readonly scope?: readonly string[];
    };

/** The tokens of a family, as the vault keeps them. */
export type Tokens =
  | GivenTokens
  | {
      readonly kind: "oauth2";
      readonly access_token: Secret;
      readonly refresh_token?: Secret;
      readonly token_type: string;
      readonly expires_at: number;
      /** The one these tokens were asked for with, which Data Center compares on refresh; default the registration's. */
      readonly redirect_uri?: string;
    }
  | {
      readonly kind: "oauth1";
      readonly oauth_token: Secret;
      readonly oauth_token_secret: Secret;
      readonly expires_at?: number;
      readonly oauth_session_handle?: Secret;
      readonly session_expires_at?: number;
    };

/** What a renewal brought. */
export type Received = {
  readonly tokens: Tokens;
  readonly scope?: readonly string[];
  /** When the answer came. */
  readonly at: number;
};

export type Sealer = { readonly keyring: Keyring; readonly random: (bytes: number) => Uint8Array };

/** A number from 0 to 1, for what should not come at the same moment everywhere. */
export function chanceOf({ random }: Pick<Sealer, "random">): number {
  return (random(1)[0] ?? 0) / 255;
}

type FamilyPlace = { readonly id: string; readonly owner: string; readonly generation: number };

/** Whether nothing but a person can put another in its place. */
export function isGiven(kind: Tokens["kind"]): boolean {
  return kind === "personal-access-token" || kind === "api-token";
}

export function tokensFrom(
  received: oauth2.TokenSet | oauth1.OAuth1Tokens | GivenTokens,
  redirect_uri?: string,
): Tokens {
  if ("kind" in received) {
    const { scope: _scope, ...tokens } = { scope: undefined, ...received };
    return tokens;
  }
  if ("access_token" in received) {
    const { access_token, refresh_token, token_type, expires_at } = received;
    return {
      kind: "oauth2",
      access_token,
      token_type,
      expires_at,
      ...(refresh_token && { refresh_token }),
      ...(redirect_uri !== undefined && { redirect_uri }),
    };
  }
  return { kind: "oauth1", ...received };
}

/** Names the token that goes on the wire. */
export function tokenIdOf(tokens: Tokens): string {
  return tokenId(onTheWire(tokens).reveal());
}

function onTheWire(tokens: Tokens): Secret {
  if (tokens.kind === "oauth1") return tokens.oauth_token;
  return tokens.kind === "api-token" ? tokens.password : tokens.access_token;
}

export function sealTokens(
  sealer: Sealer,
  family: FamilyPlace,
  tokens: Tokens,
  column = "sealed_tokens",
): string {
  const plain = Object.fromEntries(
    Object.entries(tokens).map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]),
  );
  return seal(sealer.keyring, sealer.random, placeOf(family, column), JSON.stringify(plain));
}

/** @throws vault_unreadable */
export function openTokens(
  keyring: Keyring,
  family: FamilyPlace,
  sealed: string,
  column = "sealed_tokens",
): Tokens {
  const plain = JSON.parse(open(keyring, placeOf(family, column), sealed));
  for (const name of SECRETS) {
    if (typeof plain[name] === "string") plain[name] = new Secret(plain[name]);
  }
  return plain as Tokens;
}

const SECRETS = [
  "access_token",
  "password",
  "refresh_token",
  "oauth_token",
  "oauth_token_secret",
  "oauth_session_handle",
] as const;

function placeOf(family: FamilyPlace, column: string): Place {
  return {
    table: "families",
    column,
    row: family.id,
    owner: family.owner,
    generation: family.generation,
  };
}
