import { createPublicKey, type KeyObject } from "node:crypto";
import type { Sandbox } from "../../message.ts";
import type { Consumer } from "../state.ts";
import { baseString } from "./base-string.ts";
import { percentEncode } from "./encoding.ts";
import { recordNonce } from "./nonces.ts";
import { OAuth1Problem } from "./problem.ts";
import { verifyRsaSha1 } from "./rsa-sha1.ts";
import { parameter, type SignedMessage } from "./signed-message.ts";

const WINDOW_MS = 300_000;

/** Parameters that may stand in a request once only, header, query and form taken together. */
const single = [
  "oauth_consumer_key",
  "oauth_token",
  "oauth_token_secret",
  "oauth_callback",
  "oauth_signature_method",
  "oauth_signature",
  "oauth_timestamp",
  "oauth_nonce",
  "oauth_version",
];

/**
 * Checks a signed message in the order the server library does: signature method, duplicates, version, timestamp,
 * nonce, signature. The nonce is remembered before the signature is looked at, so a request sent twice is refused
 * even when the first was refused too.
 */
export function validateMessage(
  message: SignedMessage,
  consumer: Consumer,
  received_ms: number,
  sandbox: Sandbox,
): void {
  checkSignatureMethod(message);
  checkDuplicates(message);
  checkVersion(message);
  checkTimestampAndNonce(message, consumer, received_ms, sandbox);
  checkSignature(message, consumer);
}

/** `parameter_absent`, naming each of the parameters that were not sent. */
export function requireParameters(message: SignedMessage, names: readonly string[]): void {
  const absent = names.filter((name) => parameter(message, name) === undefined);
  if (absent.length === 0) return;
  throw new OAuth1Problem("parameter_absent", `${absent.join(", ")} was not sent`, [
    ["oauth_parameters_absent", absent.map(percentEncode).join("&")],
  ]);
}

function checkSignatureMethod(message: SignedMessage): void {
  requireParameters(message, ["oauth_signature_method", "oauth_consumer_key"]);
  const method = parameter(message, "oauth_signature_method");
  if (method !== "RSA-SHA1") {
    throw new OAuth1Problem("signature_method_rejected", `Jira takes RSA-SHA1 alone, not ${method}`);
  }
}

function checkDuplicates(message: SignedMessage): void {
  const repeated = single.filter((name) => message.parameters.filter(([key]) => key === name).length > 1);
  if (repeated.length === 0) return;
  const sent = message.parameters.filter(([name]) => repeated.includes(name));
  throw new OAuth1Problem("parameter_rejected", `sent more than once: ${repeated.join(", ")}`, [
    [
      "oauth_parameters_rejected",
      sent.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join("&"),
    ],
  ]);
}

function checkVersion(message: SignedMessage): void {
  const version = parameter(message, "oauth_version");
  if (version === undefined) return;
  // The server library parses it as a number and falls over where it is none, as with the `1.0A` some clients send.
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(version.trim())) {
    throw new RangeError(`oauth_version is not a number: ${version}`);
  }
  if (Number(version) === 1) return;
  throw new OAuth1Problem("version_rejected", `oauth_version is ${version}`, [
    ["oauth_acceptable_versions", "1.0-1.0"],
  ]);
}

function checkTimestampAndNonce(
  message: SignedMessage,
  consumer: Consumer,
  received_ms: number,
  sandbox: Sandbox,
): void {
  requireParameters(message, ["oauth_timestamp", "oauth_nonce"]);
  const written = parameter(message, "oauth_timestamp") ?? "";
  if (!/^[+-]?\d{1,18}$/.test(written)) throw new RangeError(`oauth_timestamp is not a number: ${written}`);
  const timestamp_s = Number(written);
  const min_s = Math.floor((received_ms - WINDOW_MS + 500) / 1000);
  const max_s = Math.floor((received_ms + WINDOW_MS + 500) / 1000);
  if (timestamp_s < min_s || timestamp_s > max_s) {
    const off = timestamp_s - Math.floor(received_ms / 1000);
    throw new OAuth1Problem("timestamp_refused", `the clock of the caller is off by ${off} s`, [
      ["oauth_acceptable_timestamps", `${min_s}-${max_s}`],
    ]);
  }
  recordNonce(
    sandbox,
    {
      timestamp_s,
      nonce: parameter(message, "oauth_nonce") ?? "",
      consumer: consumer.key,
      token: parameter(message, "oauth_token") ?? "",
    },
    min_s,
  );
}

function checkSignature(message: SignedMessage, consumer: Consumer): void {
  requireParameters(message, ["oauth_consumer_key", "oauth_signature_method", "oauth_signature"]);
  const signature = parameter(message, "oauth_signature") ?? "";
  const base = baseString(message.method, message.url, message.parameters);
  if (consumer.public_key && verifyRsaSha1(base, signature, parsed(consumer.public_key))) return;
  throw new OAuth1Problem(
    "signature_invalid",
    "the signature does not fit the base string and the public key",
    [
      ["oauth_signature", signature],
      ["oauth_signature_base_string", base],
      ["oauth_signature_method", parameter(message, "oauth_signature_method") ?? ""],
    ],
  );
}

/** Parsed keys by their text: reading PEM costs more than checking a signature. */
const keys = new Map<string, KeyObject>();

function parsed(pem: string): KeyObject {
  const known = keys.get(pem);
  if (known) return known;
  if (keys.size > 100) keys.clear();
  const key = createPublicKey(pem);
  keys.set(pem, key);
  return key;
}
