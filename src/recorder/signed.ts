/**
 * What may be kept of a request that was signed with OAuth 1.0a: its parameters, the text that was signed, and what
 * became of the signature. A token is masked by its name and, wherever else it may stand, by its value.
 * @see RFC 5849 section 3.4.1
 */
import type { HttpRequest, HttpResponse } from "../http.ts";
import { oauth1 } from "../protocol/index.ts";
import { addressOnly, MASK, printable } from "./mask.ts";
import type { BaseStrings, SignatureOutcome, SignedStep } from "./step.ts";

const { baseStringOf, oauthProblemOf, percentDecode, percentEncode } = oauth1;

/** Of these a signature is only as good as the moment it was made for; they give no power to whoever reads them. */
const SHOWN = new Set([
  "oauth_consumer_key",
  "oauth_nonce",
  "oauth_signature_method",
  "oauth_timestamp",
  "oauth_version",
]);

/** No base string is kept that is longer. */
const MAX_BASE_STRING = 8_000;
/** Below this many characters a value is no secret, and masking it everywhere would tear the text to pieces. */
const SECRET_LENGTH = 4;

type Answer = Pick<HttpResponse, "status" | "headers"> & { readonly body?: Uint8Array };

/** What is kept beside a step; `undefined` where the request was not signed with OAuth 1.0a. */
export function signedStep(sent: HttpRequest, answer: Answer | undefined): SignedStep | undefined {
  const pairs = headerPairs(sent);
  if (pairs === undefined) return undefined;
  const parameters = Object.fromEntries(pairs.map(([name, value]) => [printable(name), shown(name, value)]));
  return { parameters, signature: outcomeOf(answer) };
}

/** Both texts, for operators alone. */
export function baseStrings(sent: HttpRequest, answer: Answer | undefined): BaseStrings | undefined {
  const pairs = headerPairs(sent);
  const ours = pairs && baseStringOf(sent);
  if (ours === undefined) return undefined;
  const secrets = pairs!.filter(([name, value]) => isSecret(name, value)).map(([, value]) => value);
  const theirs = problemOf(answer)?.parameters.oauth_signature_base_string;
  return {
    ours: maskBaseString(ours, secrets),
    ...(theirs !== undefined && { theirs: maskBaseString(theirs, secrets) }),
  };
}

function headerPairs(sent: HttpRequest): [string, string][] | undefined {
  const authorization = sent.headers.authorization ?? "";
  if (!/^oauth\s/i.test(authorization)) return undefined;
  return [...authorization.matchAll(/([A-Za-z0-9_.~%-]+)="([^"]*)"/g)].map(([, name, value]) => [
    percentDecode(name!),
    percentDecode(value!),
  ]);
}

function shown(name: string, value: string): string {
  if (SHOWN.has(name)) return printable(value);
  if (name === "oauth_callback") return addressOnly(value);
  // A 2-legged call carries an empty token, and that is worth seeing.
  return value === "" ? "" : MASK;
}

function isSecret(name: string, value: string): boolean {
  return !SHOWN.has(name) && name !== "realm" && value.length >= SECRET_LENGTH;
}

/**
 * A base string whose secrets are masked and whose form is kept, so that two can still be laid side by side. What has
 * not the form of a base string is not kept: nobody could tell what is secret in it.
 */
export function maskBaseString(text: string, secrets: readonly string[] = []): string {
  const parts = text.split("&");
  if (parts.length !== 3 || text.length > MAX_BASE_STRING) return MASK;
  const [method, uri, parameters] = parts as [string, string, string];
  const masked = percentDecode(parameters)
    .split("&")
    .map((pair) => maskPair(pair))
    .join("&");
  return printableLong(withoutValues(`${method}&${uri}&${percentEncode(masked)}`, secrets));
}

/** The pair is encoded once more than the value on the wire. */
function maskPair(pair: string): string {
  const at = pair.indexOf("=");
  const name = percentDecode(at < 0 ? pair : pair.slice(0, at));
  const value = percentDecode(at < 0 ? "" : pair.slice(at + 1));
  if (!/^x?oauth_/.test(name) || SHOWN.has(name) || value === "") return pair;
  const kept = shown(name, value);
  return `${percentEncode(name)}=${kept === MASK ? MASK : percentEncode(kept)}`;
}

function withoutValues(text: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => {
    const once = percentEncode(secret);
    return [percentEncode(percentEncode(once)), percentEncode(once), once, secret].reduce(
      (rest, form) => rest.replaceAll(form, MASK),
      left,
    );
  }, text);
}

function printableLong(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}

/** Problems that Jira finds only after the signature held. */
const AFTER_THE_SIGNATURE = new Set([
  "additional_authorization_required",
  "permission_denied",
  "permission_unknown",
  "user_refused",
]);

function outcomeOf(answer: Answer | undefined): SignatureOutcome {
  if (answer === undefined) return "unknown";
  const problem = problemOf(answer)?.oauth_problem;
  if (problem === "signature_invalid" || problem === "signature_method_rejected") return "refused";
  if (problem !== undefined) return AFTER_THE_SIGNATURE.has(problem) ? "accepted" : "unknown";
  return answer.status < 400 ? "accepted" : "unknown";
}

function problemOf(answer: Answer | undefined) {
  return answer && oauthProblemOf({ body: new Uint8Array(), ...answer });
}

/** Jira's word for what is wrong with a request of OAuth 1.0a. */
export function oauthProblemWord(answer: Answer): string | undefined {
  const word = problemOf(answer)?.oauth_problem;
  return word === undefined ? undefined : printable(word).slice(0, 80);
}
