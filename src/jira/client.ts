import { LatchkeyError } from "../errors.ts";
import { bodyText, type HttpHeaders, type HttpRequest, type HttpResponse } from "../http.ts";
import type { Credential } from "../protocol/credential.ts";
import { FLAVORS } from "../protocol/flavors.ts";
import { addressOf, type Bases } from "./address.ts";
import { type AnswerClass, answerError, classifyAnswer } from "./answers.ts";
import { authorize } from "./authorize.ts";
import type { Caller } from "./caller.ts";
import { issueResource } from "./issues.ts";
import type { Jira, JiraAnswer, JiraParts, JiraRequest } from "./model.ts";
import { scopesFor } from "./operations.ts";
import { paginateWith } from "./paginate.ts";
import { mayRepeat } from "./retry.ts";
import { searchResource } from "./search.ts";
import { serviceDeskResource } from "./servicedesk.ts";

/**
 * A client for one site, the same on every flavor. It knows no vault: credentials come from
 * {@link JiraParts.credentials}, and every try is signed anew.
 */
export function createJira(parts: JiraParts): Jira {
  const dialect = FLAVORS[parts.flavor];
  const caller: Caller = {
    flavor: parts.flavor,
    request: (input) => requestWith(parts, input),
    api: (path) => `/rest/api/${dialect.api_version}${path.startsWith("/") ? path : `/${path}`}`,
  };
  return {
    ...caller,
    ...issueResource(caller, dialect),
    ...searchResource(caller, dialect),
    ...serviceDeskResource(caller),
    paginate: (path, options) => paginateWith(caller, path, options),
  };
}

type Asked = {
  readonly response: HttpResponse;
  readonly credential: Credential;
  readonly found: AnswerClass;
};

async function requestWith(parts: JiraParts, input: JiraRequest): Promise<JiraAnswer> {
  const dialect = FLAVORS[parts.flavor];
  const bases: Bases = { ...parts, deployment: dialect.deployment };
  const { request, path } = plainRequest(bases, input);
  const send = async (credential: Credential): Promise<Asked> => {
    const response = await exchange(parts, request, credential, input);
    parts.onAnswer?.(response.status);
    return { response, credential, found: meaningOf(parts, response, credential) };
  };

  let asked = await send(await parts.credentials.current());
  if (mayRefresh(parts, request.method, asked.found)) {
    const next = await parts.credentials.rejected(asked.credential.token_id);
    // The same token again means that there is no other: sending it twice would only fail twice.
    if (next.token_id !== asked.credential.token_id) asked = await send(next);
  }
  const { response, found } = asked;
  if (found === "ok" && response.status < 300) return answerOf(response);
  throw answerError(found === "ok" ? "edge" : found, response, {
    flavor: parts.flavor,
    method: request.method,
    path,
    now: parts.now(),
    needed: found === "scope_missing" ? scopesFor(request.method, path) : undefined,
  });
}

/**
 * A 401 that blames the token was refused before anything happened, so any method may be sent again. Data Center
 * goes on anonymously with an expired OAuth 2.0 token; there only reading is safe to send again.
 */
function mayRefresh(parts: JiraParts, method: string, found: AnswerClass): boolean {
  if (found === "token_rejected") return true;
  return found === "anonymous" && parts.flavor === "datacenter-oauth2" && /^(GET|HEAD)$/.test(method);
}

/** A 2-legged call without a user is anonymous on purpose. */
function meaningOf(parts: JiraParts, response: HttpResponse, credential: Credential): AnswerClass {
  const found = classifyAnswer(parts.flavor, response);
  const two_legged = credential.kind === "oauth1" && credential.oauth_token === undefined;
  return found === "anonymous" && two_legged && response.status < 300 ? "ok" : found;
}

async function exchange(
  parts: JiraParts,
  request: HttpRequest,
  credential: Credential,
  input: JiraRequest,
): Promise<HttpResponse> {
  const options = {
    ...(input.timeout_ms === undefined ? {} : { timeout_ms: input.timeout_ms }),
    ...(input.max_bytes === undefined ? {} : { max_bytes: input.max_bytes }),
    ...(input.signal === undefined ? {} : { signal: input.signal }),
  };
  try {
    return await parts.transport.send(await authorize(request, credential, parts), options);
  } catch (thrown) {
    if (!mayRepeat(request.method, thrown)) throw thrown;
    parts.log?.info("jira_read_repeated", { method: request.method });
    return await parts.transport.send(await authorize(request, credential, parts), options);
  }
}

const METHOD = /^[A-Z]{1,20}$/;

/** The request without its credential. The address is judged here, before a credential is even asked for. */
function plainRequest(bases: Bases, input: JiraRequest): { request: HttpRequest; path: string } {
  const method = input.method ?? "GET";
  if (!METHOD.test(method)) {
    throw new LatchkeyError("bad_request", "The method is not a word in capital letters.");
  }
  const { url, path } = addressOf(bases, input.path, input.query);
  const body = input.json === undefined ? input.body : JSON.stringify(input.json);
  const headers: Record<string, string> = {
    accept: "application/json",
    "user-agent": "latchkey",
    ...(input.json === undefined ? {} : { "content-type": "application/json" }),
    // Jira's XSRF check looks at writes that could come from a browser's form.
    ...(method === "GET" || method === "HEAD" ? {} : { "x-atlassian-token": "no-check" }),
    ...(path.startsWith("/rest/servicedeskapi/") ? { "x-experimentalapi": "opt-in" } : {}),
    ...lowerCase(input.headers),
  };
  return { request: { method, url, headers, ...(body === undefined ? {} : { body }) }, path };
}

function lowerCase(headers: HttpHeaders = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function answerOf(response: HttpResponse): JiraAnswer {
  return {
    ...response,
    json() {
      if (response.body.length === 0) return undefined;
      try {
        return JSON.parse(bodyText(response)) as unknown;
      } catch {
        throw new LatchkeyError("jira_answer_unreadable", undefined, {
          details: {
            status: response.status,
            content_type: (response.headers["content-type"] ?? "").slice(0, 100),
          },
        });
      }
    },
  };
}
