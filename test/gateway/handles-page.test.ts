import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGateway } from "../../src/gateway/index.ts";
import type { Browser, Page } from "../connect/browser.ts";
import { type House, newBrowser, openHouse, walk } from "./house.ts";

const DAY_MS = 86_400_000;
let house: House;
let browser: Browser;
let connection: Page;
let id: string;
let path: string;
beforeAll(async () => {
  house = await openHouse();
  browser = newBrowser();
  connection = await walk(house, browser, "cloud");
  id = /con_\w+/.exec(connection.url)?.[0] ?? "";
  path = `${house.url}/connections/${id}/handles`;
});
afterAll(() => house.close());

const WELL = { name: "nightly report", access: "read", paths: "/rest/api/", policy: "raw", days: "30" };
type Fields = Partial<typeof WELL>;

async function make(fields: Fields = {}): Promise<Page> {
  return browser.submit(await browser.open(path), { form: 0, fields: { ...WELL, ...fields } });
}

function keyOn(page: Page): string | undefined {
  return /id="handle-key">(lk_[\w-]{43})</.exec(page.html)?.[1];
}

function call(key: string, at: string, method = "GET"): Promise<Response> {
  return fetch(`${house.url}/jira/${id}${at}`, { method, headers: { authorization: `Bearer ${key}` } });
}

describe("making a handle on a connection's page", () => {
  it("begins read only, below /rest/api/, for thirty days, and leaves the form of answers to the person", async () => {
    const page = await browser.follow(connection, "Make a handle");
    expect(page.url).toBe(path);
    expect(page.text).toContain("None. No program uses this connection.");
    const form = page.forms.find((one) => one.names.includes("paths"));
    expect(Object.fromEntries(form?.fields ?? [])).toEqual({
      name: "",
      access: "read",
      paths: "/rest/api/",
      projects: "",
      rate: "",
      days: "30",
    });
    expect(form?.names).toContain("policy");
  });

  it("shows the key once: not on a reload, not on another page, not in the address", async () => {
    const made = await make();
    const key = keyOn(made)!;
    expect(made.url).toBe(path);
    expect(made.headers["cache-control"]).toBe("no-store");
    expect(made.text).toContain("Copy it now: it is shown this once.");
    for (const address of [path, connection.url, `${house.url}/`]) {
      expect((await browser.open(address)).html).not.toContain(key);
    }
    expect(made.visited.join(" ")).not.toContain(key);
    expect((await call(key, "/rest/api/3/myself")).status).toBe(200);
  });

  it("gives a line for the terminal that works as it stands", async () => {
    const line = /id="handle-curl">([^<]+)</.exec((await make({ name: "by hand" })).html)?.[1] ?? "";
    const [, header = "", url = ""] =
      /^curl -H "Authorization: ([^"]+)" (\S+)$/.exec(line.replaceAll("&quot;", '"')) ?? [];
    const answer = await fetch(url, { headers: { authorization: header } });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ displayName: "Alana Example" });
  });

  it("names a path that the handle allows in that line", async () => {
    const made = await make({ name: "boards", paths: "/rest/agile/1.0/board\n/rest/api/3/field" });
    expect(made.text).toContain(`/jira/${id}/rest/agile/1.0/board`);
    expect(made.html).toContain("<code>/rest/agile/1.0/board</code>, <code>/rest/api/3/field</code>");
  });

  it("keeps the key sealed on its way, and for a HEAD, which shows nothing, does not use it up", async () => {
    const before = await browser.open(path);
    const response = await fetch(path, {
      method: "POST",
      redirect: "manual",
      headers: {
        cookie: cookieOf(browser),
        origin: house.url,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: new URLSearchParams({ ...WELL, name: "on its way" }).toString(),
    });
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toBe(`/connections/${id}/handles`);
    expect(await response.text()).toBe("");
    await fetch(path, { method: "HEAD", headers: { cookie: cookieOf(browser) } });
    const stranger = newBrowser();
    expect(keyOn(await stranger.open(path))).toBeUndefined();
    const both = await Promise.all([browser.open(path), browser.open(path)]);
    expect(both.filter((page) => keyOn(page) !== undefined)).toHaveLength(1);
    expect(keyOn(before)).toBeUndefined();
  });

  it("forgets a key that nobody fetched within five minutes", async () => {
    const line = { method: "POST", redirect: "manual" } as const;
    await fetch(path, {
      ...line,
      headers: {
        cookie: cookieOf(browser),
        origin: house.url,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: new URLSearchParams({ ...WELL, name: "left behind" }).toString(),
    });
    house.hall.clock.ahead_ms += 5 * 60_000;
    expect(keyOn(await browser.open(path))).toBeUndefined();
  });

  it("lists it with what it may do, when it ends and when it was used", async () => {
    const page = await browser.open(path);
    expect(page.text).toMatch(
      /nightly report Read only, below \/rest\/api\/ answers as Jira sends them \(raw\)/,
    );
    expect(page.text).toMatch(/In force until \d+.\w+.20\d\d/);
    expect((await browser.open(connection.url)).text).toMatch(/Programs \d handles in force:/);
  });

  it("writes only where the person said so", async () => {
    const reads = keyOn(await make({ name: "reads" }))!;
    const writes = keyOn(await make({ name: "writes", access: "write" }))!;
    expect((await call(reads, "/rest/api/3/issue/JJ-2/watchers", "POST")).status).toBe(403);
    expect((await call(writes, "/rest/api/3/issue/JJ-2/watchers", "POST")).status).not.toBe(403);
    expect((await call(writes, "/rest/agile/1.0/board")).status).toBe(403);
    expect((await browser.open(path)).text).toContain("Read, create, change and delete, below /rest/api/");
  });

  it("ends when it was told to", async () => {
    await make({ name: "for a day", days: "1" });
    const [handle] = (await house.handles.list("local")).filter((one) => one.name === "for a day");
    expect(handle!.expires_at! - house.hall.now()).toBeLessThanOrEqual(DAY_MS);
    expect(handle!.expires_at! - house.hall.now()).toBeGreaterThan(DAY_MS - 60_000);
  });
});

