/** What an application asks of a connect session, checked; every mistake names its field. */
import { LatchkeyError } from "../errors.ts";
import { FLAVORS, type Flavor } from "../protocol/flavors.ts";
import type { Connection } from "../vault/index.ts";
import type { ConnectSessionInput, ConnectSessionParts, ReconnectLinkInput } from "./session-contract.ts";
import { usableRegistration } from "./usable.ts";

const DEFAULT_S = 600;
const LONGEST_S = 900;
const MAX_TEXT = 255;
const MAX_URL = 2048;
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/;
/** Data Center's scopes include the ones before them. */
const RANKS = ["READ", "WRITE", "ADMIN", "SYSTEM_ADMIN"];

/** @throws LatchkeyError `bad_request`, `registration_unknown` */
export async function checkSession(parts: ConnectSessionParts, input: ConnectSessionInput): Promise<void> {
  text("user", input.user);
  text("user_name", input.user_name);
  text("application", input.application);
  text("site", input.site, MAX_URL);
  checkReturn(parts, input.return_url);
  checkScope(input.scope);
  lifetimeOf(input.expires_in_s);
  if (input.flavor !== undefined && !Object.hasOwn(FLAVORS, input.flavor)) {
    throw bad("flavor", `there are ${Object.keys(FLAVORS).join(", ")}`);
  }
  if (input.registration_id === undefined) return;
  const { flavor } = await usableRegistration(parts.vault, input.owner, input.registration_id);
  if (input.flavor !== undefined && input.flavor !== flavor)
    throw bad("flavor", "the registration has another");
}

/** @throws LatchkeyError `bad_request`, `connection_pending` */
export function checkLink(parts: ConnectSessionParts, input: ReconnectLinkInput, known: Connection): void {
  text("user", input.user);
  text("user_name", input.user_name);
  checkScope(input.scope);
  lifetimeOf(input.expires_in_s);
  if (input.return_url !== undefined) checkReturn(parts, input.return_url);
  else if (input.user !== undefined) {
    throw bad("return_url", "the result of a session with a user has to be sent somewhere");
  }
  if (known.state === "pending") throw new LatchkeyError("connection_pending");
  const { scope = [] } = input;
  if (scope.length > 0 && FLAVORS[known.flavor].protocol === "oauth1") {
    throw bad("scope", "OAuth 1.0a knows no scopes");
  }
}

/** Exactly what the connection was asked with before, and what is missing. */
export function scopesOf(flavor: Flavor, had: readonly string[], missing: readonly string[]): string[] {
  const all = [...new Set([...had, ...missing])];
  if (flavor !== "datacenter-oauth2") return all;
  const [highest] = all.sort((one, other) => RANKS.indexOf(other) - RANKS.indexOf(one));
  return highest === undefined ? [] : [highest];
}

/** Milliseconds. */
export function lifetimeOf(asked_s: number = DEFAULT_S): number {
  if (Number.isInteger(asked_s) && asked_s >= 1 && asked_s <= LONGEST_S) return asked_s * 1000;
  throw bad("expires_in_s", `a whole number of seconds from 1 to ${LONGEST_S}`);
}

function checkReturn({ return_origins = [] }: ConnectSessionParts, value: string): void {
  const url = value.length <= MAX_URL && URL.canParse(value) ? new URL(value) : undefined;
  const plain = url !== undefined && /^https?:$/.test(url.protocol) && url.username + url.password === "";
  if (plain && !/[\p{Cc} \\]/u.test(value) && return_origins.includes(url.origin)) return;
  throw new LatchkeyError("bad_request", "return_url: nobody is sent back to that address from here.", {
    details: { field: "return_url" },
    fix: "Add its origin to the option return_origins.",
  });
}

function checkScope(scope: readonly string[] | undefined): void {
  if (scope === undefined || (scope.length <= 100 && scope.every((one) => SCOPE.test(one)))) return;
  throw bad("scope", "up to 100 scopes, each as RFC 6749 writes one");
}

function text(field: string, value: string | undefined, longest = MAX_TEXT): void {
  if (value === undefined) return;
  if (value.trim() === "" || value.length > longest || /\p{Cc}/u.test(value)) {
    throw bad(field, `must have 1 to ${longest} characters, none of them a control character`);
  }
}

function bad(field: string, why: string): LatchkeyError {
  return new LatchkeyError("bad_request", `${field}: ${why}.`, { details: { field } });
}
