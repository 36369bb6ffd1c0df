/** An application sends its user to connect, and takes up what comes back: over HTTP, with browsers and a backend. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, createBrowser, type Page } from "../connect/browser.ts";
import {
  APP,
  type Application,
  approve,
  browserOf,
  decideWithout,
  type Json,
  openApplication,
  RETURN,
} from "./application.ts";
import { decideAt, type House, IDS } from "./house.ts";

let house: House;
let key: string;
let foreign: string;
let api: Application["api"];
let linkFor: Application["linkFor"];

beforeAll(async () => {
  ({ house, key, foreign, api, linkFor } = await openApplication());
});
afterAll(() => house.close());

const said = (page: Page) => Object.fromEntries(new URL(page.url).searchParams);
const redeem = (id: string, result: string | undefined, user = "u-17", bearer = key) =>
  api("POST", `/connect-sessions/${id}/redeem`, { result, user }, bearer);
const stateOf = async (id: string) => (await api("GET", `/connect-sessions/${id}`)).json.state;
const connections = async () => (await api("GET", "/connections")).json.connections as Json[];

describe("a connect session", () => {
  it("leads from a link to a connection that nobody can use until the application has taken it up", async () => {
    const { id, url } = await linkFor();
    const browser = browserOf();
    const page = await browser.open(url);
    expect(page.status).toBe(200);
    expect(page.url).toBe(`${house.url}/connect/session/${id}`);
    expect(page.text).toContain("Idea Board");
    expect(page.text).toContain("Alana at Ideas");
    expect(page.text).toContain("app.example");
    expect(page.html).not.toContain(new URL(url).searchParams.get("session"));
    const back = await approve(browser, page);
    expect(back.stopped).toBe(true);
    const { connect_session, result, tab } = said(back);
    expect({ connect_session, tab }).toEqual({ connect_session: id, tab: "2" });

    const [waiting] = await connections();
    expect(waiting).toMatchObject({ state: "pending" });
    expect(await stateOf(id)).toBe("waiting");
    await expect(house.hall.vault.credentialFor("tenant-1", waiting.id)).rejects.toMatchObject({
      code: "connection_pending",
    });
    for (const path of ["test", "refresh"]) {
      const refused = await api("POST", `/connections/${waiting.id}/${path}`);
      expect(refused).toMatchObject({ status: 409, json: { code: "connection_pending" } });
    }
    await expect(house.hall.vault.reveal("tenant-1", waiting.id)).rejects.toMatchObject({
      code: "connection_pending",
    });
    await expect(house.hall.vault.connections.markExported("tenant-1", waiting.id)).rejects.toMatchObject({
      code: "connection_pending",
    });
    expect(await house.hall.store.events.list("tenant-1")).toEqual([]);

    expect(await redeem(id, result, "u-18")).toMatchObject({
      status: 403,
      json: { code: "connect_result_refused" },
    });
    expect(await redeem(id, `${result}x`)).toMatchObject({ status: 403 });
    expect(await redeem(id, result, "u-17", foreign)).toMatchObject({ status: 404 });
    expect((await connections())[0]).toMatchObject({ state: "pending" });

    const answers = await Promise.all([redeem(id, result), redeem(id, result), redeem(id, result)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    const won = answers.find(({ status }) => status === 200)?.json;
    expect(won).toMatchObject({ connection: { id: waiting.id, state: "active" }, reconnected: false });
    expect(await redeem(id, result)).toMatchObject({ status: 409, json: { code: "connect_session_over" } });
    expect(await api("POST", `/connections/${waiting.id}/test`)).toMatchObject({ status: 200 });
    const told = await house.hall.store.events.list("tenant-1");
    expect(told.map(({ type }) => type)).toEqual(["connection.created"]);
    expect((await api("GET", `/connect-sessions/${id}`)).json).toMatchObject({
      state: "redeemed",
      connection_id: waiting.id,
    });
  });

  it("joins the connection its account has already, when it is taken up and not before", async () => {
    const [known] = await connections();
    const { id, url } = await linkFor();
    const browser = browserOf();
    const { result } = said(await approve(browser, await browser.open(url)));
    const before = (await connections()).map((one) => [one.id, one.state, one.consented_at]);
    expect(before).toHaveLength(2);
    expect(before[0]).toEqual([known.id, "active", known.consented_at]);
    expect((await redeem(id, result)).json).toMatchObject({
      connection: { id: known.id },
      reconnected: true,
    });
    expect(await connections()).toHaveLength(1);
    expect((await connections())[0].consented_at).toBeGreaterThan(known.consented_at);
  });

  it("is not taken up by another dance of the same account", async () => {
    for (const one of await connections()) await api("DELETE", `/connections/${one.id}`);
    const { id, url } = await linkFor();
    const browser = browserOf();
    const { result } = said(await approve(browser, await browser.open(url)));
    const [waiting] = await connections();
    const own = await house.hall.store.connections.get("tenant-1", waiting.id);
    const { site } = await house.hall.vault.connections.get("tenant-1", waiting.id);
    const attach = { owner: "tenant-1", family_id: own!.family.id, site };
    await expect(
      house.hall.vault.connections.attach({ ...attach, reconnect_id: waiting.id }),
    ).rejects.toMatchObject({ code: "connection_pending" });
    expect((await house.hall.vault.connections.attach(attach)).connection.id).not.toBe(waiting.id);
    expect((await connections()).find((one) => one.id === waiting.id).state).toBe("pending");
    expect((await redeem(id, result)).status).toBe(200);
  });

  it("works on every flavor, with the address typed by the person where the application names none", async () => {
    const { cloudUrl, dataCenterUrl } = house.hall.sandbox;
    for (const flavor of ["datacenter-oauth2", "datacenter-oauth1"] as const) {
      const { id, url } = await linkFor({ registration_id: IDS[flavor] });
      const browser = browserOf();
      const { result } = said(await approve(browser, await browser.open(url)));
      expect((await redeem(id, result)).json.connection).toMatchObject({ flavor, state: "active" });
    }
    const { id, url } = await linkFor({ registration_id: undefined, flavor: "cloud" });
    const browser = browserOf();
    const page = await browser.open(url);
    expect(page.text).not.toContain(dataCenterUrl);
    const typed = await browser.submit(page, { form: 0, fields: { site: "http://10.1.2.3/jira" } });
    expect(typed.status).toBeGreaterThanOrEqual(400);
    expect(typed.forms[0]?.action).toContain(`/connect/session/${id}`);
    const consent = await browser.submit(typed, { form: 0, fields: { site: `${cloudUrl}/sites/acme` } });
    const { result } = said(await decideAt(browser, consent));
    expect((await redeem(id, result)).status).toBe(200);
  });

  it("may give the backend a handle for what it has redeemed, within its own limits", async () => {
    const { id, url } = await linkFor();
    const browser = browserOf();
    const { result } = said(await approve(browser, await browser.open(url)));
    const path = `/connect-sessions/${id}/redeem`;
    const { json } = await api("POST", path, { result, user: "u-17", with_handle: true });
    const call = (bearer: string) =>
      fetch(`${house.url}/jira/${json.connection.id}/rest/api/3/myself`, {
        headers: { authorization: `Bearer ${bearer}` },
      });
    expect((await call(key)).status).toBe(404);
    expect((await call(json.handle.key)).status).toBe(200);
    expect((await api("GET", "/connections", undefined, json.handle.key)).status).toBe(403);
    const [view] = (await house.handles.list("tenant-1")).filter((one) => one.id === json.handle.id);
    expect(view).toMatchObject({ connection_ids: [json.connection.id], limits: { policy: "raw" } });
  });
});

describe("a link", () => {
  it("is opened by one browser, and finished by the same", async () => {
    const { id, url } = await linkFor();
    const [browser, other] = [browserOf(), browserOf()];
    const preview = await fetch(url, { method: "HEAD" });
    expect(preview.status).toBe(204);
    const page = await browser.open(url);
    expect((await browser.open(url)).status).toBe(200);
    const late = await other.open(url);
    expect(late).toMatchObject({ status: 409 });
    expect(late.text).toContain("connect_session_over");
    expect((await other.open(page.url)).status).toBe(400);

    const stopped = createBrowser({ stopAt: (at) => at.pathname.startsWith("/callback/") });
    const consent = await browser.submit(page, { form: 0 });
    const callback = await decideWithout(consent, stopped);
    const refused = await other.open(callback);
    expect(refused.status).toBe(400);
    expect(refused.text).toContain("browser_mismatch");
    expect(await stateOf(id)).toBe("begun");
    const back = await browser.open(callback);
    expect((await redeem(id, said(back).result)).status).toBe(200);
    expect((await browser.open(callback)).text).toContain("attempt_used");
    expect(await stateOf(id)).toBe("redeemed");
  });

  it("opens nothing else: no page of the owner's, and none of another link's", async () => {
    const [one, two] = [await linkFor(), await linkFor()];
    const browser = browserOf();
    const page = await browser.open(one.url);
    expect(
      page.links.map(({ href }) => href).filter((href) => href.startsWith("/") && href !== "#content"),
    ).toEqual([]);
    for (const path of ["/", "/connections", "/dances", "/connect", "/admin"]) {
      expect((await browser.open(`${house.url}${path}`)).status, path).toBe(401);
    }
    expect((await browser.open(`${house.url}/connect/session/${two.id}`)).status).toBe(400);
    const write = { method: "POST", headers: { origin: "https://evil.example" } };
    expect((await fetch(page.url, write)).status).toBe(403);
  });

  it.each([
    ["declines at Jira", (browser: Browser, page: Page) => approve(browser, page, { press: "deny" })],
    [
      "says that it is not them",
      (browser: Browser, page: Page) => browser.submit(page, { button: "cancel" }),
    ],
  ])("leads back with an error where the person %s", async (_what, decide) => {
    const { id, url } = await linkFor();
    const browser = browserOf();
    const back = await decide(browser, await browser.open(url));
    expect(said(back)).toMatchObject({ connect_session: id, error: "access_denied" });
    expect(said(back).result).toBeUndefined();
    expect(await stateOf(id)).toBe("failed");
    expect(await redeem(id, "x")).toMatchObject({ status: 409, json: { code: "connect_session_over" } });
  });

  it.each([
    ["a return URL elsewhere", { return_url: "https://evil.example/" }, "return_url"],
    ["a return URL that only begins like ours", { return_url: `${APP}.evil.example/` }, "return_url"],
    ["a script as a return URL", { return_url: "javascript:alert(1)" }, "return_url"],
    ["no user", { user: undefined }, "user"],
    ["a user of control characters", { user: "a\nb" }, "user"],
    ["a link for a day", { expires_in_s: 86_400 }, "expires_in_s"],
    ["a field that there is not", { colour: "pink" }, "colour"],
  ])("is not made with %s", async (_what, wrong, field) => {
    const body = { user: "u", return_url: RETURN, ...wrong };
    const { status, json } = await api("POST", "/connect-sessions", body);
    expect({ status, field: json.errors?.[0]?.field }).toEqual({ status: 400, field });
  });

  it("is another owner's secret, and needs the right to manage", async () => {
    const { id } = await linkFor();
    expect((await api("GET", `/connect-sessions/${id}`, undefined, foreign)).status).toBe(404);
    const own = (await api("GET", "/connect-sessions", undefined, foreign)).json.connect_sessions;
    expect(own).toEqual([]);
    const limits = { api: "read" } as const;
    const reader = await house.handles.create({ owner: "tenant-1", name: "r", connection_ids: [], limits });
    const body = { user: "u", return_url: RETURN };
    expect((await api("POST", "/connect-sessions", body, reader.key.reveal())).status).toBe(403);
  });
});

describe("a reconnect link", () => {
  const linkTo = async (id: string, body: Json = {}) => {
    const made = await api("POST", `/connections/${id}/reconnect-link`, body);
    expect(made.status, JSON.stringify(made.json)).toBe(201);
    return made.json;
  };
  const cloud = async () =>
    (await connections()).find((one) => one.flavor === "cloud" && one.state === "active");

  it("renews with the same account and the scopes it lacks, and counts at once", async () => {
    const known = await cloud();
    const { url, id } = await linkTo(known.id, { scope: ["manage:jira-webhook"] });
    const browser = browserOf();
    const page = await browser.open(url);
    expect(page.text).toContain("Renew the connection");
    const ended = await approve(browser, page);
    expect(ended.text).toContain("Reconnected");
    expect(await stateOf(id)).toBe("redeemed");
    const { scope_asked, consented_at } = await house.hall.vault.connections.get("tenant-1", known.id);
    expect([...scope_asked].sort()).toEqual(
      ["manage:jira-webhook", "offline_access", "read:jira-user", "read:jira-work", "write:jira-work"].sort(),
    );
    expect(consented_at).toBeGreaterThan(known.consented_at);
  });

  it("lets no other account in where nobody redeems it", async () => {
    const known = await cloud();
    const { url, id } = await linkTo(known.id, { return_url: RETURN });
    const browser = browserOf();
    const back = await approve(browser, await browser.open(url), { user: "william" });
    expect(said(back)).toMatchObject({ connect_session: id, error: "account_other" });
    expect(await cloud()).toEqual(known);
  });

  it("takes another account that the person confirmed, once the application has redeemed it", async () => {
    const known = await cloud();
    const { url, id } = await linkTo(known.id, { return_url: RETURN, user: "u-17" });
    const browser = browserOf();
    const asked = await approve(browser, await browser.open(url), { user: "william" });
    expect(asked.title).toContain("account");
    const { result } = said(await browser.submit(asked, { form: "/account" }));
    expect((await cloud()).account).toEqual(known.account);
    expect((await redeem(id, result, "u-18")).status).toBe(403);
    const done = await redeem(id, result);
    expect(done.json).toMatchObject({ connection: { id: known.id }, reconnected: true });
    expect(done.json.connection.account.account_id).not.toBe(known.account.account_id);
  });
});

describe("what nobody redeems", () => {
  it("is forgotten with its tokens, and the session says where the approval is taken back", async () => {
    for (const one of await connections()) await api("DELETE", `/connections/${one.id}`);
    const { id, url } = await linkFor();
    const unopened = await linkFor();
    const browser = browserOf();
    const { result } = said(await approve(browser, await browser.open(url)));
    const [waiting] = await connections();
    const { family_id } = await house.hall.vault.connections.get("tenant-1", waiting.id);
    house.hall.clock.ahead_ms += 5 * 60_000;
    expect(await redeem(id, result)).toMatchObject({ status: 409, json: { code: "connect_session_over" } });
    await house.connect.sweep();
    expect(await connections()).toHaveLength(1);
    house.hall.clock.ahead_ms += 20 * 60_000;
    await house.connect.sweep();
    expect(await connections()).toEqual([]);
    expect((await house.hall.store.families.get("tenant-1", family_id))?.sealed_tokens).toBeNull();
    expect((await api("GET", `/connect-sessions/${id}`)).json).toMatchObject({
      state: "expired",
      error: { where: expect.stringContaining("connected-apps") },
    });
    expect(await stateOf(unopened.id)).toBe("expired");
    expect((await browserOf().open(unopened.url)).status).toBe(409);
    expect((await browser.open(`${house.url}/connect/session/${id}`)).status).toBe(410);
  });
});
