/**
 * A small browser for tests: a cookie jar, redirects, plain HTML forms, and the headers by which servers tell where
 * a request came from (Origin, Referer, Sec-Fetch-Site). No scripts, no pictures.
 */
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { CookieJar } from "./cookies.ts";
import { type Form, formsOf, linksOf, textOf, titleOf } from "./forms.ts";

export type Page = {
  /** Where the redirects ended; with `stopped`, the address that was not opened any more. */
  readonly url: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly html: string;
  readonly title: string;
  readonly text: string;
  readonly forms: readonly Form[];
  readonly links: readonly { readonly href: string; readonly text: string }[];
  /** Every address on the way, the first one included. */
  readonly visited: readonly string[];
  readonly stopped: boolean;
};

export type BrowserOptions = {
  /** An address that is not opened: the page then says where it would have gone (a redirect nobody listens to). */
  readonly stopAt?: (url: URL) => boolean;
};

export type Filling = {
  /** Name, value or text of the button; by default the first one. */
  readonly button?: string;
  readonly fields?: Readonly<Record<string, string>>;
  /** Which form: its place on the page, or part of its action. By default the first that has the button. */
  readonly form?: number | string;
};

export type Browser = {
  readonly jar: CookieJar;
  /** Types an address. */
  open(url: string): Promise<Page>;
  /** Follows a link of a page, by its text or part of its address. */
  follow(page: Page, link: string): Promise<Page>;
  /** Fills in a form and presses a button. */
  submit(page: Page, filling?: Filling): Promise<Page>;
};

type Navigation = {
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly body?: string;
  /** The page on which it was begun. */
  readonly from?: { readonly url: URL; readonly policy: string };
};

const MAX_REDIRECTS = 15;

export function createBrowser(options: BrowserOptions = {}): Browser {
  const jar = new CookieJar();
  const go = (navigation: Navigation) => navigate(jar, options, navigation);
  return {
    jar,
    open: (url) => go({ url: new URL(url), method: "GET" }),
    follow(page, link) {
      const found = page.links.find((one) => one.text.includes(link) || one.href.includes(link));
      if (found === undefined) throw new Error(`There is no link ${link} on ${page.url}: ${page.text}`);
      return go({ url: new URL(found.href, page.url), method: "GET", from: fromOf(page) });
    },
    submit(page, filling = {}) {
      const form = chooseForm(page, filling);
      const data = dataOf(form, filling);
      const url = new URL(form.action || page.url, page.url);
      if (form.method === "POST")
        return go({ url, method: "POST", body: data.toString(), from: fromOf(page) });
      url.search = data.toString();
      return go({ url, method: "GET", from: fromOf(page) });
    },
  };
}

function fromOf(page: Page): NonNullable<Navigation["from"]> {
  return {
    url: new URL(page.url),
    policy: String(page.headers["referrer-policy"] ?? "strict-origin-when-cross-origin"),
  };
}

function chooseForm(page: Page, { form, button }: Filling): Form {
  const found =
    typeof form === "number"
      ? page.forms[form]
      : page.forms.find(
          (one) =>
            (form === undefined || one.action.includes(form)) &&
            (button === undefined || buttonOf(one, button) !== undefined),
        );
  if (found === undefined) {
    throw new Error(`There is no such form on ${page.url} (${page.status} ${page.title}): ${page.text}`);
  }
  return found;
}

function buttonOf(form: Form, wanted: string) {
  return form.buttons.find((one) => one.name === wanted || one.value === wanted || one.text === wanted);
}

function dataOf(form: Form, { button, fields = {} }: Filling): URLSearchParams {
  for (const name of Object.keys(fields)) {
    if (!form.names.includes(name))
      throw new Error(`The form has no field ${name}, but ${form.names.join(", ")}`);
  }
  const data = new URLSearchParams();
  for (const [name, value] of form.fields) if (!(name in fields)) data.append(name, value);
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  const pressed = button === undefined ? form.buttons[0] : buttonOf(form, button);
  if (pressed?.name !== undefined) data.append(pressed.name, pressed.value);
  return data;
}

