/** Tokens that people make for themselves: API tokens of a Cloud account, personal access tokens of the Data Center. */
import type { Face } from "../face.ts";
import type { Sandbox } from "../message.ts";
import type { User } from "../world/model.ts";
import { own } from "./sessions.ts";
import { type AuthState, apiTokenOf, personalAccessTokenOf } from "./state.ts";
import type { GivenToken, GivenTokens } from "./token-records.ts";

export type { GivenToken } from "./token-records.ts";

/** A token as it is found behind a credential, or why it is none. */
export type Found =
  | { readonly user: User; readonly scopes?: readonly string[] }
  | { readonly refused: string };

const DAY_MS = 86_400_000;
/** Cloud gives no token for longer. */
export const longest_days = 365;

export function givenTokens(auth: AuthState): GivenTokens {
  auth.given ??= { made: {}, revoked: [] };
  return auth.given;
}

/**
 * Makes a token of the form Jira's own have.
 * @param days until it ends; 0 or absent: never (Data Center only)
 */
export function makeToken(
  sandbox: Sandbox,
  wanted: {
    readonly face: Face;
    readonly user: string;
    readonly name: string;
    readonly days?: number;
    readonly scopes?: readonly string[];
  },
): GivenToken {
  const { face, user, name, scopes } = wanted;
  const created_ms = sandbox.now();
  const days = wanted.days || (face === "cloud" ? longest_days : 0);
  const made: GivenToken = {
    id: String(Object.keys(givenTokens(sandbox.state.auth).made).length + 1 + sandbox.state.boots * 1000),
    face,
    user,
    name,
    token: face === "cloud" ? apiToken(sandbox) : personalAccessToken(sandbox),
    created_ms,
    ...(scopes === undefined ? {} : { scopes }),
    ...(days === 0 ? {} : { expires_ms: created_ms + days * DAY_MS }),
  };
  givenTokens(sandbox.state.auth).made[made.token] = made;
  sandbox.touched("auth");
  return made;
}

function apiToken(sandbox: Sandbox): string {
  return `ATATT3xFfGF0${sandbox.random(120).toString("base64url")}=${sandbox.random(4).toString("hex").toUpperCase()}`;
}

/** The number of the token, a colon and random bytes: 33 bytes, and so no padding. */
function personalAccessToken(sandbox: Sandbox): string {
  const number = sandbox.random(6).readUIntBE(0, 6).toString().padStart(12, "0").slice(0, 12);
  return Buffer.concat([Buffer.from(`${number}:`), sandbox.random(20)]).toString("base64");
}

/** Takes a token away, made or well-known. Answers whether there was such a token. */
export function revokeToken(sandbox: Sandbox, token: string): boolean {
  const given = givenTokens(sandbox.state.auth);
  const known = own(given.made, token) !== undefined || wellKnownUser(sandbox, token) !== undefined;
  if (!known || given.revoked.includes(token)) return false;
  if (own(given.made, token)) delete given.made[token];
  else given.revoked.push(token);
  sandbox.touched("auth");
  return true;
}

function wellKnownUser(sandbox: Sandbox, token: string): User | undefined {
  const { auth, world } = sandbox.state;
  return Object.values(world.users).find(
    ({ name }) =>
      token === personalAccessTokenOf(name) || token === (own(auth.apiTokens, name) ?? apiTokenOf(name)),
  );
}

/** Whose token it is on one face. */
export function findToken(sandbox: Sandbox, face: Face, token: string): Found {
  const { auth, world } = sandbox.state;
  const given = givenTokens(auth);
  const made = own(given.made, token);
  if (made?.face === face) {
    if (made.expires_ms !== undefined && sandbox.now() >= made.expires_ms) return { refused: "has expired" };
    const user = own(world.users, made.user);
    if (!user?.active) return { refused: "belongs to a deactivated user" };
    made.last_used_ms = sandbox.now();
    return { user, ...(made.scopes === undefined ? {} : { scopes: made.scopes }) };
  }
  if (given.revoked.includes(token)) return { refused: "was revoked" };
  const of = (name: string) =>
    face === "cloud" ? (own(auth.apiTokens, name) ?? apiTokenOf(name)) : personalAccessTokenOf(name);
  const user = Object.values(world.users).find((candidate) => of(candidate.name) === token);
  return user?.active ? { user } : { refused: "is unknown or revoked" };
}

/** A person's own tokens, oldest first. */
export function tokensOf(sandbox: Sandbox, face: Face, user: User): GivenToken[] {
  return Object.values(givenTokens(sandbox.state.auth).made)
    .filter((one) => one.face === face && one.user === user.name)
    .sort((a, b) => a.created_ms - b.created_ms);
}
