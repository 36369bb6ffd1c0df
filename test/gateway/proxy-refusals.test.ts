import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { LISTENING } from "../../src/gateway/index.ts";
import { EVERYTHING, openStage, SKINS, type Stage, type Upstream } from "./proxy-stage.ts";
import { raw, rawRequest } from "./raw-socket.ts";

let stage: Stage;
let upstream: Upstream;
let key: string;
/** The targets that reached the upstream. */
let reached: string[] = [];

beforeAll(async () => {
  stage = await openStage();
  upstream = await stage.upstream((request, response) => {
    reached.push(`${request.method} ${request.url}`);
    request.resume();
    response.end("reached");
  });
  key = await stage.key([upstream.connection]);
});
afterAll(() => stage.close());
beforeEach(() => {
  reached = [];
});

describe.each(SKINS)("the proxy, %s skin, spoken to by hand", (skin) => {
  const base = () => `/jira/${upstream.connection.id}`;
  const authorized = () => `Authorization: Bearer ${key}`;
  const ask = (line: string, headers: readonly string[] = [], body = "") =>
    rawRequest(stage.skins[skin], line, [authorized(), ...headers], body);
  const get = (path: string, headers: readonly string[] = []) => ask(`GET ${base()}${path}`, headers);
  const codeOf = (body: string) =>
    (JSON.parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1)) as { code: string }).code;

  it("lets a plain path through, and sends it as it was checked", async () => {
    expect((await get("/rest/api/2/user/%C3%A9/%4Aa%20b?x=%61&y=%2F")).status).toBe(200);
    expect(reached).toEqual(["GET /jira/rest/api/2/user/%C3%A9/Ja%20b?x=%61&y=%2F"]);
  });

  it.each([
    ["a session", "/rest/auth/1/session"],
    ["a session, one letter escaped", "/rest/%61uth/1/session"],
    ["a session, in capitals", "/REST/Auth/1/session"],
    ["a session, up out of another path", "/rest/api/2/../../auth/1/session"],
    ["a session, up with escaped dots", "/rest/api/2/%2e%2e/%2e%2e/auth/1/session"],
    ["a session, up behind a matrix parameter", "/rest/api/2/..;x=1/..;/auth/1/session"],
    ["a session, behind an empty segment", "//rest/auth/1/session"],
    ["a session, with backslashes", "/rest\\auth\\1\\session"],
    ["a session, with an encoded slash", "/rest%2Fauth/1/session"],
    ["a doubly encoded step up", "/rest/api/2/%252e%252e/x"],
    ["a matrix parameter", "/rest/api/2/myself;jsessionid=1"],
    ["invalid UTF-8", "/rest/api/2/%C3%28"],
    ["a NUL", "/rest/api/2/%00"],
    ["a line break, for a second header", "/rest/api/2/%0d%0aX-Injected:%201"],
    ["a broken escape", "/rest/api/2/%zz"],
    ["access tokens", "/rest/pat/latest/tokens"],
    ["the token endpoint", "/rest/oauth2/latest/token"],
    ["application links", "/rest/applinks/3.0/applinks"],
    ["a servlet", "/plugins/servlet/oauth/users/access-tokens"],
    ["webhooks", "/rest/api/2/webhook"],
    ["webhooks of the administrator", "/rest/webhooks/1.0/webhook"],
    ["a password in the query", "/rest/api/2/myself?os_username=admin&os_password=admin"],
    ["a password in the query, escaped", "/rest/api/2/myself?%6Fs_username=admin"],
    ["a password behind a semicolon", "/rest/api/2/myself?a=1;os_username=admin"],
    ["another token", "/rest/api/2/myself?access_token=x"],
    ["another signature", "/rest/api/2/myself?oauth_token=x&oauth_signature=y"],
    ["a JWT", "/rest/api/2/myself?jwt=x"],
    ["a method in the query", "/rest/api/2/issue/JJ-2?_method=DELETE"],
  ])("refuses %s", async (_what, path) => {
    const answer = await get(path);
    expect([400, 403]).toContain(answer.status);
    if (answer.status === 403) expect(codeOf(answer.body)).toBe("path_refused");
    expect(reached).toEqual([]);
  });

  it.each(["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])("refuses %s", async (name) => {
    const answer = await ask(`POST ${base()}/rest/api/2/thing`, [`${name}: DELETE`, "Content-Length: 0"]);
    expect(answer.status).toBe(403);
    expect(reached).toEqual([]);
  });

  it("refuses a form that carries a credential", async () => {
    const form = "summary=x&os_password=y";
    const answer = await ask(
      `POST ${base()}/rest/api/2/thing`,
      ["Content-Type: application/x-www-form-urlencoded; charset=utf-8", `Content-Length: ${form.length}`],
      form,
    );
    expect(answer.status).toBe(403);
    expect(reached).toEqual([]);
  });

  it("refuses methods that no resource of Jira has", async () => {
    for (const method of ["TRACE", "OPTIONS", "PROPFIND"]) {
      const answer = await ask(`${method} ${base()}/rest/api/2/myself`);
      expect([400, 405], method).toContain(answer.status);
      expect(answer.body, "what was sent is not echoed").not.toContain(key);
    }
    expect((await ask(`OPTIONS ${base()}/rest/api/2/myself`)).head).toMatch(/^allow: GET, HEAD, POST/im);
    expect((await ask(`CONNECT ${new URL(upstream.url).host}`)).answers).toBe(0);
    expect(reached).toEqual([]);
  });

  it("answers one request where two are hidden in one", async () => {
    const hidden = `GET ${base()}/rest/api/2/hidden HTTP/1.1\r\nHost: localhost\r\n${authorized()}\r\n\r\n`;
    const post = (headers: string, body: string) =>
      raw(
        stage.skins[skin],
        `POST ${base()}/rest/api/2/thing HTTP/1.1\r\nHost: localhost\r\n${authorized()}\r\n${headers}\r\n\r\n${body}`,
        { quiet_ms: 300 },
      );
    const chunked = `0\r\n\r\n${hidden}`;
    const answers = [
      await post(`Content-Length: ${chunked.length}\r\nTransfer-Encoding: chunked`, chunked),
      await post(`Transfer-Encoding: chunked\r\nContent-Length: 5`, chunked),
      await post(`Content-Length: 0\r\nContent-Length: ${hidden.length}`, hidden),
      await post(`Content-Length: 0, ${hidden.length}`, hidden),
      await post(`Transfer-Encoding: xchunked`, chunked),
      await post(`Transfer-Encoding : chunked`, chunked),
      await post(`Transfer-Encoding: chunked, identity`, chunked),
      await post(`Content-Length: +0`, hidden),
      await post(`X: y\r\n Transfer-Encoding: chunked`, chunked),
      await post(`Transfer-Encoding: chunked`, `zz\r\n${hidden}`),
    ];
    for (const [n, answer] of answers.entries()) expect(answer.answers, `case ${n}`).toBeLessThanOrEqual(1);
    expect(reached.filter((target) => target.includes("hidden"))).toEqual([]);
  });

  it("refuses a head that holds a bare line break or a NUL", async () => {
    for (const value of ["a\rX-Injected: 1", "a\0b"]) {
      const answer = await get("/rest/api/2/thing", [`Accept: ${value}`]);
      expect(answer.status).toBe(400);
    }
    expect(reached).toEqual([]);
  });

  it("costs a stranger 401, whatever the key looks like, and reads nothing of what he sends", async () => {
    const revoked = await stage.handles.create({ owner: "local", name: "old", connection_ids: [] });
    await stage.handles.revoke("local", revoked.handle.id);
    const keys = [`lk_${"A".repeat(43)}`, "lk_short", "", "garbage", key.toUpperCase(), revoked.key.reveal()];
    const answers = [];
    for (const one of keys) {
      const head = `POST ${base()}/rest/api/2/thing HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${one}`;
      const sent = `${head}\r\nContent-Length: 50000000\r\n\r\n${"x".repeat(100_000)}`;
      // Nothing of ours asks for the connection to end: that it does is the gateway's doing.
      const answer = await raw(stage.skins[skin], sent, { quiet_ms: 5_000 });
      expect(answer.status).toBe(401);
      expect(answer.head).toMatch(/^connection: close/im);
      expect(answer.head).toMatch(/^www-authenticate: Bearer/im);
      answers.push(answer.body.replace(/urn:latchkey:request:[\w-]+/, ""));
    }
    expect(new Set(answers).size).toBe(1);
    expect(reached).toEqual([]);
  });

  it("says of every refusal under which id the log knows it, and takes no such id from a stranger", async () => {
    const answer = await get("/rest/auth/1/session", ["X-Request-Id: mine"]);
    const id = /^x-request-id: ([\w-]+)/im.exec(answer.head)?.[1] ?? "";
    expect(id).toMatch(/^[\w-]{12}$/);
    expect(answer.body).toContain(`urn:latchkey:request:${id}`);
    const lines = stage.hall.lines.filter((line) => line.includes(id));
    expect(lines.some((line) => line.includes("path_refused"))).toBe(true);
    expect(lines.join()).not.toContain(key);
  });

  it("holds a handle to its methods, its paths, its end and its revocation", async () => {
    const narrow = await stage.handles.create({
      owner: "local",
      name: "narrow",
      connection_ids: [upstream.connection.id],
      limits: { methods: ["GET"], path_prefixes: ["/rest/api/2/issue"], policy: "raw" },
      expires_at: stage.hall.now() + 60_000,
    });
    const silent = await stage.handles.create({
      owner: "local",
      name: "no policy",
      connection_ids: [upstream.connection.id],
    });
    const as = async (bearer: string, line: string) => {
      const answer = await rawRequest(stage.skins[skin], line.replace("~", base()), [
        `Authorization: Bearer ${bearer}`,
      ]);
      return answer.status === 200 ? 200 : codeOf(answer.body);
    };
    const held = narrow.key.reveal();
    expect(await as(held, "GET ~/rest/api/2/issue/JJ-2")).toBe(200);
    expect(await as(held, "DELETE ~/rest/api/2/issue/JJ-2")).toBe("forbidden");
    expect(await as(held, "GET ~/rest/api/2/issues")).toBe("forbidden");
    expect(await as(held, "GET ~/rest/api/2/issue%2F..%2Fmyself")).toBe("path_refused");
    expect(await as(silent.key.reveal(), "GET ~/rest/api/2/issue/JJ-2")).toBe("policy_denied");
    stage.hall.clock.ahead_ms += 60_000;
    expect(await as(held, "GET ~/rest/api/2/issue/JJ-2")).toBe("unauthenticated");
    stage.hall.clock.ahead_ms -= 60_000;
    expect(await as(held, "GET ~/rest/api/2/issue/JJ-2")).toBe(200);
    await stage.handles.revoke("local", narrow.handle.id);
    expect(await as(held, "GET ~/rest/api/2/issue/JJ-2")).toBe("unauthenticated");
  });

  it("answers 404 for a connection the handle does not name, whoever owns it", async () => {
    const beside = await stage.upstream((_request, response) => response.end("beside"));
    const url = `GET /jira/${beside.connection.id}/rest/api/2/myself`;
    expect((await ask(url)).status).toBe(404);
    expect((await ask(url, [])).body).not.toContain("beside");
  });

  it("answers 404 for another owner's connection, even where a handle's row names it", async () => {
    const { handle, key: theirs } = await stage.handles.create({
      owner: "tenant-2",
      name: "tampered",
      connection_ids: [],
      limits: EVERYTHING,
    });
    const connection_ids = JSON.stringify([upstream.connection.id]);
    await stage.hall.store.kysely
      .updateTable("handles")
      .set({ connection_ids })
      .where("id", "=", handle.id)
      .execute();
    const answer = await rawRequest(stage.skins[skin], `GET ${base()}/rest/api/2/myself`, [
      `Authorization: Bearer ${theirs.reveal()}`,
    ]);
    expect(answer.status).toBe(404);
    expect(reached).toEqual([]);
  });

  it("finds another word than jira/ to be no business of the proxy", async () => {
    expect((await ask("GET /jirax/con_1/rest")).status).toBe(404);
    expect((await ask("GET /jira/")).status).toBe(404);
  });
});

