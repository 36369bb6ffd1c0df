/** The person of the pages: approves at the sandbox as a browser would, and copies what a terminal shows into Jira. */
import { createBrowser, type Page } from "../connect/browser.ts";

/** What a person brings back to the terminal. */
export type Brought = {
  /** The address the browser ended at. */
  readonly url: string;
  /** The verification code of a page without a callback. */
  readonly code?: string;
};

/** Signs in as `alana` and approves, for the site `acme` where one is to be picked. */
export async function approve(authorize_url: string, stop: (url: URL) => boolean): Promise<Brought> {
  const browser = createBrowser({ stopAt: stop });
  let page = await browser.open(authorize_url);
  if (has(page, "username"))
    page = await browser.submit(page, { fields: { username: "alana", password: "alana" } });
  const consent = page.forms.find((form) => form.buttons.some((button) => button.name === "approve"));
  if (consent) {
    const cloud_id = /value="([0-9a-f-]{36})"[^>]*>[^<]*acme/i.exec(page.html)?.[1];
    const site = consent.names.includes("cloud_id") && cloud_id ? { fields: { cloud_id } } : {};
    page = await browser.submit(page, { button: "approve", ...site });
  }
  const code = /verification code is\D*'([^']+)'/i.exec(page.text.replace(/[‘’]/g, "'"))?.[1];
  return { url: page.url, ...(code ? { code } : {}) };
}

function has(page: Page, field: string): boolean {
  return page.forms.some((form) => form.names.includes(field));
}

/** The consumer key and public key that `latchkey registrations show` printed, as they go into the application link. */
export function consumerShown(output: string): { key: string; public_key: string } | undefined {
  const key = /Consumer Key: (\S+)/.exec(output)?.[1];
  const public_key = /-----BEGIN PUBLIC KEY-----[\s\S]+?-----END PUBLIC KEY-----/.exec(output)?.[0];
  return key && public_key ? { key, public_key } : undefined;
}
