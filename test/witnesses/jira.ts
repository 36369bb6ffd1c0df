/** A sandbox for clients that were written by others, and the person who approves them. */
import { generateKeyPairSync } from "node:crypto";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { createBrowser, type Page } from "../connect/browser.ts";

/** Nobody listens here: the browser stops before it, and the test reads what it was about to bring. */
export const CALLBACK = "http://localhost:8085/callback";
export const CONSUMER_KEY = "OauthKey";

export type Ground = RunningSandbox & { readonly private_pem: string };

export async function openGround(): Promise<Ground> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const public_key = publicKey.export({ type: "spki", format: "pem" }).toString();
  const sandbox = await startSandbox({
    redirectUris: [CALLBACK],
    consumers: [{ key: CONSUMER_KEY, public_key, name: "Example Jira app" }],
  });
  return { ...sandbox, private_pem: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

/** Opens an authorize URL as alana, signs in and approves; answers what the browser was sent back with. */
export async function approve(authorize_url: string, site?: string): Promise<URLSearchParams> {
  const page = await decide(authorize_url, "approve", site === undefined ? {} : { cloud_id: site });
  if (!page.stopped) throw new Error(`The dance did not come back: ${page.status} ${page.text}`);
  return new URL(page.url).searchParams;
}

/** The same up to the button of the consent page; where it leads is for the caller to look at. */
export async function decide(
  authorize_url: string,
  button: "approve" | "deny",
  fields: Readonly<Record<string, string>> = {},
): Promise<Page> {
  const browser = createBrowser({ stopAt: (url) => url.href.startsWith(CALLBACK) });
  const login = await browser.open(authorize_url);
  const consent = await browser.submit(login, { fields: { username: "alana", password: "alana" } });
  return browser.submit(consent, { button, fields });
}

export function cloudIdOf(ground: Ground, name = "acme"): string {
  const id = ground.control.state().sites.find((site) => site.id === name)?.cloudId;
  if (id === undefined) throw new Error(`The sandbox has no Cloud site ${name}.`);
  return id;
}
