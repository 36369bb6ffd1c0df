/** What a person pastes where a key is asked for: found, named and reduced to its DER bytes. */

/** Names of what can be in the text; `error.details.found` carries one of them. */
export type Found =
  | "private-key"
  | "public-key"
  | "certificate"
  | "certificate-request"
  | "encrypted-key"
  | "openssh-key"
  | "ssh-public-key"
  | "putty-key"
  | "pkcs12"
  | "not-rsa"
  | "too-small"
  | "file-name"
  | "truncated"
  | "damaged"
  | "nothing";

/** A block of key material, or the name of what stands in its place. */
export type Block =
  | {
      readonly found: "der";
      readonly label: string | undefined;
      readonly der: Buffer;
      readonly notes: readonly string[];
    }
  | { readonly found: Exclude<Found, "private-key" | "not-rsa" | "too-small">; readonly label?: string };

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+?)-----([\s\S]*?)-----END \1-----/g;
const ENCRYPTED_OIDS = [
  "06092a864886f70d01050d", // PBES2
  "060a2a864886f70d010c01", // PKCS#12 password encryption
  "06092a864886f70d010503", // PBES1, MD5 and DES
];
const ESCAPES_REMOVED = "Escapes of a Java properties file were removed from the key.";

/**
 * Reads armoured or bare key material. Line breaks may be lost, be spaces or be written as `\n`; quotes, a
 * `private_key=` before it and the escapes of a Java properties file are taken off.
 *
 * @param wanted of several blocks in one text (a certificate with its key, say) the first whose label fits
 */
export function readBlock(text: string, wanted: (label: string) => boolean): Block {
  const { clean, notes } = undoWrapping(text);
  if (clean === "") return { found: "nothing" };
  const named = namedByItsLook(clean);
  if (named) return { found: named };
  const blocks = [...clean.matchAll(PEM_BLOCK)];
  const block = blocks.find((match) => wanted(match[1]!)) ?? blocks[0];
  if (block) return armoured(block[1]!, block[2]!, notes);
  if (clean.includes("-----BEGIN ")) return { found: "truncated" };
  return bare(clean, notes);
}

function undoWrapping(text: string): { clean: string; notes: string[] } {
  const notes: string[] = [];
  let clean = text
    .replace(/^\uFEFF/, "")
    .replace(/\\r?\\n|\\n|\\r/g, "\n")
    .trim();
  const unquoted = /^(["'`])([\s\S]*)\1[,;]?$/.exec(clean);
  if (unquoted) clean = unquoted[2]!.trim();
  clean = clean.replace(/^[\w.-]+\s*[=:]\s*["']?(?=MII|-----BEGIN )/, "");
  const unescaped = clean
    .replace(/\\\s*\n\s*/g, "\n")
    .replace(/\\u00([2-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\([=:# !])/g, "$1");
  if (unescaped !== clean) notes.push(ESCAPES_REMOVED);
  return { clean: unescaped.trim(), notes };
}

function namedByItsLook(text: string): "ssh-public-key" | "putty-key" | "file-name" | undefined {
  if (/^(ssh-(rsa|dss|ed25519)|ecdsa-sha2-\S+) AAAA/.test(text)) return "ssh-public-key";
  if (text.startsWith("---- BEGIN SSH2 PUBLIC KEY")) return "ssh-public-key";
  if (text.startsWith("PuTTY-User-Key-File-")) return "putty-key";
  if (text.length < 200 && /^\S+\.(pem|key|pk8|pkcs8|pcks8|der|p12|pfx|cer|crt|pub)$/i.test(text))
    return "file-name";
  return undefined;
}

function armoured(label: string, inside: string, notes: readonly string[]): Block {
  if (label === "OPENSSH PRIVATE KEY") return { found: "openssh-key", label };
  if (label === "ENCRYPTED PRIVATE KEY" || /Proc-Type:\s*4,\s*ENCRYPTED/.test(inside)) {
    return { found: "encrypted-key", label };
  }
  if (label.endsWith("CERTIFICATE REQUEST")) return { found: "certificate-request", label };
  const der = decode(inside);
  return typeof der === "string" ? { found: der, label } : { found: "der", label, der, notes };
}

function bare(text: string, notes: readonly string[]): Block {
  const der = decode(text);
  if (der === "damaged") return { found: "nothing" };
  if (typeof der === "string") return { found: der };
  const head = der.subarray(0, 64).toString("hex");
  if (ENCRYPTED_OIDS.some((oid) => head.includes(oid))) return { found: "encrypted-key" };
  if (/^30(8[1-4])?(..){1,4}?020103/.test(head)) return { found: "pkcs12" };
  return { found: "der", label: undefined, der, notes };
}

/** Base64 to DER; every structure asked for here is one SEQUENCE whose length says whether all of it came. */
function decode(text: string): Buffer | "truncated" | "damaged" {
  const packed = text.replace(/\s+/g, "");
  if (packed === "" || !/^[A-Za-z0-9+/]+={0,2}$/.test(packed)) return "damaged";
  const der = Buffer.from(packed, "base64");
  if (der[0] !== 0x30 || der.length < 16) return "damaged";
  const first = der[1]!;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (lengthBytes > 4) return "damaged";
  const length = lengthBytes === 0 ? first : der.readUIntBE(2, lengthBytes);
  const whole = 2 + lengthBytes + length;
  if (der.length < whole) return "truncated";
  return der.length > whole + 2 ? "damaged" : der.subarray(0, whole);
}
