import { createSign, generateKeyPairSync, randomBytes } from "node:crypto";

/** One key pair for all tests of a file: making one is slow. */
export function keyPair(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}

export type Signing = {
  readonly method: string;
  readonly url: string;
  readonly privateKey: string;
  readonly now_ms: number;
  /** Added to the OAuth parameters, or in their place; `undefined` leaves one out. */
  readonly oauth?: Record<string, string | undefined>;
  readonly form?: Record<string, string>;
};

/** Signs as a client of its own would, with OpenSSL's RSA-SHA1. Gives the OAuth parameters, signature included. */
export function sign(signing: Signing): Record<string, string> {
  const url = new URL(signing.url);
  const oauth = Object.fromEntries(
    Object.entries({
      oauth_consumer_key: "OauthKey",
      oauth_nonce: randomBytes(12).toString("hex"),
      oauth_signature_method: "RSA-SHA1",
      oauth_timestamp: String(Math.floor(signing.now_ms / 1000)),
      oauth_version: "1.0",
      ...signing.oauth,
    }).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  const pairs = [...Object.entries(oauth), ...url.searchParams, ...Object.entries(signing.form ?? {})]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort();
  const base = [signing.method, `${url.origin}${url.pathname}`, pairs.join("&")].map(encode).join("&");
  const oauth_signature = createSign("RSA-SHA1").update(base).sign(signing.privateKey, "base64");
  return signing.oauth && "oauth_signature" in signing.oauth ? oauth : { ...oauth, oauth_signature };
}

/** The Authorization header of the parameters. */
export function header(oauth: Record<string, string>): string {
  return `OAuth ${Object.entries(oauth)
    .map(([name, value]) => `${encode(name)}="${encode(value)}"`)
    .join(", ")}`;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
