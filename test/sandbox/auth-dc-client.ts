import type { RunningSandbox } from "../../src/sandbox/index.ts";
import { Browser } from "./auth-browser.ts";

export const redirect_uri = "http://localhost:8080/callback/sandbox-dc2";
export const client = { client_id: "sandbox-dc-app", client_secret: "sandbox-dc-secret" };

/** A browser that is signed in on the Data Center. */
export async function dataCenterBrowser(sandbox: RunningSandbox, user = "alana"): Promise<Browser> {
  const browser = new Browser();
  const login = await browser.get(`${sandbox.dataCenterUrl}/login.jsp`);
  await browser.submit(login, { username: user, password: user });
  return browser;
}

export function authorizeUrl(sandbox: RunningSandbox, over: Record<string, string | undefined> = {}): string {
  const parameters = Object.entries({
    client_id: client.client_id,
    redirect_uri,
    response_type: "code",
    scope: "WRITE",
    state: "s1",
    ...over,
  }).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return `${sandbox.dataCenterUrl}/rest/oauth2/latest/authorize?${new URLSearchParams(parameters)}`;
}

/** Approves, and gives the code. */
export async function code(
  sandbox: RunningSandbox,
  over: Record<string, string | undefined> = {},
): Promise<string> {
  const browser = await dataCenterBrowser(sandbox);
  const back = await browser.submit(await browser.get(authorizeUrl(sandbox, over)), {}, "approve");
  return back.answer.get("code") ?? "";
}

export type TokenAnswer = {
  status: number;
  cache: string | null;
  access_token: string;
  refresh_token: string;
  expires_in: number;
  token_type: string;
  scope: string;
  error: string;
};

export async function token(
  sandbox: RunningSandbox,
  fields: Record<string, string | undefined>,
): Promise<TokenAnswer> {
  const sent = Object.entries({ ...client, ...fields }).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  const response = await fetch(`${sandbox.dataCenterUrl}/rest/oauth2/latest/token`, {
    method: "POST",
    body: new URLSearchParams(sent),
  });
  const body = (await response.json()) as Omit<TokenAnswer, "status" | "cache">;
  return { status: response.status, cache: response.headers.get("cache-control"), ...body };
}

export async function connect(
  sandbox: RunningSandbox,
  over: Record<string, string | undefined> = {},
): Promise<TokenAnswer> {
  return token(sandbox, { grant_type: "authorization_code", code: await code(sandbox, over), redirect_uri });
}

export const refresh = (sandbox: RunningSandbox, refresh_token: string, over: Record<string, string> = {}) =>
  token(sandbox, { grant_type: "refresh_token", refresh_token, ...over });

/** Who the server takes an Authorization header for: the user's name, or `anonymous`. */
export async function whoami(sandbox: RunningSandbox, authorization: string): Promise<string | null> {
  const response = await fetch(`${sandbox.dataCenterUrl}/rest/auth/1/session`, {
    headers: { authorization },
  });
  await response.text();
  return response.headers.get("x-ausername");
}