async function navigate(jar: CookieJar, options: BrowserOptions, first: Navigation): Promise<Page> {
  let { url, method, body } = first;
  const visited: string[] = [];
  let crossSite = false;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    visited.push(url.href);
    if (first.from !== undefined && siteOf(first.from.url) !== siteOf(url)) crossSite = true;
    if (options.stopAt?.(url)) return pageOf({ url, status: 0, headers: {}, html: "" }, visited, true);
    const { from } = first;
    const step = { url, method, ...(from !== undefined && { from }), ...(body !== undefined && { body }) };
    const answer = await send(jar, step, crossSite);
    jar.take(url, answer.headers["set-cookie"] ?? []);
    const location = answer.headers.location;
    if (answer.status < 300 || answer.status > 399 || location === undefined) {
      return pageOf(answer, visited, false);
    }
    url = new URL(location, url);
    if (answer.status !== 307 && answer.status !== 308) {
      method = "GET";
      body = undefined;
    }
  }
  throw new Error(`Too many redirects: ${visited.join(" -> ")}`);
}

type Answer = {
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly html: string;
};

function pageOf({ url, status, headers, html }: Answer, visited: readonly string[], stopped: boolean): Page {
  return {
    url: url.href,
    status,
    headers,
    html,
    title: titleOf(html),
    text: textOf(html),
    forms: formsOf(html),
    links: linksOf(html),
    visited,
    stopped,
  };
}

function send(jar: CookieJar, navigation: Navigation, crossSite: boolean): Promise<Answer> {
  const { url, method, body } = navigation;
  const headers = headersOf(jar, navigation, crossSite);
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false, timeout: 20_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const html = Buffer.concat(chunks).toString("utf8");
        resolve({ url, status: response.statusCode ?? 0, headers: response.headers, html });
      });
      response.on("error", reject);
    });
    request.on("timeout", () => request.destroy(new Error(`No answer from ${url.href}`)));
    request.on("error", reject);
    request.end(body);
  });
}

function headersOf(
  jar: CookieJar,
  { url, method, body, from }: Navigation,
  crossSite: boolean,
): Record<string, string> {
  const cookie = jar.header({ url, method, crossSite });
  const referer = from === undefined ? undefined : refererOf(from, url);
  const hidden = from !== undefined && from.url.origin !== url.origin && from.policy === "same-origin";
  return {
    accept: "text/html,application/xhtml+xml,*/*;q=0.8",
    "user-agent": "latchkey-test-browser",
    "sec-fetch-dest": "document",
    "sec-fetch-mode": "navigate",
    "sec-fetch-site": fetchSite(from?.url, url, crossSite),
    ...(body !== undefined && { "content-type": "application/x-www-form-urlencoded" }),
    ...(cookie !== undefined && { cookie }),
    ...(referer !== undefined && { referer }),
    ...(method === "POST" && from !== undefined && { origin: hidden ? "null" : from.url.origin }),
  };
}

function refererOf(from: NonNullable<Navigation["from"]>, to: URL): string | undefined {
  const sameOrigin = from.url.origin === to.origin;
  if (from.policy === "no-referrer" || (from.policy === "same-origin" && !sameOrigin)) return undefined;
  return sameOrigin ? from.url.href.split("#")[0] : `${from.url.origin}/`;
}

function fetchSite(from: URL | undefined, to: URL, crossSite: boolean): string {
  if (from === undefined) return "none";
  if (crossSite) return "cross-site";
  return from.origin === to.origin ? "same-origin" : "same-site";
}

/** What cookies and Sec-Fetch-Site call a site: scheme and host, without the port. */
function siteOf(url: URL): string {
  return `${url.protocol}//${url.hostname}`;
}
