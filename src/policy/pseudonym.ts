/**
 * What stands for a value that may not leave. Pseudonyms are HMAC-SHA-256; reversible tokens are encrypted with
 * AES-256 under an initial value that is itself the authentication tag over kind, tenant and text (the synthetic
 * initialization vector of RFC 5297, with HMAC-SHA-256 in place of CMAC), so equal values give equal tokens and
 * nothing random is needed. Both are bound to tenant and kind.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { LatchkeyError } from "../errors.ts";

/** A key for pseudonyms. */
export type PolicyKey = {
  /** 1 to 16 of a-z and 0-9; stands in every token, so that keys can change. */
  readonly id: string;
  /** At least 32 random bytes. */
  readonly bytes: Uint8Array;
};
export type PseudonymOptions = {
  /** Tokens of one tenant mean nothing in another. Sources that shall join share it. */
  readonly tenant: string;
  /** The first makes new tokens; the others only open old ones. */
  readonly keys: readonly [PolicyKey, ...PolicyKey[]];
};
export type Pseudonyms = {
  /** `lkp_<kind>_<key id>_<43 characters>` */
  readonly pseudonym: (kind: string, value: string) => string;
  /** The same under every key that is held, the current one first: tokens of earlier keys are still known. */
  readonly every: (kind: string, value: string) => readonly string[];
  /** `lkr_<kind>_<key id>_<characters>` */
  readonly seal: (kind: string, value: string) => string;
  /** @throws LatchkeyError `policy_denied` for a token that is forged, moved, or of a key that is not held. */
  readonly open: (kind: string, token: string) => string;
};
/** A token as it can be read without any key. */
export type Token = { readonly reversible: boolean; readonly kind: string; readonly keyId: string };

type Derived = { readonly hash: Uint8Array; readonly tag: Uint8Array; readonly cipher: Uint8Array };

const TOKEN = /^lk([pr])_([A-Za-z]{1,20})_([a-z0-9]{1,16})_([A-Za-z0-9_-]{22,})$/;
/** Distinct values of a kind that are remembered, so that the people of a page are hashed once. */
const REMEMBERED = 5000;

/** @throws LatchkeyError `config_invalid` for a key that is too short or ill named. */
export function createPseudonyms(options: PseudonymOptions): Pseudonyms {
  const keys = new Map(options.keys.map((key) => [key.id, derive(key)]));
  const current = options.keys[0];
  const derived = keys.get(current.id)!;
  const hashed = (id: string, { hash }: Derived, kind: string, value: string) =>
    `lkp_${kind}_${id}_${mac(hash, options.tenant, kind, canonical(kind, value)).toString("base64url")}`;
  const pseudonyms = new Map<string, Map<string, string>>();
  const seals = new Map<string, Map<string, string>>();
  const once = (
    remembered: Map<string, Map<string, string>>,
    kind: string,
    value: string,
    make: () => string,
  ): string => {
    let ofKind = remembered.get(kind);
    if (ofKind === undefined) {
      ofKind = new Map();
      remembered.set(kind, ofKind);
    }
    let token = ofKind.get(value);
    if (token === undefined) {
      token = make();
      if (ofKind.size >= REMEMBERED) ofKind.clear();
      ofKind.set(value, token);
    }
    return token;
  };
  return {
    pseudonym: (kind, value) => once(pseudonyms, kind, value, () => hashed(current.id, derived, kind, value)),
    every: (kind, value) => [...keys].map(([id, key]) => hashed(id, key, kind, value)),
    seal: (kind, value) =>
      once(
        seals,
        kind,
        value,
        () => `lkr_${kind}_${current.id}_${seal(derived, options.tenant, kind, value)}`,
      ),
    open: (kind, token) => {
      const read = TOKEN.exec(token);
      const key = read?.[1] === "r" && read[2] === kind ? keys.get(read[3]!) : undefined;
      const value = key && unseal(key, options.tenant, kind, read![4]!);
      if (value === undefined) throw refused(kind);
      return value;
    },
  };
}

/** What a text says it is, if it has the form of a token. */
export function readToken(text: string): Token | undefined {
  const read = TOKEN.exec(text);
  return read ? { reversible: read[1] === "r", kind: read[2]!, keyId: read[3]! } : undefined;
}

function derive(key: PolicyKey): Derived {
  if (!/^[a-z0-9]{1,16}$/.test(key.id) || key.bytes.length < 32) {
    throw new LatchkeyError(
      "config_invalid",
      "A policy key needs an id of 1 to 16 letters a-z and digits, and at least 32 bytes.",
    );
  }
  const part = (use: string) =>
    new Uint8Array(hkdfSync("sha256", key.bytes, new Uint8Array(0), `latchkey policy 1 ${use}`, 32));
  return { hash: part("pseudonym"), tag: part("tag"), cipher: part("cipher") };
}

/** Each part with its length before it, so that no two lists of parts give one text. */
function mac(key: Uint8Array, ...parts: readonly string[]): Buffer {
  const text = parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join("");
  return createHmac("sha256", key).update(text).digest();
}

/** One person written two ways is one person: case in e-mail addresses and logins says nothing. */
function canonical(kind: string, value: string): string {
  const text = value.normalize("NFC").trim();
  return kind === "email" || kind === "userName" ? text.toLowerCase() : text;
}

function seal(key: Derived, tenant: string, kind: string, value: string): string {
  const tag = mac(key.tag, tenant, kind, value).subarray(0, 16);
  const cipher = createCipheriv("aes-256-ctr", key.cipher, tag);
  return Buffer.concat([tag, cipher.update(value, "utf8"), cipher.final()]).toString("base64url");
}

function unseal(key: Derived, tenant: string, kind: string, text: string): string | undefined {
  const bytes = Buffer.from(text, "base64url");
  // Base64 has several spellings of one value; only the one that was made is accepted.
  if (bytes.length < 16 || bytes.toString("base64url") !== text) return undefined;
  const tag = bytes.subarray(0, 16);
  const cipher = createDecipheriv("aes-256-ctr", key.cipher, tag);
  const value = Buffer.concat([cipher.update(bytes.subarray(16)), cipher.final()]).toString("utf8");
  return timingSafeEqual(mac(key.tag, tenant, kind, value).subarray(0, 16), tag) ? value : undefined;
}

function refused(kind: string): LatchkeyError {
  return new LatchkeyError("policy_denied", `This is no ${kind} token of this policy.`, {
    details: { kind },
    fix: "Send a token as it was received, in the place of its own kind.",
  });
}