describe("a form that is not filled in well", () => {
  it.each<[string, Fields, RegExp]>([
    ["no name", { name: " " }, /Give it a name of 1 to 100 characters\./],
    ["too long a name", { name: "x".repeat(101) }, /Give it a name of 1 to 100 characters\./],
    ["no deed", { access: "all" }, /Choose whether it may only read, or also write\./],
    ["no path", { paths: "\n , " }, /Name at least one path/],
    ["a path without its slash", { paths: "rest/api/" }, /Each begins with \//],
    ["a path with a trick in it", { paths: "/rest/api/%2e%2e/" }, /plainly written/],
    ["no form of answers", { policy: "" }, /Tick that answers may leave as Jira sends them/],
    ["no end", { days: "" }, /a whole number from 1 to 3650/],
    ["an end that has passed", { days: "0" }, /a whole number from 1 to 3650/],
    ["an end that is no number", { days: "1e3" }, /a whole number from 1 to 3650/],
  ])("%s: says so beside the field, keeps what was typed, and makes nothing", async (_name, fields, says) => {
    const before = (await house.handles.list("local")).length;
    const page = await make(fields);
    expect(page.status).toBe(400);
    expect(page.text).toMatch(says);
    expect(page.text).toContain("No handle was made.");
    expect(keyOn(page)).toBeUndefined();
    expect((await house.handles.list("local")).length).toBe(before);
    const typed = page.forms[0]?.fields.find(([name]) => name === "days")?.[1];
    expect(typed).toBe(fields.days ?? "30");
  });
});

describe("revoking", () => {
  it("asks first, then refuses the next call, and lists it as no longer in force", async () => {
    const key = keyOn(await make({ name: "to be revoked" }))!;
    const [handle] = (await house.handles.list("local")).filter((one) => one.name === "to be revoked");
    const asked = await browser.follow(await browser.open(path), `${handle!.id}/revoke`);
    expect(asked.text).toContain("Revoke the handle to be revoked?");
    expect((await call(key, "/rest/api/3/myself")).status).toBe(200);
    const done = await browser.submit(asked, { button: "Revoke the handle" });
    expect(done.url).toBe(path);
    expect(done.text).toContain("The handle to be revoked is revoked.");
    expect(done.text).toMatch(/1 handle no longer in force/);
    expect((await call(key, "/rest/api/3/myself")).status).toBe(401);
    expect((await browser.open(asked.url)).url).toBe(path);
  });
});

describe("whose they are", () => {
  it("shows, makes and revokes nothing for another owner, and nothing through another connection", async () => {
    const [handle] = await house.handles.list("local");
    const parts = { ...house.hall, connect: house.connect, handles: house.handles, random: randomBytes };
    const jiraFor = () => Promise.reject(new Error("not in this test"));
    const other = createGateway({ ...parts, jiraFor, public_url: house.url, owner: () => "somebody-else" });
    const before = await house.handles.listForOperator();
    for (const [method, at] of [
      ["GET", path],
      ["POST", path],
      ["GET", `${path}/${handle!.id}/revoke`],
      ["POST", `${path}/${handle!.id}/revoke`],
    ] as const) {
      const body = method === "POST" ? { body: new URLSearchParams(WELL) } : {};
      const request = new Request(at, { method, headers: { origin: house.url }, ...body });
      expect((await other.fetch(request)).status).toBe(404);
    }
    expect(await house.handles.listForOperator()).toEqual(before);
    const second = await walk(house, browser, "datacenter-oauth2");
    expect((await browser.open(`${second.url}/handles/${handle!.id}/revoke`)).status).toBe(404);
    expect((await browser.open(`${second.url}/handles`)).html).not.toContain(`<strong>${handle!.name}`);
  });

  it("takes the form from our own pages only", async () => {
    const before = (await house.handles.list("local")).length;
    for (const origin of ["http://localhost:1", "https://example.com", "null"]) {
      const answer = await fetch(path, {
        method: "POST",
        headers: { origin, cookie: cookieOf(browser) },
        body: new URLSearchParams(WELL),
      });
      expect(answer.status).toBe(403);
    }
    expect((await house.handles.list("local")).length).toBe(before);
  });
});

describe("a connection that cannot be used", () => {
  it("says so, keeps the handles of a dead one, and makes none for one that was handed over", async () => {
    const person = newBrowser();
    const at = await walk(house, person, "datacenter-oauth1");
    const mine = /con_\w+/.exec(at.url)?.[0] ?? "";
    await house.hall.vault.connections.markExported("local", mine);
    const page = await person.open(`${at.url}/handles`);
    expect(page.text).toContain("It was handed over to another holder, so no handle works here any more.");
    expect(page.forms.filter((form) => form.names.includes("paths"))).toEqual([]);
  });
});

function cookieOf(from: Browser): string {
  return from.jar.header({ url: new URL(house.url), method: "GET", crossSite: false }) ?? "";
}
