/** A browser for tests: a cookie jar, no redirects followed unless asked, and the forms of the last page. */
export class Browser {
  readonly #jar = new Map<string, Map<string, string>>();

  async get(url: string, headers: Record<string, string> = {}): Promise<Page> {
    return this.#send(url, { method: "GET", headers });
  }

  async post(
    url: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Page> {
    return this.#send(url, { method: "POST", body: new URLSearchParams(fields), headers });
  }

  /** Sends a form of the page, the one with the button or else the last, with fields filled in. */
  async submit(page: Page, fill: Record<string, string>, button?: string): Promise<Page> {
    const form = page.forms().findLast((one) => button === undefined || one.buttons.includes(button));
    if (!form) throw new Error(`no form with ${button} on ${page.url}:\n${page.body}`);
    const fields = { ...form.fields, ...fill, ...(button === undefined ? {} : { [button]: "pressed" }) };
    return this.post(new URL(form.action, page.url).href, fields, { origin: new URL(page.url).origin });
  }

  /** Follows redirects as long as they stay on the origin of the first page. */
  async follow(page: Page): Promise<Page> {
    let at = page;
    while (at.location !== undefined && new URL(at.location, at.url).origin === new URL(page.url).origin) {
      at = await this.get(new URL(at.location, at.url).href);
    }
    return at;
  }

  async #send(url: string, init: RequestInit & { headers: Record<string, string> }): Promise<Page> {
    const { host } = new URL(url);
    const cookies = this.#jar.get(host) ?? new Map<string, string>();
    this.#jar.set(host, cookies);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...init.headers, ...(cookie === "" ? {} : { cookie }) };
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split("; ");
      const [name = "", value = ""] = pair.split("=");
      if (attributes.includes("Max-Age=0")) cookies.delete(name);
      else cookies.set(name, value);
    }
    return new Page(url, response, await response.text());
  }
}

type Form = { action: string; fields: Record<string, string>; buttons: string[] };

export class Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;

  constructor(url: string, response: Response, body: string) {
    this.url = url;
    this.status = response.status;
    this.headers = response.headers;
    this.body = body;
  }

  get location(): string | undefined {
    return this.headers.get("location") ?? undefined;
  }

  /** The query of the address the page redirects to. */
  get answer(): URLSearchParams {
    return new URL(this.location ?? "", this.url).searchParams;
  }

  forms(): Form[] {
    return [...this.body.matchAll(/<form method="post" action="([^"]*)">(.*?)<\/form>/gs)].map((found) => ({
      action: unescapeHtml(found[1] ?? ""),
      fields: Object.fromEntries(
        [...(found[2] ?? "").matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(
          (input) => [unescapeHtml(input[1] ?? ""), unescapeHtml(input[2] ?? "")],
        ),
      ),
      buttons: [...(found[2] ?? "").matchAll(/<button[^>]* name="([^"]*)"/g)].map((input) => input[1] ?? ""),
    }));
  }
}

function unescapeHtml(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}
