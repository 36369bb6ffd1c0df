import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import type { SandboxOptions } from "../../src/sandbox/options.ts";

/** An answer; `body` is its JSON, read by path in the tests: `body.issues[0].key`. */
export type Answer = { status: number; headers: Headers; body: Any; text: string };
// biome-ignore lint/suspicious/noExplicitAny: tests read Jira's JSON by path, and a wrong path fails the test.
export type Any = any;
type Sent = { body?: unknown; headers?: Record<string, string> };

/** Calls one Jira as one person, or as nobody. */
export type Client = {
  readonly base: string;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  put(path: string, body?: unknown): Promise<Answer>;
  delete(path: string, body?: unknown): Promise<Answer>;
  /** A multipart form, with `X-Atlassian-Token: no-check` unless told otherwise. */
  upload(path: string, form: FormData, headers?: Record<string, string>): Promise<Answer>;
};

function wireOf(body: unknown): string | FormData {
  if (body instanceof FormData) return body;
  return typeof body === "string" ? body : JSON.stringify(body);
}

/** Calls below `base` with what `Authorization` says, or without it. */
export function client(base: string, authorization: string | undefined): Client {
  const call = async (method: string, path: string, { body, headers = {} }: Sent = {}): Promise<Answer> => {
    const response = await fetch(base + path, {
      method,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined || body instanceof FormData ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      redirect: "manual",
      ...(body === undefined ? {} : { body: wireOf(body) }),
    });
    const text = await response.text();
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      parsed = undefined;
    }
    return { status: response.status, headers: response.headers, body: parsed, text };
  };
  return {
    base,
    get: (path, headers) => call("GET", path, { ...(headers === undefined ? {} : { headers }) }),
    post: (path, body, headers) =>
      call("POST", path, { body, ...(headers === undefined ? {} : { headers }) }),
    put: (path, body) => call("PUT", path, { body }),
    delete: (path, body) => call("DELETE", path, { body }),
    upload: (path, form, headers = { "x-atlassian-token": "no-check" }) =>
      call("POST", path, { body: form, headers }),
  };
}

/** The Data Center as `name` with Basic, or as nobody. */
export function dataCenterAs(sandbox: RunningSandbox, name?: string): Client {
  return client(sandbox.dataCenterUrl, name && `Basic ${btoa(`${name}:${name}`)}`);
}

/** A Cloud site as `name` with Basic and an API token, or as nobody. */
export function cloudAs(sandbox: RunningSandbox, name?: string, site = "acme"): Client {
  const pair = name && `Basic ${btoa(`${name}@example.com:sandbox-api-token-${name}`)}`;
  return client(`${sandbox.cloudUrl}/sites/${site}`, pair);
}

export function start(options: SandboxOptions = {}): Promise<RunningSandbox> {
  return startSandbox({ seed: 7, ...options });
}

export const enc = encodeURIComponent;

/** A document of one paragraph. */
export function doc(text: string): unknown {
  return { type: "doc", version: 1, content: [{ type: "paragraph", content: [{ type: "text", text }] }] };
}

/** A Cloud site through the API gateway, with an OAuth 2.0 token. */
export function gatewayWith(sandbox: RunningSandbox, token: string, site = "acme"): Client {
  const known = sandbox.control.state().sites.find((one) => one.id === site);
  return client(`${sandbox.cloudUrl}/ex/jira/${known?.cloudId}`, `Bearer ${token}`);
}
