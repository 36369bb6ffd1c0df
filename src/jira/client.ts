import type { Readable } from "node:stream";
import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import { bodyText, type HttpHeaders, type HttpRequest, type HttpResponse } from "../http.ts";
import { FLAVORS } from "../protocol/flavors.ts";
import { collect } from "../wire.ts";
import { addressOf, type Bases } from "./address.ts";
import { answerError } from "./answers.ts";
import { attachmentResource } from "./attachments.ts";
import { bulkResource } from "./bulk.ts";
import type { Caller } from "./caller.ts";
import { historyResource } from "./history.ts";
import { issuePartsResource } from "./issue-parts.ts";
import { issueResource } from "./issues.ts";
import { metadataResource } from "./metadata.ts";
import type { Jira, JiraAnswer, JiraParts, JiraRequest, JiraStream } from "./model.ts";
import { paginateWith } from "./paginate.ts";
import { createRetryBudget } from "./retry-budget.ts";
import { provenMissing, type ScopeLedger, scopeLedger } from "./scopes.ts";
import { searchResource } from "./search.ts";
import { serviceDeskResource } from "./servicedesk.ts";
import type { Standing } from "./standing.ts";
import { failedCall, newTrail } from "./trail.ts";
import { askInTries, type Send, type TryParts } from "./tries.ts";
import { userResource } from "./users.ts";

/**
 * A client for one site, the same on every flavor. It knows no vault: credentials come from
 * {@link JiraParts.credentials}, and every try is signed anew.
 */
export function createJira(parts: JiraParts): Jira {
  const dialect = FLAVORS[parts.flavor];
  const tried = { ...parts, budget: parts.budget ?? createRetryBudget(), warned: new Set<string>() };
  const caller: Caller = {
    flavor: parts.flavor,
    request: (input) => requestWith(tried, input),
    open: (input) => openWith(tried, input),
    api: (path) => `/rest/api/${dialect.api_version}${path.startsWith("/") ? path : `/${path}`}`,
  };
  const search = searchResource(caller, dialect);
  return {
    ...caller,
    ...issueResource(caller, dialect),
    ...issuePartsResource(caller, dialect),
    ...historyResource(caller, dialect),
    ...attachmentResource(caller, dialect, parts.random),
    ...search,
    ...bulkResource(caller, dialect, search.search),
    ...metadataResource(caller, dialect),
    ...userResource(caller, dialect),
    ...serviceDeskResource(caller),
    standing: () => parts.governor?.standing(parts.api_base_url, parts.app) ?? NOTHING_KNOWN,
    paginate: (path, options) => paginateWith(caller, path, options),
  };
}

const MOST_REFUSAL = 1_000_000;

const NOTHING_KNOWN: Standing = {
  open: true,
  closed: [],
  quotas: [],
  waiting: { interactive: 0, bulk: 0 },
};

async function requestWith(parts: TryParts, input: JiraRequest): Promise<JiraAnswer> {
  return answerOf(
    await goodAnswer(parts, input, (request, options) => parts.transport.send(request, options)),
  );
}

/** A failure is read whole, since its body says why; a good answer's body is handed on as it comes. */
async function openWith(parts: TryParts, input: JiraRequest): Promise<JiraStream> {
  let body: Readable | undefined;
  const send: Send = async (request, options) => {
    body?.destroy();
    const answer = await parts.transport.open(request, options);
    const { status, headers } = answer;
    body = status < 300 ? answer.body : undefined;
    const host = new URL(request.url).host;
    return { status, headers, body: body ? new Uint8Array() : await collect(answer, MOST_REFUSAL, host) };
  };
  try {
    const { status, headers } = await goodAnswer(parts, input, send);
    return { status, headers, body: body! };
  } catch (error) {
    body?.destroy();
    throw error;
  }
}

async function goodAnswer(parts: TryParts, input: JiraRequest, send: Send): Promise<HttpResponse> {
  const dialect = FLAVORS[parts.flavor];
  const bases: Bases = { ...parts, deployment: dialect.deployment };
  const { request, path } = plainRequest(bases, input);
  const ledger = () =>
    parts.flavor === "cloud" ? scopeLedger(request.method, path, parts.granted) : undefined;
  if (parts.granted !== undefined) warnOfScopes(parts, ledger());
  const trail = newTrail(parts.now());
  try {
    const { response, found, attempts } = await askInTries(parts, request, input, send, trail);
    if (found === "ok" && response.status < 300) return response;
    throw answerError(found === "ok" ? "edge" : found, response, {
      flavor: parts.flavor,
      method: request.method,
      path,
      now: parts.now(),
      attempts,
      site: parts.site_url,
      scopes: found === "scope_missing" ? ledger() : undefined,
    });
  } catch (thrown) {
    if (isLatchkeyError(thrown) && !input.expects?.includes(thrown.code)) {
      const { method, url } = request;
      parts.onFailed?.(failedCall(trail, { method, url, api_base_url: parts.api_base_url }, thrown));
    }
    throw thrown;
  }
}

/** The call goes all the same: the table may be older than Jira, and Jira's own word is the one that counts. */
function warnOfScopes(parts: TryParts, ledger: ScopeLedger | undefined): void {
  if (!provenMissing(ledger)) return;
  const { method, path, missing } = ledger;
  // Once for each operation: a loop over a thousand issues is one mistake.
  if (parts.warned.has(`${method} ${path}`)) return;
  parts.warned.add(`${method} ${path}`);
  parts.log?.warn("scope_missing", { method, path_template: path, missing });
  parts.onScopeMissing?.(ledger);
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
