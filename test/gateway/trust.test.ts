import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contentSecurityPolicy } from "../../src/gateway/headers.ts";
import { createGateway } from "../../src/gateway/index.ts";
import { cookieName } from "../../src/gateway/session.ts";
import { Secret } from "../../src/secret.ts";
import { createBrowser, type Page } from "../connect/browser.ts";
import { decideAt, type House, newBrowser, openHouse, walk } from "./house.ts";

let house: House;
let connected: Page;
beforeAll(async () => {
  house = await openHouse();
  connected = await walk(house, newBrowser(), "cloud");
});
afterAll(() => house.close());

const ask = (path: string, init: RequestInit = {}) =>
  house.gateway.fetch(new Request(`${house.url}${path}`, init));
const post = (path: string, headers: Record<string, string>, body = "") =>
  ask(path, {
    method: "POST",
    body,
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  });

describe("a write", () => {
  it.each<[string, Record<string, string>]>([
    ["from another origin", { origin: "https://evil.example" }],
    ["from another port", { origin: "http://localhost:1" }],
    ["from nowhere (Origin: null)", { origin: "null" }],
    ["of a browser that does not say from where", { "user-agent": "Mozilla/5.0" }],
    ["of a program that names a foreign page", { "user-agent": "curl/8", referer: "https://evil.example/" }],
    ["that another site began", { "sec-fetch-site": "cross-site" }],
    ["that a neighbour port began", { "sec-fetch-site": "same-site" }],
  ])("%s is refused, and changes nothing", async (_what, headers) => {
    const { pathname } = new URL(connected.url);
    const answer = await post(`${pathname}/disconnect`, headers);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain("That form came from elsewhere");
    expect(await house.hall.vault.connections.list("local")).toHaveLength(1);
  });

  it.each<[string, Record<string, () => string>]>([
    ["Origin", { origin: () => house.url }],
    ["Sec-Fetch-Site", { "sec-fetch-site": () => "same-origin" }],
  ])("from our own page passes by %s", async (_what, headers) => {
    const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value()]));
    const answer = await post("/connections/con_none/test", own);
    expect(answer.status).toBe(404);
  });
});

describe("a program, which no foreign page can steer", () => {
  it.each(["curl/8.5.0", "python-requests/2.32", undefined])("called %s needs no Origin", async (name) => {
    const answer = await post("/connections/con_none/test", name === undefined ? {} : { "user-agent": name });
    expect(answer.status).toBe(404);
  });
});

describe("the host name", () => {
  it("of somebody else's page is refused, so that a name pointed at this machine reads nothing", async () => {
    const answer = await house.gateway.fetch(new Request("http://evil.example:8080/"));
    expect(answer.status).toBe(400);
    expect(await answer.text()).not.toContain("acme");
  });

  it("of another loopback spelling is sent to the one the callback comes back to", async () => {
    const { port } = new URL(house.url);
    const answer = await house.gateway.fetch(new Request(`http://127.0.0.1:${port}/connect?site=x`));
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toBe(`${house.url}/connect?site=x`);
  });
});

describe("every page", () => {
  it("is private, framed by nobody, and runs nothing from elsewhere", async () => {
    const answer = await ask("/");
    const policy = answer.headers.get("content-security-policy") ?? "";
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("referrer-policy")).toBe("same-origin");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain(`form-action 'self' ${house.url} ${house.hall.sandbox.cloudUrl} `);
    expect(policy).not.toContain("unsafe");
    const page = await answer.text();
    expect(page).not.toMatch(/\sstyle=|<style|\son\w+=|<script>/);
  });

  it("names the sign-in of Atlassian where the form leads to Jira Cloud", () => {
    const policy = contentSecurityPolicy("https://latchkey.example", ["https://auth.atlassian.com"]);
    expect(policy).toContain("form-action 'self' https://latchkey.example https://auth.atlassian.com;");
  });

  it("finds its style and script by their content, kept for ever", async () => {
    const page = await (await ask("/")).text();
    for (const [, path] of page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)) {
      const asset = await ask(path!);
      expect(asset.status).toBe(200);
      expect(asset.headers.get("cache-control")).toContain("immutable");
      const again = await ask(path!, { headers: { "if-none-match": asset.headers.get("etag")! } });
      expect(again.status).toBe(304);
    }
    expect((await ask("/assets/look.0000.css")).status).toBe(404);
  });
});

