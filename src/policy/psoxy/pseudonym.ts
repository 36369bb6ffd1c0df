/**
 * Pseudonyms as Psoxy makes them, to the byte: for equal salt and key, equal tokens. What is known of their
 * weaknesses is in docs/psoxy.md; the tokens of native policies have none of them.
 */
import { createCipheriv, createDecipheriv, createHash, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import { type Email, emailOf } from "./email.ts";

export type EmailCanonicalization = "STRICT" | "IGNORE_DOTS";
export type EmailDomainHandling = "PRESERVE" | "REDACT" | "TOKENIZE" | "ENCRYPT";
export type Encoding = "URL_SAFE_TOKEN" | "URL_SAFE_HASH_ONLY" | "JSON";

export type PseudonymSettings = {
  readonly salt: string;
  /** Without it nothing is reversible. */
  readonly encryption_key?: string;
  readonly salt_email_domains?: string;
  readonly encryption_key_email_domains?: string;
  readonly salt_ip?: string;
  readonly encryption_key_ip?: string;
  /** Default `STRICT`: dots in the local part count. */
  readonly email_canonicalization?: EmailCanonicalization;
  /** Default `PRESERVE`: the domain stands behind the token as it was written. */
  readonly email_domain_handling?: EmailDomainHandling;
  /** Default `v0.4`. `v0.3` hashes the scope as well, and writes hashes in its older alphabet. */
  readonly implementation?: "v0.4" | "v0.3";
  /** The scope of `v0.3` for everything that is no e-mail address: the id of the source. */
  readonly scope?: string;
};

export type Form = {
  readonly encoding?: Encoding;
  readonly includeReversible?: boolean;
  readonly includeOriginal?: boolean;
};

export type PsoxyPseudonyms = {
  /** What stands for a value. */
  pseudonymize(value: string, form?: Form): string;
  /** A `t~` or, reversible, a `p~` token of an address in its canonical writing. */
  address(canonical: string, reversible: boolean): string;
  /** A `p~` token that stands for a piece of text. @throws where there is no key */
  tokenize(text: string): string;
  /** The value behind a `p~` token; `undefined` for one that was not made with this salt and key. */
  open(token: string): string | undefined;
};

/** A reversible token, with the domain it may carry. Its characters are those that a URL holds plainly. */
export const REVERSIBLE = /p~[A-Za-z0-9_-]{43,}(?:(?:@|%40)[A-Za-z0-9_.~-]+)?/g;

const ROUNDS = 65_536;
const HASH_BYTES = 32;
const BLOCK = 16;
/** Deriving a key takes long on purpose; the few there are in a process are kept. */
const keys = new Map<string, Buffer>();
const MOST_KEYS = 50;

export function createPsoxyPseudonyms(settings: PseudonymSettings): PsoxyPseudonyms {
  const { salt, email_domain_handling = "PRESERVE" } = settings;
  const hash = (value: string) => sha256(canonical(value, settings) + salt + scopeOf(value, settings));
  const reversed = (value: string) => sealed(value, hash(value), settings.encryption_key, salt);
  const domainOf = (email: Email | undefined) =>
    email && email_domain_handling !== "REDACT" ? handledDomain(email.domain, settings) : undefined;
  const suffixed = (token: string, domain: string | undefined) => (domain ? `${token}@${domain}` : token);

  return {
    pseudonymize(value, form = {}) {
      const digest = hash(value);
      if (form.encoding === "URL_SAFE_HASH_ONLY") return written(digest, settings);
      const domain = domainOf(emailOf(value));
      const reversible = form.includeReversible
        ? suffixed(`p~${base64url(reversed(value))}`, domain)
        : undefined;
      if (form.encoding !== "JSON") return reversible ?? suffixed(`t~${base64url(digest)}`, domain);
      return JSON.stringify({
        ...(domain === undefined ? {} : { domain }),
        hash: written(digest, settings),
        ...(form.includeOriginal ? { original: value } : {}),
        ...(reversible === undefined ? {} : { reversible }),
      });
    },
    address(value, reversible) {
      const own = settings.salt_ip ?? salt;
      const digest = sha256(value + own);
      if (!reversible) return `t~${base64url(digest)}`;
      return `p~${base64url(sealed(value, digest, settings.encryption_key_ip ?? settings.encryption_key, own))}`;
    },
    tokenize: (text) => `p~${base64url(reversed(text))}`,
    open(token) {
      const found = /^p~([A-Za-z0-9_-]{43,})(?:(?:@|%40).*)?$/s.exec(token);
      if (!found || settings.encryption_key === undefined) return undefined;
      return opened(Buffer.from(found[1]!, "base64url"), settings.encryption_key, salt, hash);
    },
  };
}

/** What is hashed: an address in lower case, without what follows a plus sign; anything else as it is. */
export function canonical(
  value: string,
  settings: Pick<PseudonymSettings, "email_canonicalization">,
): string {
  const email = emailOf(value);
  if (!email) return value;
  const local = email.local.split("+", 1)[0]!.toLowerCase();
  const plain = settings.email_canonicalization === "IGNORE_DOTS" ? local.replaceAll(".", "") : local;
  return `${plain}@${email.domain.toLowerCase()}`;
}

function scopeOf(value: string, { implementation, scope = "" }: PseudonymSettings): string {
  return implementation === "v0.3" && !emailOf(value) ? scope : "";
}

/** The older writing is plain base64 with the two characters replaced that a URL cannot hold. */
function written(digest: Buffer, { implementation }: PseudonymSettings): string {
  return implementation === "v0.3" ? legacyBase64(digest) : base64url(digest);
}

export function legacyBase64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "").replaceAll("/", "_").replaceAll("+", ".");
}

