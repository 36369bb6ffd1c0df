import { LatchkeyError } from "../errors.ts";
import { bodyJson, type HttpResponse } from "../http.ts";
import type { Credential } from "../protocol/credential.ts";
import type { OAuth2Endpoints } from "../protocol/flavors.ts";
import type { Transport } from "../transport.ts";
import { answerError, classifyAnswer } from "./answers.ts";
import { authorize } from "./authorize.ts";
import { type Person, personOf } from "./people.ts";

/** A Cloud site that a grant reaches. */
export type GrantedSite = {
  /** The cloud id. */
  readonly id: string;
  /** The address people know it by. */
  readonly url: string;
  readonly name: string;
  readonly api_base_url: string;
  readonly deployment: "cloud";
  readonly scopes: readonly string[];
  readonly avatar_url?: string;
};

export type AccountParts = {
  readonly transport: Transport;
  readonly endpoints: OAuth2Endpoints;
  readonly credential: Credential;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
};

const JIRA_SCOPE = /jira|servicedesk|servicemanagement/;

async function ask(parts: AccountParts, url: string): Promise<HttpResponse> {
  const request = { method: "GET", url, headers: { accept: "application/json" } };
  return parts.transport.send(await authorize(request, parts.credential, parts));
}

function refuse(parts: AccountParts, response: HttpResponse, url: string): LatchkeyError {
  const found = classifyAnswer("cloud", response);
  const context = { flavor: "cloud", method: "GET", path: new URL(url).pathname, now: parts.now() } as const;
  return answerError(found === "ok" ? "failed" : found, response, context);
}

/**
 * The Jira and service management sites of a Cloud grant. Atlassian lists one entry for each product, so entries
 * of one id are merged; entries without a scope of Jira are other products. An empty list is an answer and not an
 * error: nothing was granted, or the account is a guest of Confluence only.
 * @see https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/
 */
export async function listSites(parts: AccountParts): Promise<readonly GrantedSite[]> {
  const { accessible_resources_endpoint: url, gateway_base } = parts.endpoints;
  if (url === undefined || gateway_base === undefined) {
    throw new LatchkeyError(
      "registration_incomplete",
      "These endpoints list no sites: this is not Jira Cloud.",
    );
  }
  const response = await ask(parts, url);
  if (response.status !== 200) throw refuse(parts, response, url);
  const listed = bodyJson(response);
  if (!Array.isArray(listed)) {
    throw new LatchkeyError("jira_answer_unreadable", "The list of sites is not a list.");
  }
  const merged = new Map<string, GrantedSite>();
  for (const entry of listed) {
    const site = siteOf(entry, gateway_base);
    if (!site) continue;
    const known = merged.get(site.id);
    const scopes = [...new Set([...(known?.scopes ?? []), ...site.scopes])];
    merged.set(site.id, { ...site, ...known, scopes });
  }
  return [...merged.values()];
}

function siteOf(entry: unknown, gateway_base: string): GrantedSite | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const { id, url, name, scopes, avatarUrl } = entry as Readonly<Record<string, unknown>>;
  // The id becomes part of a path that carries the token.
  if (typeof id !== "string" || !/^[A-Za-z0-9_-]{1,100}$/.test(id)) return undefined;
  if (typeof url !== "string" || !/^https?:\/\//.test(url) || !URL.canParse(url)) return undefined;
  const granted = Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === "string") : [];
  if (!granted.some((scope) => JIRA_SCOPE.test(scope))) return undefined;
  return {
    id,
    url: url.replace(/\/+$/, ""),
    name: typeof name === "string" && name !== "" ? name.slice(0, 200) : new URL(url).hostname,
    api_base_url: `${gateway_base.replace(/\/+$/, "")}/${id}`,
    deployment: "cloud",
    scopes: granted,
    ...(typeof avatarUrl === "string" && avatarUrl.startsWith("https://") ? { avatar_url: avatarUrl } : {}),
  };
}

/**
 * Who approved, from the identity API; `undefined` where the grant does not hold `read:me` or the app has not
 * enabled that API. Ask `myself` of a site then.
 */
export async function me(parts: AccountParts): Promise<Person | undefined> {
  const url = parts.endpoints.me_endpoint;
  if (url === undefined) return undefined;
  const response = await ask(parts, url);
  if (response.status === 200) return personOf(bodyJson(response));
  if (response.status === 401 || response.status === 403 || response.status === 404) return undefined;
  throw refuse(parts, response, url);
}