describe("mounted below a path", () => {
  it("answers there, and every link and asset of its pages leads there", async () => {
    const mounted = createGateway({ ...partsOf(house), public_url: `${house.url}/latchkey` });
    for (const path of ["/latchkey", "/latchkey/dances", "/latchkey/connect"]) {
      const answer = await mounted.fetch(new Request(`${house.url}${path}`));
      expect(answer.status).toBe(200);
      for (const [, target] of (await answer.text()).matchAll(/(?:href|src|action)="(\/[^"]*)"/g)) {
        expect(target).toMatch(/^\/latchkey\//);
      }
    }
    const moved = await mounted.fetch(new Request(`${house.url}/latchkey/connections`));
    expect(moved.headers.get("location")).toBe("/latchkey/");
  });
});

describe("what is not there", () => {
  it("is a page that says so", async () => {
    const answer = await ask("/nowhere");
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain("There is nothing here");
  });

  it("and what is there, asked in the wrong way, names the right one", async () => {
    const answer = await ask("/dances", { method: "DELETE", headers: { origin: house.url } });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("GET, POST");
  });

  it("another owner's connection and dance do not exist", async () => {
    const { pathname } = new URL(connected.url);
    const [dance] = await house.connect.dances.list("local");
    const stranger = createGateway({ ...partsOf(house), owner: () => "somebody-else" });
    const of = (path: string) => stranger.fetch(new Request(`${house.url}${path}`));
    expect((await of(pathname)).status).toBe(404);
    expect((await of(`${pathname}/issues/JJ-2`)).status).toBe(404);
    expect((await of(`${pathname}/disconnect`)).status).toBe(404);
    expect((await of(`/dances/${dance?.id}`)).status).toBe(404);
    expect(await (await of("/")).text()).not.toContain("Alana");
  });

  it("nobody signed in at the application sees nothing", async () => {
    const closed = createGateway({ ...partsOf(house), owner: () => undefined });
    expect((await closed.fetch(new Request(house.url))).status).toBe(401);
  });
});

function partsOf({ hall, connect, handles, url }: House) {
  return {
    ...hall,
    connect,
    handles,
    random: (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes)),
    public_url: url,
    jiraFor: () => Promise.reject(new Error("not in this test")),
  };
}

describe("the session", () => {
  it("has a cookie that only this server and no script reads", async () => {
    const answer = await post("/connect", { origin: house.url }, "registration=cloud");
    const cookie = answer.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(
      /^__Host-latchkey-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=\d+$/,
    );
  });

  it("has another name on every server of one machine, and a plain one without https", () => {
    expect(cookieName(new URL("https://latchkey.example"))).toBe("__Host-latchkey");
    expect(cookieName(new URL("http://localhost:8080"))).toBe("__Host-latchkey-8080");
    expect(cookieName(new URL("http://127.0.0.1:8080"))).toBe("latchkey-8080");
  });

  it("gets a new id at the callback, and the old one is worth nothing", async () => {
    const browser = newBrowser();
    const home = await browser.open(`${house.url}/connect`);
    const form = home.forms.findIndex((one) => one.fields.some(([, value]) => value === "cloud"));
    const atJira = await browser.submit(home, { form });
    const before = cookieOf(browser);
    await decideAt(browser, atJira);
    const after = cookieOf(browser);
    expect(before).toMatch(/latchkey/);
    expect(after).not.toBe(before);
    expect(await sessionKnown(before)).toBe(false);
    expect(await sessionKnown(after)).toBe(true);
  });

  it("that looks wrong is no session, and no error", async () => {
    const { port } = new URL(house.url);
    for (const value of ["", "x", "a".repeat(43), "a".repeat(5000), "%00"]) {
      const answer = await ask("/", { headers: { cookie: `__Host-latchkey-${port}=${value}` } });
      expect(answer.status).toBe(200);
    }
  });
});

function cookieOf(browser: ReturnType<typeof createBrowser>): string {
  const cookie = browser.jar.header({ url: new URL(house.url), method: "GET", crossSite: false }) ?? "";
  return cookie.split("; ").find((pair) => pair.startsWith("__Host-latchkey")) ?? "";
}

/** A word left in the session is heard only by who holds its cookie; a binding is the surest sign of one. */
async function sessionKnown(cookie: string): Promise<boolean> {
  const answer = await post("/connect", { origin: house.url, cookie }, "registration=cloud");
  return answer.headers.get("set-cookie") === null;
}

