import type { RunningSandbox } from "../../src/sandbox/index.ts";
import { Browser, type Page } from "./auth-browser.ts";

export const redirect_uri = "http://localhost:8080/callback/sandbox-cloud";
export const app = { client_id: "sandbox-cloud-app", client_secret: "sandbox-cloud-secret" };

/** The authorize URL of the Cloud face; a parameter set to undefined is left out. */
export function authorizeUrl(sandbox: RunningSandbox, over: Record<string, string | undefined> = {}): string {
  const parameters = Object.entries({
    audience: "api.atlassian.com",
    client_id: app.client_id,
    scope: "read:jira-work read:jira-user offline_access",
    redirect_uri,
    state: "st/a te",
    response_type: "code",
    prompt: "consent",
    ...over,
  }).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return `${sandbox.cloudUrl}/authorize?${new URLSearchParams(parameters)}`;
}

/** A browser that is signed in on Cloud. */
export async function cloudBrowser(sandbox: RunningSandbox, user = "alana"): Promise<Browser> {
  const browser = new Browser();
  const login = await browser.get(`${sandbox.cloudUrl}/login`);
  await browser.submit(login, { username: user, password: user });
  return browser;
}

export function cloudId(sandbox: RunningSandbox, site = "acme"): string {
  return sandbox.control.state().sites.find((known) => known.id === site)?.cloudId ?? "";
}

/** Approves for one site and gives the page that redirects back. */
export async function approve(
  sandbox: RunningSandbox,
  over: Record<string, string | undefined> = {},
  site = "acme",
): Promise<Page> {
  const browser = await cloudBrowser(sandbox);
  const consent = await browser.get(authorizeUrl(sandbox, over));
  return browser.submit(consent, { cloud_id: cloudId(sandbox, site) }, "approve");
}

export type TokenAnswer = {
  status: number;
  access_token: string;
  refresh_token: string;
  expires_in: number;
  token_type: string;
  scope: string;
  error: string;
  error_description: string;
};

/** Asks the token endpoint, as JSON or as a form. */
export async function token(
  sandbox: RunningSandbox,
  fields: Record<string, string | undefined>,
  as: "json" | "form" = "json",
): Promise<TokenAnswer> {
  const sent = Object.fromEntries(
    Object.entries({ ...app, ...fields }).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  const response = await fetch(`${sandbox.cloudUrl}/oauth/token`, {
    method: "POST",
    ...(as === "form"
      ? { body: new URLSearchParams(sent) }
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(sent) }),
  });
  return { status: response.status, ...((await response.json()) as Omit<TokenAnswer, "status">) };
}

/** A consent and its exchange in one. */
export async function connect(
  sandbox: RunningSandbox,
  over: Record<string, string | undefined> = {},
  site = "acme",
): Promise<TokenAnswer> {
  const back = await approve(sandbox, over, site);
  return token(sandbox, {
    grant_type: "authorization_code",
    code: back.answer.get("code") ?? "",
    redirect_uri,
  });
}

export const refresh = (sandbox: RunningSandbox, refresh_token: string) =>
  token(sandbox, { grant_type: "refresh_token", refresh_token });

/** A GET with a bearer. */
export async function withBearer(
  sandbox: RunningSandbox,
  access_token: string,
  path: string,
  method = "GET",
) {
  const response = await fetch(`${sandbox.cloudUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${access_token}` },
  });
  const body = await response.text();
  return { status: response.status, type: response.headers.get("content-type") ?? "", body };
}
