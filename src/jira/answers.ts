import { type ErrorCode, LatchkeyError } from "../errors.ts";
import { bodyJson, bodyText, type HttpHeaders, mediaType } from "../http.ts";
import type { Flavor } from "../protocol/flavors.ts";
import { oauthProblemOf, problemError } from "../protocol/oauth1/index.ts";
import { retryAfter } from "./retry-timing.ts";
import type { ScopeLedger } from "./scopes.ts";

/** What an answer of Jira, or of what stands before it, means for the caller. */
export type AnswerClass =
  | "ok"
  /** The credential is not accepted; another one may be. */
  | "token_rejected"
  /** The token lacks a scope; a refresh would bring the same. */
  | "scope_missing"
  /** Jira answered as if nobody had signed in, whatever the status says. */
  | "anonymous"
  /** Something before Jira answered: a login page, a proxy, the edge of Cloud. */
  | "edge"
  | "forbidden"
  | "not_found"
  | "gone"
  | "rate_limited"
  | "failed"
  | "bad_request"
  | "conflict";

export type Answer = {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body?: Uint8Array | string;
};

/** The problems of OAuth 1.0a that another token would cure; all others are about the consumer, clock or key. */
const TOKEN_PROBLEMS = new Set(["token_rejected", "token_expired", "token_revoked", "token_used"]);

/** Sorts an answer by what it means. Reads status and headers, and of the body only as much as it takes. */
export function classifyAnswer(flavor: Flavor, response: Answer): AnswerClass {
  const { status, headers } = response;
  if (status >= 200 && status < 300) return isAnonymous(headers) ? "anonymous" : "ok";
  if (status === 304) return "ok";
  if (status < 400) return "edge";
  if (flavor === "datacenter-oauth1") {
    const problem = problemOf(response);
    if (problem) return TOKEN_PROBLEMS.has(problem.oauth_problem) ? "token_rejected" : "failed";
  }
  if (status === 401) return classOf401(flavor, response);
  if (status === 403 && flavor === "cloud" && blamesScope(response)) return "scope_missing";
  // Data Center's own refusals (CAPTCHA, XSRF) are pages too; on Cloud a page comes from the edge.
  if (status === 403) return flavor === "cloud" && isHtml(response) ? "edge" : "forbidden";
  if (status === 404) return "not_found";
  if (status === 409) return "conflict";
  if (status === 410) return "gone";
  if (status === 429) return "rate_limited";
  return status >= 500 ? "failed" : "bad_request";
}

function classOf401(flavor: Flavor, response: Answer): AnswerClass {
  if (blamesScope(response)) return "scope_missing";
  if (flavor === "cloud") return isHtml(response) ? "edge" : "token_rejected";
  // Without an oauth_problem the request did not count as OAuth, or the user may not sign in: no token is at fault.
  if (flavor === "datacenter-oauth1") return "anonymous";
  return "token_rejected";
}

function blamesScope(response: Answer): boolean {
  return parseErrors(response).errorMessages.some((text) =>
    /scope does not match|insufficient[ _]scope/i.test(text),
  );
}

/**
 * Jira says with headers that it ignored the credential: `X-Seraph-LoginReason: AUTHENTICATED_FAILED`, or the
 * user name `anonymous`.
 */
function isAnonymous(headers: HttpHeaders): boolean {
  const reason = headers["x-seraph-loginreason"] ?? "";
  if (/AUTHENTICATED_FAILED|AUTHENTICATION_DENIED/.test(reason)) return true;
  return (headers["x-ausername"] ?? "").trim().toLowerCase() === "anonymous";
}

function isHtml(response: Answer): boolean {
  return mediaType(response.headers) === "text/html" || /^\s*<(!doctype|html)/i.test(startOf(response));
}

function startOf(response: Answer): string {
  const { body } = response;
  if (body === undefined) return "";
  return typeof body === "string" ? body.slice(0, 500) : bodyText({ body: body.subarray(0, 500) });
}

function problemOf(response: Answer) {
  const { status, headers, body } = response;
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : (body ?? new Uint8Array());
  return oauthProblemOf({ status, headers, body: bytes });
}

/** The one form every error body of Jira is brought into. Jira's own words, bounded: data, never a message. */
export type JiraErrors = {
  readonly errorMessages: readonly string[];
  readonly errors: Readonly<Record<string, string>>;
};

const MAX_ERROR_BODY = 256 * 1024;
const MAX_MESSAGES = 20;
const MAX_WORDS = 500;

function words(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string" || value.trim() === "") return undefined;
  return value.length > MAX_WORDS ? `${value.slice(0, MAX_WORDS)}…` : value;
}

/**
 * Reads Jira's four shapes (platform, service management, gateway, authorization server) and the older and
 * plainer ones by their form and not by the host they came from; HTML gives its title, an empty body nothing.
 */
export function parseErrors(response: Answer): JiraErrors {
  const messages: string[] = [];
  const errors: Record<string, string> = Object.create(null);
  const say = (value: unknown) => {
    const text = words(value);
    if (text !== undefined && messages.length < MAX_MESSAGES && !messages.includes(text)) messages.push(text);
  };
  const size = response.body?.length ?? 0;
  if (size === 0 || size > MAX_ERROR_BODY) return { errorMessages: messages, errors };
  const json = bodyJson(response);
  if (json === undefined) say(titleOf(response));
  else readJson(json, say, errors);
  return { errorMessages: messages, errors: { ...errors } };
}

