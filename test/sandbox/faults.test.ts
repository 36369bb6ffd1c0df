import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { viewUrl } from "../../src/sandbox/faults.ts";
import { type Fault, type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { keyPair, sign } from "./auth-signer.ts";
import { rawRequest } from "./raw-http.ts";

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());
beforeEach(() => sandbox.control.reset());

const session = "/rest/auth/1/session";
const logIn = (base = sandbox.dataCenterUrl) =>
  fetch(base + session, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: "alana", password: "alana" }),
  });
const sessions = () => sandbox.control.state().counts.sessions;

describe("a fault strikes", () => {
  test("as many requests as its times say, then is used up; a list strikes one after the other", async () => {
    sandbox.control.faults([
      { match: { path: session, times: 2 }, status: 503 },
      { match: { path: session, times: 1 }, status: 502 },
    ]);
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await logIn()).status);
    expect(statuses).toEqual([503, 503, 502, 200]);
    expect(sandbox.control.state().faults).toBe(0);
  });

  test("only the method, path and face it names, with or without the context path", async () => {
    const strikes = async (match: Fault["match"]) => {
      sandbox.control.clearFaults();
      sandbox.control.faults({ ...(match === undefined ? {} : { match }), status: 418 });
      return (await logIn()).status === 418;
    };
    expect(await strikes(undefined)).toBe(true);
    expect(await strikes({ path: session })).toBe(true);
    expect(await strikes({ path: `/jira${session}` })).toBe(true);
    expect(await strikes({ path: "/rest/auth/*" })).toBe(true);
    expect(await strikes({ path: "/rest/auth" })).toBe(false);
    expect(await strikes({ path: `${session}?*` })).toBe(false);
    expect(await strikes({ method: "post" })).toBe(true);
    expect(await strikes({ method: "GET" })).toBe(false);
    expect(await strikes({ face: "cloud" })).toBe(false);
  });

  test("never the control API, which must be able to take it back", async () => {
    sandbox.control.faults({ cut: true });
    const answer = await fetch(`${sandbox.cloudUrl}/__sandbox/faults`, { method: "DELETE" });
    expect(await answer.json()).toEqual({ faults: [] });
    expect((await logIn()).status).toBe(200);
  });
});

describe("what a fault does", () => {
  test("status, headers and body answer in place of the work", async () => {
    sandbox.control.faults({
      match: { path: session },
      status: 429,
      headers: { "Retry-After": "7", "X-Many": ["a", "b"] },
      body: { error: "slow down" },
    });
    const answer = await logIn();
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("7");
    expect(answer.headers.get("x-many")).toBe("a, b");
    expect(await answer.json()).toEqual({ error: "slow down" });
    expect(sessions()).toBe(0);
  });

  test("headers alone go on the real answer, in place of those of the same name", async () => {
    sandbox.control.faults({
      match: { path: session },
      headers: { "X-AUSERNAME": "somebody", "X-Extra": "1" },
    });
    const answer = await logIn();
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-ausername")).toBe("somebody");
    expect(answer.headers.get("x-extra")).toBe("1");
    expect(sessions()).toBe(1);
  });

  test("cut ends the connection before the work is done", async () => {
    sandbox.control.faults({ match: { path: session, times: 1 }, cut: true });
    await expect(logIn()).rejects.toThrow();
    expect(sessions()).toBe(0);
    expect(sandbox.control.requests().at(-1)).toMatchObject({ outcome: "cut", status: null, fault: true });
  });

  test("lose_answer does the work and ends the connection before the answer", async () => {
    sandbox.control.faults({ match: { path: session, times: 1 }, lose_answer: true });
    await expect(logIn()).rejects.toThrow();
    expect(sessions()).toBe(1);
    expect(sandbox.control.requests().at(-1)).toMatchObject({ outcome: "lose_answer", status: null });
  });

  test("cut with a number lets that many bytes of the answer through", async () => {
    sandbox.control.faults({ match: { path: "/half" }, status: 200, body: "0123456789", cut: 4 });
    const answer = await rawRequest(sandbox.cloudUrl, [
      "GET /half HTTP/1.1",
      "Host: localhost",
      "Connection: close",
    ]);
    expect(answer).toMatchObject({ status: 200, body: "0123" });
    expect(answer.head).toContain("Content-Length: 10");
  });

  test("delay_ms waits before anything else", async () => {
    sandbox.control.faults({ match: { path: session, times: 1 }, delay_ms: 120 });
    const began = performance.now();
    expect((await logIn()).status).toBe(200);
    expect(performance.now() - began).toBeGreaterThan(110);
  });

  test("clock_skew_s sets the clock of that request alone", async () => {
    sandbox.control.faults({ match: { path: session, times: 1 }, clock_skew_s: 600 });
    const skewed = Date.parse((await logIn()).headers.get("date")!);
    const right = Date.parse((await logIn()).headers.get("date")!);
    expect(skewed - right).toBeGreaterThan(597_000);
    expect(Math.abs(right - Date.now())).toBeLessThan(3000);
  });

  test("rewrite_url is what the server takes for its own address", () => {
    const of = (rewrite?: string) => viewUrl(rewrite, "localhost:8091", "/jira", "/rest/x");
    expect(of()).toBe("http://localhost:8091/jira/rest/x");
    expect(of("https://jira.example.com")).toBe("https://jira.example.com/jira/rest/x");
    expect(of("http://10.0.0.5:8080/")).toBe("http://10.0.0.5:8080/rest/x");
    expect(of("https://jira.example.com/wrong/")).toBe("https://jira.example.com/wrong/rest/x");
  });
});