function handledDomain(domain: string, settings: PseudonymSettings): string {
  if (settings.email_domain_handling === "TOKENIZE" || settings.email_domain_handling === "ENCRYPT") {
    const salt = settings.salt_email_domains ?? settings.salt;
    const digest = sha256(domain + salt);
    if (settings.email_domain_handling === "TOKENIZE") return `h~${base64url(digest)}`;
    const key = settings.encryption_key_email_domains ?? settings.encryption_key;
    return `e~${base64url(sealed(domain, digest, key, salt))}`;
  }
  return domain;
}

function sealed(value: string, digest: Buffer, key: string | undefined, salt: string): Buffer {
  if (key === undefined)
    throw new Error("There is no encryption key, and the rules ask for reversible tokens.");
  const cipher = createCipheriv("aes-256-cbc", derived(key, salt), digest.subarray(0, BLOCK));
  return Buffer.concat([digest, cipher.update(value, "utf8"), cipher.final()]);
}

/** Wrong padding and a wrong hash are one answer, so that nobody learns a text by trying. */
function opened(
  bytes: Buffer,
  key: string,
  salt: string,
  hash: (value: string) => Buffer,
): string | undefined {
  const digest = bytes.subarray(0, HASH_BYTES);
  const body = bytes.subarray(HASH_BYTES);
  if (body.length === 0 || body.length % BLOCK !== 0) return undefined;
  const decipher = createDecipheriv("aes-256-cbc", derived(key, salt), digest.subarray(0, BLOCK));
  decipher.setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(body), decipher.final()]);
  const pad = padded.at(-1) ?? 0;
  const fits = pad >= 1 && pad <= BLOCK && padded.subarray(-pad).every((byte) => byte === pad);
  const plain = padded.subarray(0, padded.length - (fits ? pad : 1));
  const text = plain.toString("utf8");
  const same = timingSafeEqual(hash(text), digest) && Buffer.from(text, "utf8").equals(plain);
  return fits && same ? text : undefined;
}

function derived(key: string, salt: string): Buffer {
  const name = sha256(JSON.stringify([key, salt])).toString("hex");
  let found = keys.get(name);
  if (!found) {
    found = pbkdf2Sync(key, salt, ROUNDS, 32, "sha256");
    keys.set(name, found);
    if (keys.size > MOST_KEYS) keys.delete(keys.keys().next().value ?? "");
  }
  return found;
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}

function base64url(bytes: Buffer): string {
  return bytes.toString("base64url");
}
