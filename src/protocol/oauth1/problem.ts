import { ERRORS, type ErrorCode, LatchkeyError } from "../../errors.ts";
import { bodyText, type HttpResponse } from "../../http.ts";
import { bounded } from "../answer.ts";
import { compareBaseStrings } from "./difference.ts";
import { parseForm, percentDecode } from "./encode.ts";

/** What Jira says is wrong, in the words of OAuth problem reporting. */
export type OAuthProblem = {
  readonly oauth_problem: string;
  /** All parameters beside it: oauth_problem_advice, oauth_acceptable_timestamps, oauth_signature_base_string, … */
  readonly parameters: Readonly<Record<string, string>>;
};

/** What is known of the request that was refused. */
export type ProblemContext = {
  /** Our own base string (`baseStringOf`), to be laid beside Jira's. */
  readonly base_string?: string | undefined;
  /** The oauth_timestamp that was sent, in seconds. */
  readonly timestamp?: number | undefined;
  /** HTTP status of the answer. */
  readonly status?: number | undefined;
};

const MAX_BODY = 65_536;
const MAX_PARAMETERS = 50;
const MAX_VALUE = 8_192;

/**
 * Finds an `oauth_problem` in an answer: in the `WWW-Authenticate` headers, of which Jira may send several, and in
 * the form-encoded body, in any order, whatever the status. A bare `OAuth realm="…"` challenge, which Jira adds to
 * every 401, is none.
 */
export function oauthProblemOf(response: HttpResponse): OAuthProblem | undefined {
  const parameters: Record<string, string> = Object.create(null);
  for (const [name, value] of [...bodyPairs(response), ...headerPairs(response)]) {
    const full = Object.keys(parameters).length >= MAX_PARAMETERS;
    if (!full && !(name in parameters)) parameters[name] = value.slice(0, MAX_VALUE);
  }
  const { oauth_problem, ...rest } = parameters;
  return oauth_problem ? { oauth_problem, parameters: rest } : undefined;
}

function headerPairs(response: HttpResponse): [string, string][] {
  const header = (response.headers["www-authenticate"] ?? "").slice(0, MAX_BODY);
  if (!/\boauth\b/i.test(header)) return [];
  return [...header.matchAll(/(oauth_[A-Za-z0-9_]+)="([^"]*)"/g)].map(([, name, value]) => [
    name!,
    percentDecode(value!),
  ]);
}

function bodyPairs(response: HttpResponse): [string, string][] {
  if (response.body.length === 0 || response.body.length > MAX_BODY) return [];
  const text = bodyText(response).trim();
  // A page or a JSON document may quote such a parameter without meaning it.
  if (!/^[A-Za-z0-9_.~%+-]+=/.test(text) || /[<{]/.test(text)) return [];
  return parseForm(text).filter(([name]) => name.startsWith("oauth_"));
}

const PROBLEMS: ReadonlySet<string> = new Set<ErrorCode>([
  "consumer_key_unknown",
  "consumer_key_rejected",
  "consumer_key_refused",
  "signature_invalid",
  "signature_method_rejected",
  "timestamp_refused",
  "nonce_used",
  "version_rejected",
  "parameter_absent",
  "parameter_rejected",
  "token_rejected",
  "token_expired",
  "token_used",
  "token_revoked",
  "permission_unknown",
  "permission_denied",
  "user_refused",
  "additional_authorization_required",
]);

/**
 * The error for a problem. The code is the problem's own name; names no document lists become
 * `oauth_problem_unknown`. Details hold Jira's parameters and what can be worked out of them: `skew_s` (how far
 * Jira's clock is ahead of ours, seconds) on `timestamp_refused`, `difference` of the base strings on
 * `signature_invalid`.
 */
export function problemError(problem: OAuthProblem, context: ProblemContext = {}): LatchkeyError {
  const { oauth_problem, parameters } = problem;
  const code = PROBLEMS.has(oauth_problem) ? (oauth_problem as ErrorCode) : "oauth_problem_unknown";
  const details: Record<string, unknown> = { oauth_problem: bounded(oauth_problem, 100), parameters };
  if (context.status !== undefined) details.status = context.status;
  const named = elaborate(code, parameters, context, details);
  return new LatchkeyError(
    code,
    named.message,
    named.fix === undefined ? { details } : { details, fix: named.fix },
  );
}

type Words = { readonly message?: string; readonly fix?: string };

function elaborate(
  code: ErrorCode,
  parameters: Readonly<Record<string, string>>,
  context: ProblemContext,
  details: Record<string, unknown>,
): Words {
  switch (code) {
    case "timestamp_refused":
      return timestampWords(parameters.oauth_acceptable_timestamps, context.timestamp, details);
    case "signature_invalid":
      return signatureWords(parameters.oauth_signature_base_string, context.base_string, details);
    case "parameter_absent":
      return namesOf(code, "oauth_parameters_absent", parameters, details);
    case "parameter_rejected":
      return namesOf(code, "oauth_parameters_rejected", parameters, details);
    default:
      return {};
  }
}

function timestampWords(
  acceptable: string | undefined,
  sent: number | undefined,
  details: Record<string, unknown>,
): Words {
  const range = /^(\d{1,16})-(\d{1,16})$/.exec(acceptable ?? "");
  if (!range) return {};
  const [min, max] = [Number(range[1]), Number(range[2])];
  details.acceptable_timestamps = { min, max };
  if (sent === undefined) return {};
  details.timestamp = sent;
  if (sent > max * 100) {
    return { fix: "The timestamp was sent in milliseconds; OAuth 1.0a counts seconds." };
  }
  const skew_s = Math.round((min + max) / 2) - sent;
  details.skew_s = skew_s;
  const direction = skew_s > 0 ? "ahead of" : "behind";
  return {
    message: `Jira's clock is about ${Math.abs(skew_s)} seconds ${direction} this one; five minutes are allowed.`,
  };
}

function signatureWords(
  theirs: string | undefined,
  ours: string | undefined,
  details: Record<string, unknown>,
): Words {
  if (theirs !== undefined) details.their_base_string = theirs;
  if (ours !== undefined) details.our_base_string = ours;
  if (theirs === undefined || ours === undefined) return {};
  const difference = compareBaseStrings(ours, theirs);
  details.difference = difference;
  if (difference.equal) {
    return {
      message: "Jira signed over the same text and got another signature: it holds another public key.",
      fix: "Paste the public key again into the application link's incoming authentication and save.",
    };
  }
  if (difference.parts.includes("url")) {
    return {
      message: "Jira sees this request under another address than the one that was signed.",
      fix: "Have the Jira administrator set scheme, proxyName, proxyPort and secure on Tomcat's connector, or use the address Jira sees.",
    };
  }
  return {
    message: "Jira received other parameters than the ones that were signed.",
    fix: "Something between changes the query or the body; compare both base strings.",
  };
}

function namesOf(
  code: "parameter_absent" | "parameter_rejected",
  parameter: string,
  parameters: Readonly<Record<string, string>>,
  details: Record<string, unknown>,
): Words {
  const names = (parameters[parameter] ?? "").split("&").map(percentDecode);
  const known = names.filter((name) => /^oauth_[a-z_]{1,40}$/.test(name)).slice(0, 10);
  if (known.length === 0) return {};
  details.names = known;
  return { message: `${ERRORS[code].meaning.slice(0, -1)}: ${known.join(", ")}.` };
}