function readJson(json: unknown, say: (value: unknown) => void, errors: Record<string, string>): void {
  if (typeof json !== "object" || json === null) {
    say(json);
    return;
  }
  const body = json as Record<string, unknown>;
  for (const one of asList(body.errorMessages)) say(one);
  for (const name of ["errorMessage", "message", "error_description", "error"]) say(body[name]);
  const listed = body.errors;
  if (Array.isArray(listed)) {
    for (const one of listed.slice(0, MAX_MESSAGES)) {
      const { detail, title, message } = (typeof one === "object" && one !== null ? one : {}) as Record<
        string,
        unknown
      >;
      say(detail ?? title ?? message ?? one);
    }
  } else if (typeof listed === "object" && listed !== null) {
    for (const [field, value] of Object.entries(listed).slice(0, MAX_MESSAGES)) {
      const text = words(value) ?? words(JSON.stringify(value));
      if (text !== undefined) errors[field.slice(0, 100)] = text;
    }
  } else say(listed);
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

function titleOf(response: Answer): string | undefined {
  const text = bodyText(response.body === undefined ? {} : { body: response.body });
  if (!isHtml(response)) return text.trim();
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(text)?.[1] ?? /<h1[^>]*>([^<]*)<\/h1>/i.exec(text)?.[1];
  return title?.trim();
}

const CODES: Readonly<Record<Exclude<AnswerClass, "ok">, ErrorCode>> = {
  token_rejected: "jira_unauthorized",
  scope_missing: "scope_missing",
  anonymous: "jira_anonymous",
  edge: "jira_answer_unreadable",
  forbidden: "jira_forbidden",
  not_found: "jira_not_found",
  gone: "jira_gone",
  rate_limited: "jira_rate_limited",
  failed: "jira_failed",
  bad_request: "jira_bad_request",
  conflict: "jira_conflict",
};

export type AnswerContext = {
  readonly flavor: Flavor;
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  /** The clock when the answer came, milliseconds. */
  readonly now: number;
  /** How often the call was sent. */
  readonly attempts?: number;
  /** The address people know the site by. */
  readonly site?: string;
  /** What the operation needs, where a scope is missing and the table knows it. */
  readonly scopes?: ScopeLedger | undefined;
};

/** The error an answer stands for. `details.jira` holds Jira's own words, `details.status` its status. */
export function answerError(
  found: Exclude<AnswerClass, "ok">,
  response: Answer,
  context: AnswerContext,
): LatchkeyError {
  const problem = context.flavor === "datacenter-oauth1" ? problemOf(response) : undefined;
  if (problem)
    return problemError(problem, { status: response.status, timestamp: Math.floor(context.now / 1000) });
  const { code, fix } = sharpen(found, response, context);
  const retry_after_s = retryAfter(response.headers, context.now);
  return new LatchkeyError(code, undefined, {
    ...(fix === undefined ? {} : { fix }),
    ...(retry_after_s === undefined ? {} : { retry_after_s }),
    details: {
      status: response.status,
      method: context.method,
      path: context.path,
      ...(context.attempts === undefined ? {} : { attempts: context.attempts }),
      jira: parseErrors(response),
      ...(found === "scope_missing" ? scopeEvidence(context) : {}),
      ...(found === "edge" ? leadsTo(response.headers) : {}),
      ...evidenceOf(response.headers),
    },
  });
}

function sharpen(
  found: Exclude<AnswerClass, "ok">,
  response: Answer,
  context: AnswerContext,
): { code: ErrorCode; fix?: string | undefined } {
  const { headers, status } = response;
  if (found === "forbidden" && /CAPTCHA/i.test(headers["x-authentication-denied-reason"] ?? "")) {
    return { code: "captcha_required" };
  }
  if (found === "forbidden" && /XSRF check failed/i.test(startOf(response))) return { code: "xsrf_refused" };
  if (found === "scope_missing") return { code: "scope_missing", fix: scopeFix(context.scopes) };
  if (found === "edge" && status < 400) return { code: "redirect_refused" };
  if (found === "edge" && status === 401) {
    return {
      code: "jira_unauthorized",
      fix: "A Cloud token works at api.atlassian.com/ex/jira/{cloudId} only; check the registration's API address.",
    };
  }
  if (found === "failed" && status === 503 && headers["retry-after"] !== undefined) {
    return { code: "jira_failed", fix: "Wait as long as Retry-After says." };
  }
  return { code: CODES[found] };
}

function scopeFix(scopes: ScopeLedger | undefined): string | undefined {
  if (scopes?.needed.oauth2 === false) return "Atlassian lets no OAuth 2.0 token call this operation.";
  const { classic = [], granular = [] } = scopes?.needed ?? {};
  const wanted = [scopes?.missing ?? [], classic, granular].find((set) => set.length > 0);
  return wanted && `Connect again and grant ${wanted.join(" and ")}; refreshing does not help.`;
}

/** `ask` is the whole list for the new consent: a consent replaces the one before. */
function scopeEvidence({ scopes, site }: AnswerContext): Record<string, unknown> {
  if (scopes === undefined) return {};
  const { needed, granted, missing, ask } = scopes;
  const known = { needed, missing, ...(granted ? { granted } : {}), ...(site === undefined ? {} : { site }) };
  return needed.oauth2 ? { ...known, ask } : known;
}

/** Headers that help whoever looks into it; none of them is secret. */
function evidenceOf(headers: HttpHeaders): Record<string, string> {
  const out: Record<string, string> = {};
  const named = {
    reason: "ratelimit-reason",
    login_reason: "x-seraph-loginreason",
    trace: "atl-traceid",
    request: "x-arequestid",
  };
  for (const [name, header] of Object.entries(named)) {
    const value = headers[header];
    if (value !== undefined) out[name] = value.slice(0, 200);
  }
  return out;
}

/** Only the origin: a login redirect carries the whole request in its query. */
function leadsTo(headers: HttpHeaders): Record<string, string> {
  const { location } = headers;
  return location !== undefined && URL.canParse(location) ? { to: new URL(location).origin } : {};
}