describe("the callback", () => {
  async function answered(): Promise<URL> {
    const browser = createBrowser({ stopAt: (url) => url.pathname.startsWith("/callback") });
    held = browser;
    const home = await browser.open(`${house.url}/connect`);
    const form = home.forms.findIndex((one) => one.fields.some(([, value]) => value === "cloud"));
    const page = await decideAt(browser, await browser.submit(home, { form }));
    return new URL(page.url);
  }
  let held: ReturnType<typeof createBrowser>;
  const come = (url: URL, cookie?: string) =>
    house.gateway.fetch(new Request(url, cookie ? { headers: { cookie } } : {}));
  const causeOf = (answer: Response) =>
    new URL(answer.headers.get("location") ?? "", house.url).searchParams.get("cause");

  it("answers no-store and a 303, also to what makes no sense", async () => {
    const answer = await ask("/callback/cloud?nonsense=1");
    expect(answer.status).toBe(303);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("location")).toMatch(/^\/connect\/failed\?cause=/);
  });

  it("in another browser connects nothing there, and leaves the dance to the right one", async () => {
    const url = await answered();
    expect(causeOf(await come(url))).toBe("browser_mismatch");
    const right = await come(url, cookieOf(held));
    expect(right.headers.get("location")).toMatch(/^\/connections\/con_/);
  });

  it("with a wrong state uses nothing up", async () => {
    const url = await answered();
    const wrong = new URL(url);
    wrong.searchParams.set("state", "x".repeat(43));
    expect(causeOf(await come(wrong, cookieOf(held)))).toBe("state_mismatch");
  });

  it("opened twice says that it was used", async () => {
    const url = await answered();
    const first = await come(url, cookieOf(held));
    const cookie = first.headers.get("set-cookie")?.split(";")[0] ?? cookieOf(held);
    expect(causeOf(await come(url, cookie))).toBe("attempt_used");
  });

  it("is not used up by a HEAD, as link previews send it", async () => {
    const url = await answered();
    const head = await house.gateway.fetch(
      new Request(url, { method: "HEAD", headers: { cookie: cookieOf(held) } }),
    );
    expect(head.status).toBe(405);
    expect((await come(url, cookieOf(held))).headers.get("location")).toMatch(/^\/connections\/con_/);
  });

  it("of five megabytes is not read", async () => {
    const answer = await ask(`/callback/cloud?state=${"x".repeat(5_000_000)}`);
    expect(causeOf(answer)).toBe("callback_malformed");
  });

  it("never reflects what it was given", async () => {
    const query = new URLSearchParams({
      error: "<script>alert(1)</script>",
      error_description: "<b>evil</b>",
    });
    const answer = await ask(`/callback/cloud?${query}`);
    const page = await (await ask(answer.headers.get("location")!)).text();
    expect(page).not.toContain("evil");
    expect(page).not.toContain("<script>alert");
  });

  it("sends on only to our own pages or an allowed address", async () => {
    for (const return_to of ["https://evil.example/", "//evil.example", "/.//evil.example"]) {
      const browser = newBrowser();
      const page = await browser.open(`${house.url}/connect?return_to=${encodeURIComponent(return_to)}`);
      const form = page.forms.findIndex((one) => one.fields.some(([, value]) => value === "cloud"));
      const end = await decideAt(browser, await browser.submit(page, { form }));
      expect(new URL(end.url).origin).toBe(house.url);
    }
  });
});

describe("the way to a Data Center elsewhere", () => {
  it("is a page that goes on by itself, because a form may not end at a sign-in server nobody here knows", async () => {
    await house.hall.vault.registrations.add({
      id: "elsewhere",
      flavor: "datacenter-oauth2",
      client_id: "x",
      client_secret: new Secret("a-client-secret-of-elsewhere"),
      site_base_url: "https://jira.example.com",
      redirect_uri: `${house.url}/callback/elsewhere`,
      scope: ["WRITE"],
    });
    const answer = await post("/connect", { origin: house.url }, "registration=elsewhere");
    expect(answer.status).toBe(200);
    const target = /^0; url=(https:\/\/jira\.example\.com\/rest\/oauth2\/latest\/authorize\?.*)$/.exec(
      answer.headers.get("refresh") ?? "",
    )?.[1];
    expect(target).toBeDefined();
    expect(await answer.text()).toContain(`href="${target?.replaceAll("&", "&amp;")}"`);
    await house.hall.vault.registrations.remove("elsewhere");
  });
});

describe("a form", () => {
  it("of more than 64 kB is refused while it arrives", async () => {
    const answer = await post("/connect", { origin: house.url }, `site=${"x".repeat(70_000)}`);
    expect(answer.status).toBe(413);
  });

  it("that says a field twice is refused", async () => {
    expect((await post("/connect", { origin: house.url }, "site=a&site=b")).status).toBe(400);
  });

  it("in another wrapping is refused", async () => {
    const answer = await post("/connect", { origin: house.url, "content-type": "text/plain" }, "site=a");
    expect(answer.status).toBe(400);
  });
});