describe("a path with dot segments that stays within bounds", () => {
  const path = () => `/jira/${upstream.connection.id}/rest/api/2/x/../myself`;
  const headers = () => [`Authorization: Bearer ${key}`];

  it("is refused where it arrives as it was sent", async () => {
    expect((await rawRequest(stage.skins.node, `GET ${path()}`, headers())).status).toBe(403);
    expect(reached).toEqual([]);
  });

  it("is already resolved in a Request: what it resolved to is what is checked, and what is sent", async () => {
    expect((await rawRequest(stage.skins.web, `GET ${path()}`, headers())).status).toBe(200);
    expect(reached).toEqual(["GET /jira/rest/api/2/myself"]);
  });
});

describe("a caller who takes his time", () => {
  async function impatient(): Promise<string> {
    const server = createServer(
      { ...LISTENING, headersTimeout: 200, requestTimeout: 400, connectionsCheckingInterval: 50 },
      stage.gateway.listener,
    );
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://localhost:${(server.address() as AddressInfo).port}`;
  }

  it("is looked after within seconds by the server the gateway listens with", () => {
    expect(LISTENING.headersTimeout).toBeLessThanOrEqual(15_000);
    expect(LISTENING.requestTimeout).toBeLessThanOrEqual(300_000);
    expect(LISTENING.connectionsCheckingInterval).toBeLessThanOrEqual(5_000);
    expect(LISTENING.maxHeaderSize).toBeLessThanOrEqual(64 * 1024);
  });

  it("is cut off in the middle of a head", async () => {
    const answer = await raw(await impatient(), "GET /jira/con_1/rest HTTP/1.1\r\nHost: l", {
      quiet_ms: 2_000,
    });
    expect(answer.status).toBe(408);
  });

  it("is cut off in the middle of a body, and Jira's side with him", async () => {
    const ended = Promise.withResolvers<string>();
    upstream.handle = (request) => {
      request.on("error", () => {});
      request.once("close", () => ended.resolve(request.complete ? "whole" : "broken off"));
      request.resume();
    };
    const url = await impatient();
    const head = `POST /jira/${upstream.connection.id}/rest/api/2/thing HTTP/1.1\r\nHost: localhost`;
    const began = performance.now();
    await raw(
      url,
      `${head}\r\nAuthorization: Bearer ${key}\r\nContent-Length: 2000000\r\n\r\n${"x".repeat(1_100_000)}`,
      { quiet_ms: 3_000 },
    );
    expect(performance.now() - began).toBeLessThan(2_500);
    expect(await ended.promise).toBe("broken off");
    await sleep(10);
  });
});
