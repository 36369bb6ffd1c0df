/** Keys: what was pasted in place of a private key, and machines that refuse SHA-1. */
import type { Row } from "../contract.ts";
import { incomingSide } from "../places.ts";
import { says } from "../signs.ts";

const flavors = ["datacenter-oauth1"] as const;

export const KEYS: readonly Row[] = [
  {
    id: "dc-6",
    flavors,
    step: "key_pair",
    code: "private_key_invalid",
    title: "This machine refuses signatures with SHA-1",
    signs:
      "`cannot import name 'SIGNATURE_RSA'`, `error:03000098:digital envelope routines::invalid digest`, or `RSA.xs … invalid digest`.",
    cause:
      "RHEL 9, Fedora and Alma switch SHA-1 signatures off by policy; Jira's application links know nothing else.",
    next: () =>
      "Latchkey signs all the same. For the other program: update-crypto-policies --set DEFAULT:SHA1, or move to OAuth 2.0 or a personal access token.",
    whose: "operator",
    sees: (seen) => says(seen, /cannot import name ['"]?SIGNATURE_RSA|invalid digest|03000098/i),
  },
  {
    id: "dc-16",
    flavors,
    step: "key_pair",
    code: "private_key_invalid",
    title: "The private key is in the other of two forms",
    signs: "Go: a nil block or `x509: failed to parse`; Java: `InvalidKeySpecException`.",
    cause:
      "PKCS#1 (BEGIN RSA PRIVATE KEY) and PKCS#8 (BEGIN PRIVATE KEY) hold the same key; each library reads one of them.",
    next: () =>
      "To PKCS#8: openssl pkcs8 -topk8 -nocrypt -in key.pem -out jira_privatekey.pem. To PKCS#1: openssl rsa -traditional -in key.pem. Latchkey reads both.",
    sees: (seen) =>
      says(seen, /x509: failed to parse|ParsePKCS(1|8)PrivateKey|InvalidKeySpecException|use ParsePKCS/i),
  },
  {
    id: "dc-17",
    flavors,
    step: "key_pair",
    code: "private_key_invalid",
    title: "A certificate or a short key was pasted",
    signs: 'The key is "not accepted", and later `signature_invalid`; BEGIN CERTIFICATE; 1024 bits.',
    cause:
      "Jira's link wants the public key (BEGIN PUBLIC KEY), from 2048 bits on, and not a certificate that holds it.",
    next: (about) =>
      `Take the public key out of the certificate (openssl x509 -in cert.pem -pubkey -noout) and paste that at ${incomingSide(about)}; make a new pair where it is short: latchkey keys generate.`,
    sees: (seen) => {
      const found = seen.details?.found;
      if (seen.code === "private_key_invalid")
        return found === "certificate" || found === "certificate-request" || found === "too-small";
      return says(seen, /BEGIN CERTIFICATE|key (too small|too short|is not accepted)/i);
    },
  },
  {
    id: "dc-15",
    flavors,
    step: "key_pair",
    code: "private_key_invalid",
    title: "The private key cannot be read",
    signs:
      "`error:1E08010C:DECODER routines::unsupported` (ERR_OSSL_UNSUPPORTED); with a passphrase `error:07880109 … interrupted or cancelled`.",
    cause:
      "Its line breaks were lost, its armour is missing, it is a public key or one of OpenSSH, or it has a passphrase: OpenSSL says the same of all.",
    next: ({ seen }) =>
      typeof seen.details?.fix === "string"
        ? seen.details.fix
        : /07880109|interrupted or cancelled/i.test(seen.text ?? "")
          ? "It has a passphrase. Decrypt it: openssl pkcs8 -topk8 -nocrypt -in encrypted.pem -out jira_privatekey.pem"
          : "Look at its first line: it must be BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY, with line breaks. latchkey registrations add says which it is, and mends lost line breaks.",
    sees: (seen) =>
      seen.code === "private_key_invalid" ||
      says(
        seen,
        /1E08010C|DECODER routines::unsupported|ERR_OSSL_UNSUPPORTED|07880109|interrupted or cancelled/i,
      ),
  },
];
