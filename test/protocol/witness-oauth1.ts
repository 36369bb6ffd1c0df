/**
 * A second OAuth 1.0a signer, written from RFC 5849 and RFC 8017 alone and sharing nothing with `src/`: bytes
 * instead of texts, and the RSA operation by big integers instead of the crypto library.
 */
import { createHash, type KeyObject } from "node:crypto";

const UNRESERVED = new Set(Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"));
const HEX = "0123456789ABCDEF";

/** RFC 5849 section 3.6. */
export function encode(bytes: Buffer): Buffer {
  const out: number[] = [];
  for (const byte of bytes) {
    if (UNRESERVED.has(byte)) out.push(byte);
    else out.push(0x25, HEX.charCodeAt(byte >> 4), HEX.charCodeAt(byte & 15));
  }
  return Buffer.from(out);
}

/** RFC 5849 section 3.4.1.3.1: the form decoding of a query component or of a form body. */
export function readForm(text: string): [Buffer, Buffer][] {
  const pairs: [Buffer, Buffer][] = [];
  for (const piece of text.split("&")) {
    if (piece.length === 0) continue;
    const parts: [number[], number[]] = [[], []];
    let side: 0 | 1 = 0;
    const bytes = Buffer.from(piece);
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === 0x3d && side === 0) side = 1;
      else if (byte === 0x2b) parts[side].push(0x20);
      else if (byte === 0x25) {
        parts[side].push(Number.parseInt(bytes.toString("ascii", at + 1, at + 3), 16));
        at += 2;
      } else parts[side].push(byte);
    }
    pairs.push([Buffer.from(parts[0]), Buffer.from(parts[1])]);
  }
  return pairs;
}

/** RFC 5849 section 3.4.1.2, for URLs whose path is sent as it is written. */
export function uriOf(url: string): string {
  const colon = url.indexOf("://");
  const [scheme, rest] = [url.slice(0, colon), url.slice(colon + 3)];
  const noFragment = rest.split("#")[0]!;
  const noQuery = noFragment.split("?")[0]!;
  const slash = noQuery.indexOf("/");
  let authority = (slash < 0 ? noQuery : noQuery.slice(0, slash)).toLowerCase();
  const path = slash < 0 ? "/" : noQuery.slice(slash);
  const lower = scheme.toLowerCase();
  if (lower === "http" && authority.endsWith(":80")) authority = authority.slice(0, -3);
  if (lower === "https" && authority.endsWith(":443")) authority = authority.slice(0, -4);
  return `${lower}://${authority}${path}`;
}

/** RFC 5849 section 3.4.1.3.2. */
export function normalize(pairs: readonly (readonly [Buffer, Buffer])[]): string {
  const encoded = pairs.map(([name, value]) => [encode(name), encode(value)] as const);
  encoded.sort((a, b) => Buffer.compare(a[0], b[0]) || Buffer.compare(a[1], b[1]));
  return encoded.map(([name, value]) => `${name.toString()}=${value.toString()}`).join("&");
}

/** RFC 5849 section 3.4.1.1; `pairs` are those outside the query. */
export function baseString(
  method: string,
  url: string,
  pairs: readonly (readonly [string, string])[],
): string {
  const query = url.split("#")[0]!.split("?").slice(1).join("?");
  const all = [
    ...readForm(query),
    ...pairs
      .filter(([name]) => name !== "oauth_signature" && name !== "realm")
      .map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const),
  ];
  const parts = [method.toUpperCase(), uriOf(url), normalize(all)];
  return parts.map((part) => encode(Buffer.from(part)).toString()).join("&");
}

/** RFC 8017 section 8.2.1, RSASSA-PKCS1-v1_5 with SHA-1. */
export function rsaSha1(key: KeyObject, text: string): string {
  const jwk = key.export({ format: "jwk" });
  const n = integer(Buffer.from(jwk.n!, "base64url"));
  const d = integer(Buffer.from(jwk.d!, "base64url"));
  const length = Buffer.from(jwk.n!, "base64url").length;
  const info = Buffer.concat([
    Buffer.from([0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14]),
    createHash("sha1").update(text).digest(),
  ]);
  const padded = Buffer.concat([
    Buffer.from([0, 1]),
    Buffer.alloc(length - info.length - 3, 0xff),
    Buffer.from([0]),
    info,
  ]);
  const signature = power(integer(padded), d, n);
  return Buffer.from(signature.toString(16).padStart(length * 2, "0"), "hex").toString("base64");
}

function integer(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString("hex")}`);
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
