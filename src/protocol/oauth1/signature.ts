import { constants, createHash, sign as cryptoSign, privateEncrypt } from "node:crypto";
import { LatchkeyError } from "../../errors.ts";
import { parseForm, percentEncode } from "./encode.ts";
import type { SigningKey } from "./key.ts";

type Pairs = readonly (readonly [string, string])[];

/** Scheme, authority, path and query, without touching how the path is written. */
const PARTS = /^(https?):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?/i;
const GOES_AS_IT_STANDS = /^[!-~]*$/;

type UrlParts = { readonly uri: string; readonly query: string };

/**
 * Splits a URL into the base string URI and its query. The path is kept raw, because Jira's server signs what it
 * received: `%2B` stays `%2B`, `+` stays `+`, a trailing slash counts.
 */
export function splitUrl(url: string): UrlParts {
  // A character that must be encoded on its way is encoded here by the same rules as on the wire.
  const sent = GOES_AS_IT_STANDS.test(url) || !URL.canParse(url) ? url : new URL(url).href;
  const parts = PARTS.exec(sent);
  if (!parts?.[2])
    throw new LatchkeyError("bad_request", "Only an absolute http or https URL can be signed.");
  const scheme = parts[1]!.toLowerCase();
  return {
    uri: `${scheme}://${authorityOf(scheme, parts[2])}${parts[3] === "" ? "/" : parts[3]}`,
    query: parts[4] ?? "",
  };
}

function authorityOf(scheme: string, written: string): string {
  const authority = written.slice(written.lastIndexOf("@") + 1).toLowerCase();
  const standard = scheme === "https" ? ":443" : ":80";
  if (authority.endsWith(standard)) return authority.slice(0, -standard.length);
  return authority.endsWith(":") ? authority.slice(0, -1) : authority;
}

/**
 * The base string URI: scheme and authority in lower case, the scheme's own port dropped, no query.
 *
 * @see RFC 5849 section 3.4.1.2
 */
export function baseStringUri(url: string): string {
  return splitUrl(url).uri;
}

/**
 * Encodes the pairs, sorts them by encoded name and then by encoded value, and joins them. `oauth_signature` is
 * left out.
 *
 * @see RFC 5849 section 3.4.1.3.2
 */
export function normalizedParameters(pairs: Pairs): string {
  const encoded: string[] = [];
  for (const [name, value] of pairs) {
    if (name !== "oauth_signature") encoded.push(sortable(percentEncode(name), percentEncode(value)));
  }
  return joinSorted(encoded);
}

/** A space sorts before all that an encoded text can hold, so one string compares as name, then value. */
export function sortable(encodedName: string, encodedValue: string): string {
  return `${encodedName} ${encodedValue}`;
}

/** Joins texts made by {@link sortable}. */
export function joinSorted(encoded: string[]): string {
  return encoded.sort().join("&").replaceAll(" ", "=");
}

/**
 * The signature base string.
 *
 * @param url as it goes on the wire; its query is read here, where `+` is a space
 * @param parameters all other pairs, decoded: those of the Authorization header (without `realm`) and of a form body
 * @see RFC 5849 section 3.4.1.1
 */
export function signatureBaseString(method: string, url: string, parameters: Pairs): string {
  const { uri, query } = splitUrl(url);
  const all = query === "" ? parameters : [...parameters, ...parseForm(query)];
  return joinBaseString(method, uri, normalizedParameters(all));
}

/** The three parts of a base string put together. */
export function joinBaseString(method: string, uri: string, normalized: string): string {
  // `normalized` holds only unreserved characters, `%`, `=` and `&`, which encodeURIComponent treats alike.
  return `${percentEncode(method.toUpperCase())}&${percentEncode(uri)}&${encodeURIComponent(normalized)}`;
}

/**
 * Some crypto libraries refuse RSA with SHA-1 by policy (RHEL 9, FIPS). Whether this one does is found out at the
 * first signature and kept.
 */
let sha1Refused: boolean | undefined;

function decide(key: SigningKey): boolean {
  if (sha1Refused === undefined) {
    try {
      cryptoSign("RSA-SHA1", Buffer.from("latchkey"), key.keyObject);
      sha1Refused = false;
    } catch {
      sha1Refused = true;
    }
  }
  return sha1Refused;
}

/**
 * Signs with RSA-SHA1 in the thread pool, so that the event loop goes on.
 *
 * @returns the signature in base64, not yet percent-encoded
 * @see RFC 5849 section 3.4.3
 */
export function sign(key: SigningKey, baseString: string): Promise<string> {
  return new Promise((resolve, reject) => {
    if (sha1Refused ?? decide(key)) {
      resolve(signRaw(key, baseString));
      return;
    }
    cryptoSign("RSA-SHA1", Buffer.from(baseString), key.keyObject, (error, signature) => {
      if (error) reject(error);
      else resolve(signature.toString("base64"));
    });
  });
}

/** Like {@link sign}, on the calling thread: the quickest way for one signature, but it blocks the loop. */
export function signSync(key: SigningKey, baseString: string): string {
  if (sha1Refused ?? decide(key)) return signRaw(key, baseString);
  return cryptoSign("RSA-SHA1", Buffer.from(baseString), key.keyObject).toString("base64");
}

/** DigestInfo of SHA-1 up to the hash itself. @see RFC 8017 section 9.2 */
const SHA1_DIGEST_INFO = Buffer.from("3021300906052b0e03021a05000414", "hex");

/**
 * The same signature by hand: the hash with its DigestInfo through the raw private-key operation. Used where the
 * library refuses to combine RSA with SHA-1.
 */
export function signRaw(key: SigningKey, baseString: string): string {
  const hash = createHash("sha1").update(baseString).digest();
  return privateEncrypt(
    { key: key.keyObject, padding: constants.RSA_PKCS1_PADDING },
    Buffer.concat([SHA1_DIGEST_INFO, hash]),
  ).toString("base64");
}