test("with rewrite_url a signature is verified against the address the server takes for its own", async () => {
  const { privateKey, publicKey } = keyPair();
  sandbox.control.register({ consumers: [{ key: "OauthKey", public_key: publicKey }] });
  const path = "/plugins/servlet/oauth/request-token";
  const ask = async (signed: string) => {
    const oauth = sign({
      method: "POST",
      url: signed,
      privateKey,
      now_ms: Date.now(),
      oauth: { oauth_callback: "oob" },
    });
    const query = new URLSearchParams(oauth);
    return (await fetch(`${sandbox.dataCenterUrl}${path}?${query}`, { method: "POST" })).text();
  };
  expect(await ask(`${sandbox.dataCenterUrl}${path}`)).toContain("oauth_token=");
  sandbox.control.faults({ match: { path }, rewrite_url: "http://inside:8080/" });
  expect(await ask(`${sandbox.dataCenterUrl}${path}`)).toContain("oauth_problem=signature_invalid");
  expect(await ask(`http://inside:8080${path}`)).toContain("oauth_token=");
});

test("a fault that cannot be understood is refused with the field, and the others are not added", async () => {
  const wrong: Array<[unknown, string]> = [
    [["x"], "Fault 1"],
    [[{ status: 200 }, { stats: 1 }], '"stats"'],
    [{ status: 99 }, '"status"'],
    [{ match: { times: 0 } }, '"times"'],
    [{ match: { path: "rest" } }, '"path"'],
    [{ match: { url: "/" } }, '"url"'],
    [{ match: "x" }, '"match"'],
    [{ headers: { a: 1 } }, '"headers"'],
    [{ headers: { a: "b\r\nc: d" } }, '"headers"'],
    [{ delay_ms: -1 }, '"delay_ms"'],
    [{ cut: "yes" }, '"cut"'],
    [{ lose_answer: 1 }, '"lose_answer"'],
    [{ clock_skew_s: "1" }, '"clock_skew_s"'],
    [{ rewrite_url: "jira.example.com" }, '"rewrite_url"'],
  ];
  for (const [body, named] of wrong) {
    const answer = await fetch(`${sandbox.cloudUrl}/__sandbox/faults`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    expect(answer.status, JSON.stringify(body)).toBe(400);
    expect(((await answer.json()) as { error: string }).error).toContain(named);
  }
  expect(sandbox.control.state().faults).toBe(0);
});
