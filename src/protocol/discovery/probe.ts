import { bodyJson, bodyText, type HttpRequest, type HttpResponse, mediaType } from "../../http.ts";

/** What one base URL turned out to be. */
export type Finding =
  | {
      readonly base: string;
      readonly kind: "jira";
      readonly deployment: "cloud" | "datacenter";
      readonly version?: string;
      readonly versionNumbers?: readonly number[];
      readonly serverTitle?: string;
      /** The base URL the server states: evidence for the doctor, never an endpoint. */
      readonly stated_base_url?: string;
    }
  | { readonly base: string; readonly kind: "not-a-jira"; readonly status: number; readonly evidence: string }
  | { readonly base: string; readonly kind: "redirect"; readonly location: string }
  | { readonly base: string; readonly kind: "login-wall"; readonly evidence: string };

export const PROBE_PATH = "/rest/api/2/serverInfo";
const MAX_TEXT = 200;

/** Asks who is there. serverInfo answers without signing in, on every kind of Jira. */
export function buildProbe(base: string): HttpRequest {
  return {
    method: "GET",
    url: base.replace(/\/+$/, "") + PROBE_PATH,
    headers: { accept: "application/json" },
  };
}

/** Reads the answer to {@link buildProbe}. Redirects are reported and not followed. */
export function processProbe(base: string, response: HttpResponse): Finding {
  const { status } = response;
  if (status >= 300 && status < 400) return redirected(base, response);
  const answered = `${status} ${mediaType(response.headers) || "without a media type"}`;
  if (status === 200) {
    return jiraOf(base, response) ?? pageOf(base, response, answered);
  }
  const head = bodyText({ body: response.body.subarray(0, 4_096) });
  if (base.startsWith("http://") && status === 400 && WANTS_TLS.test(head)) {
    return { base, kind: "redirect", location: `https://${base.slice("http://".length)}` };
  }
  if (status === 401 || status === 403) return guarded(base, response, answered);
  return { base, kind: "not-a-jira", status, evidence: `It answered ${answered}.` };
}

const WANTS_TLS = /requires TLS|plain HTTP request was sent to HTTPS port|plain HTTP to an SSL-enabled/i;
const SIGN_IN =
  /\/login\b|login\.jsp|id\.atlassian\.com|(^|[/.])(sso|saml2?|adfs|oauth2|okta|auth)\b|cloudflareaccess/i;

function redirected(base: string, response: HttpResponse): Finding {
  const written = response.headers.location ?? "";
  if (written === "" || !URL.canParse(written, base)) {
    return { base, kind: "not-a-jira", status: response.status, evidence: "It redirects to nowhere." };
  }
  const location = new URL(written, base + PROBE_PATH);
  if (SIGN_IN.test(location.host + location.pathname)) {
    return { base, kind: "login-wall", evidence: `It redirects to a sign-in page on ${location.host}.` };
  }
  location.search = "";
  location.hash = "";
  return { base, kind: "redirect", location: location.href.replace(PROBE_PATH, "").replace(/\/+$/, "") };
}

function jiraOf(base: string, response: HttpResponse): Finding | undefined {
  const json = bodyJson(response);
  if (typeof json !== "object" || json === null) return undefined;
  const info = json as Record<string, unknown>;
  const { baseUrl, version, serverTitle, deploymentType } = info;
  const versionNumbers = numbersOf(info.versionNumbers);
  if (typeof baseUrl !== "string" || (typeof version !== "string" && !versionNumbers)) return undefined;
  const cloud = typeof deploymentType === "string" && deploymentType.toLowerCase() === "cloud";
  return {
    base,
    kind: "jira",
    deployment: cloud ? "cloud" : "datacenter",
    ...(typeof version === "string" && { version: version.slice(0, MAX_TEXT) }),
    ...(versionNumbers && { versionNumbers }),
    ...(typeof serverTitle === "string" && { serverTitle: serverTitle.slice(0, MAX_TEXT) }),
    stated_base_url: baseUrl.slice(0, 10 * MAX_TEXT),
  };
}

function numbersOf(value: unknown): readonly number[] | undefined {
  const numbers = Array.isArray(value) && value.length > 0 && value.every((part) => Number.isInteger(part));
  return numbers ? (value as number[]).slice(0, 8) : undefined;
}

function pageOf(base: string, response: HttpResponse, answered: string): Finding {
  const head = bodyText({ body: response.body.subarray(0, 65_536) });
  if (/type=["']?password|SAMLRequest|single sign-on/i.test(head)) {
    return { base, kind: "login-wall", evidence: `It answered ${answered}, a sign-in page.` };
  }
  return {
    base,
    kind: "not-a-jira",
    status: 200,
    evidence: `It answered ${answered}, which is not Jira's serverInfo.`,
  };
}

/** Jira puts its request id on every answer, also where serverInfo itself is closed to strangers. */
function guarded(base: string, response: HttpResponse, answered: string): Finding {
  const { headers } = response;
  if (headers["x-arequestid"] !== undefined || headers["x-seraph-loginreason"] !== undefined) {
    const cloud = /atlassianedge/i.test(headers.server ?? "");
    return { base, kind: "jira", deployment: cloud ? "cloud" : "datacenter" };
  }
  return { base, kind: "login-wall", evidence: `It answered ${answered} before any Jira did.` };
}
