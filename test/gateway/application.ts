/** An application beside a gateway: its backend calls the API, and its users' browsers come back to it. */
import { type Browser, createBrowser, type Page } from "../connect/browser.ts";
import { decideAt, type House, openHouse } from "./house.ts";

export const APP = "https://app.example";
export const RETURN = `${APP}/jira/connected?tab=2`;
// biome-ignore lint/suspicious/noExplicitAny: JSON is read by path here, and a wrong path fails the test.
export type Json = any;

export type Application = {
  readonly house: House;
  /** Handles of two backends, of two owners. */
  readonly key: string;
  readonly foreign: string;
  api(method: string, path: string, body?: unknown, bearer?: string): Promise<{ status: number; json: Json }>;
  /** A link to connect, for the user `u-17`. */
  linkFor(more?: Record<string, unknown>): Promise<{ id: string; url: string }>;
};

/** Nobody is signed in at the gateway: whoever opens a page needs an owner, or a link. */
export async function openApplication(): Promise<Application> {
  const house = await openHouse({
    parts: { return_origins: [APP], owner: (request) => request.headers.get("x-owner") ?? undefined },
  });
  const limits = { api: "manage", policy: "raw", path_prefixes: ["/"] } as const;
  const made = async (owner: string) =>
    (await house.handles.create({ owner, name: "backend", connection_ids: [], limits })).key.reveal();
  const key = await made("tenant-1");
  const api: Application["api"] = async (method, path, body, bearer = key) => {
    const answer = await fetch(`${house.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${bearer}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, json: await answer.json() };
  };
  const linkFor: Application["linkFor"] = async (more = {}) => {
    const body = { user: "u-17", user_name: "Alana at Ideas", return_url: RETURN, registration_id: "cloud" };
    const { status, json } = await api("POST", "/connect-sessions", { ...body, ...more });
    if (status !== 201) throw new Error(`No link was made: ${JSON.stringify(json)}`);
    return json;
  };
  return { house, key, foreign: await made("tenant-2"), api, linkFor };
}

/** A browser that stops where the application would answer. */
export const browserOf = (): Browser => createBrowser({ stopAt: (url) => url.origin === APP });

/** From the page of the link to Jira, where the person decides. */
export async function approve(
  browser: Browser,
  page: Page,
  decision: Parameters<typeof decideAt>[2] = {},
): Promise<Page> {
  return decideAt(browser, await browser.submit(page, { form: 0 }), decision);
}

/** Decides at Jira in a browser that does not go on to the callback, and gives the callback's address. */
export async function decideWithout(consent: Page, browser: Browser): Promise<string> {
  return (await decideAt(browser, await browser.open(consent.url))).url;
}
