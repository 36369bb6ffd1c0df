import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openStage, SKINS, type Skin, type Stage, type Upstream } from "./proxy-stage.ts";

const MB = 1_000_000;
let stage: Stage;
let upstream: Upstream;
let key: string;
/** What reached the upstream, in order. */
let hits: { method: string; url: string; headers: IncomingMessage["headers"]; body: Buffer }[] = [];

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

beforeEach(async () => {
  hits = [];
  upstream = await stage.upstream((_request, response) => response.writeHead(204).end());
  key = await stage.key([upstream.connection]);
});

/** The upstream keeps what it got, then answers. */
function answering(answer: (response: ServerResponse, n: number, request: IncomingMessage) => void) {
  upstream.handle = async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "", url = "", headers } = request;
    hits.push({ method, url, headers, body: Buffer.concat(chunks) });
    answer(response, hits.length, request);
  };
}

const addressOf = (skin: Skin, path: string) => `${stage.skins[skin]}/jira/${upstream.connection.id}${path}`;

function call(skin: Skin, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, ...init.headers };
  return fetch(addressOf(skin, path), { redirect: "manual", ...init, headers });
}

/** A request whose body and answer the test moves by hand. */
function open(skin: Skin, method: string, headers: Record<string, string | number> = {}) {
  const request = httpRequest(addressOf(skin, "/rest/api/2/thing"), {
    method,
    headers: { authorization: `Bearer ${key}`, ...headers },
  });
  request.on("error", () => {});
  return request;
}

async function* megabytes(count: number, counted: { bytes: number }): AsyncGenerator<Buffer> {
  const block = randomBytes(64 * 1024);
  for (let left = count * MB; left > 0; left -= block.length) {
    const chunk = left >= block.length ? block : block.subarray(0, left);
    counted.bytes += chunk.length;
    yield chunk;
  }
}

describe.each(SKINS)("the proxy, %s skin, before an upstream that misbehaves", (skin) => {
  it("streams 100 MB down as fast as the caller reads, in bounded memory", async () => {
    const sent = { bytes: 0 };
    upstream.handle = (_request, response) => {
      response.writeHead(200, { "content-type": "application/octet-stream", "content-length": 100 * MB });
      pipeline(Readable.from(megabytes(100, sent)), response).catch(() => {});
    };
    const request = open(skin, "GET").end();
    const [answer] = (await once(request, "response")) as [IncomingMessage];
    expect(answer.headers["content-length"]).toBe(String(100 * MB));
    await sleep(400);
    expect(sent.bytes, "nobody reads, so nothing is fetched ahead").toBeLessThan(25 * MB);
    let most = 0;
    let received = 0;
    for await (const chunk of answer) {
      received += (chunk as Buffer).length;
      most = Math.max(most, sent.bytes - received);
    }
    expect(received).toBe(100 * MB);
    // All that lies between the two ends, the system's own socket buffers included.
    expect(most).toBeLessThan(40 * MB);
  });

  it("streams 100 MB up as fast as Jira reads, byte for byte", async () => {
    const sent = { bytes: 0 };
    const gate = Promise.withResolvers<void>();
    const seen = createHash("sha256");
    upstream.handle = async (request, response) => {
      await gate.promise;
      for await (const chunk of request) seen.update(chunk as Buffer);
      response.end("taken");
    };
    const hash = createHash("sha256");
    const request = open(skin, "POST", { "content-length": 100 * MB, "content-type": "application/zip" });
    const answered = once(request, "response") as Promise<[IncomingMessage]>;
    const sending = pipeline(
      Readable.from(megabytes(100, sent)).on("data", (chunk: Buffer) => hash.update(chunk)),
      request,
    );
    await sleep(400);
    expect(sent.bytes, "Jira does not read, so nothing is taken ahead").toBeLessThan(25 * MB);
    gate.resolve();
    await sending;
    const [answer] = await answered;
    expect(answer.statusCode).toBe(200);
    expect(seen.digest("hex")).toBe(hash.digest("hex"));
  });

  it("passes the head on before the body begins", async () => {
    upstream.handle = (_request, response) => {
      response.writeHead(200, { "content-type": "text/plain" });
      response.flushHeaders();
      setTimeout(() => response.end("late"), 500);
    };
    const began = performance.now();
    const answer = await call(skin, "/rest/api/2/slow");
    expect(performance.now() - began).toBeLessThan(400);
    expect(await answer.text()).toBe("late");
  });

  it("cancels the call at Jira when the caller leaves, before or after the head", async () => {
    for (const head of [false, true]) {
      const left = Promise.withResolvers<void>();
      const arrived = Promise.withResolvers<void>();
      upstream.handle = (_request, response) => {
        response.once("close", () => left.resolve());
        arrived.resolve();
        if (!head) return;
        response.writeHead(200);
        pipeline(Readable.from(megabytes(500, { bytes: 0 })), response).catch(() => {});
      };
      const request = open(skin, "GET").end();
      await (head ? once(request, "response") : arrived.promise);
      request.destroy();
      await left.promise;
    }
  });

  it.each([
    ["with a length", { "content-length": "1000" }],
    ["in chunks", {}],
  ])("cuts the caller off where Jira dies in the middle of a body %s", async (_how, headers) => {
    upstream.handle = (_request, response) => {
      response.writeHead(200, headers);
      response.write("x".repeat(500), () => response.destroy());
    };
    const answer = await call(skin, "/rest/api/2/thing");
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  });

  it("says so with a problem where Jira is gone before it answers", async () => {
    upstream.handle = (request) => request.socket.destroy();
    const answer = await call(skin, "/rest/api/2/thing");
    expect(answer.status).toBe(502);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await answer.json()).toMatchObject({ code: "connection_reset", status: 502 });
  });

  it("passes a conditional read and its 304 on", async () => {
    answering((response) => response.writeHead(304, { etag: '"7"' }).end());
    const answer = await call(skin, "/rest/api/2/thing", { headers: { "if-none-match": '"7"' } });
    expect(answer.status).toBe(304);
    expect(answer.headers.get("etag")).toBe('"7"');
    expect(hits[0]?.headers["if-none-match"]).toBe('"7"');
  });

  it("answers HEAD with the length Jira names and no body", async () => {
    answering((response) => response.writeHead(200, { "content-length": "1234" }).end());
    const answer = await call(skin, "/rest/api/2/thing", { method: "HEAD" });
    expect(answer.headers.get("content-length")).toBe("1234");
    expect(hits[0]?.method).toBe("HEAD");
  });

  it("follows no redirect and names no target", async () => {
    answering((response) => response.writeHead(302, { location: "http://127.0.0.1:1/steal" }).end());
    const answer = await call(skin, "/rest/api/2/thing");
    expect(answer.status).toBe(302);
    expect(answer.headers.get("location")).toBeNull();
    expect(hits).toHaveLength(1);
  });

  it.each([
    ["of known length", { "content-type": "application/json" }, false],
    ["in chunks", { "content-type": "application/json" }, true],
  ])("sends a small write %s again, once, with the renewed token", async (_how, headers, chunked) => {
    answering((response, n) => response.writeHead(n === 1 ? 401 : 201).end());
    const text = JSON.stringify({ body: "wörd" });
    const body = chunked ? Readable.toWeb(Readable.from([text.slice(0, 5), text.slice(5)])) : text;
    const init = { method: "POST", headers, body, duplex: "half" } as unknown as RequestInit;
    const answer = await call(skin, "/rest/api/2/thing", init);
    expect(answer.status).toBe(201);
    expect(hits.map((hit) => hit.body.toString("utf8"))).toEqual([text, text]);
    expect(hits.map((hit) => hit.headers.authorization)).toEqual([
      "Bearer first-access-token",
      "Bearer renewed-access-1",
    ]);
    expect(upstream.renewals()).toBe(1);
  });

  it("gives up after the second refusal, and never passes Jira's 401 or challenge on", async () => {
    answering((response) => response.writeHead(401, { "www-authenticate": "OAuth realm=jira" }).end());
    const answer = await call(skin, "/rest/api/2/thing", { method: "PUT", body: "{}" });
    expect(answer.status).toBe(409);
    expect(answer.headers.get("www-authenticate")).toBeNull();
    expect(await answer.json()).toMatchObject({ code: "jira_unauthorized", retry: "after-reconnect" });
    expect(hits).toHaveLength(2);
    expect(upstream.renewals()).toBe(1);
  });

  it("sends a large write once; a refused token is renewed for the next try", async () => {
    const received: number[] = [];
    answering((response, n) => response.writeHead(n === 1 ? 401 : 201).end());
    const body = randomBytes(3 * MB);
    const first = await call(skin, "/rest/api/2/thing", { method: "POST", body });
    expect(first.status).toBe(503);
    expect(await first.json()).toMatchObject({ code: "token_renewed", retry: "later" });
    expect(hits).toHaveLength(1);
    const second = await call(skin, "/rest/api/2/thing", { method: "POST", body });
    expect(second.status).toBe(201);
    for (const hit of hits) received.push(hit.body.length);
    expect(received).toEqual([3 * MB, 3 * MB]);
    expect(hits[1]?.body.equals(body)).toBe(true);
  });

  it("reads again with a new token where Data Center answered as if nobody had signed in", async () => {
    answering((response, n, _request) =>
      response.writeHead(200, { "x-ausername": n === 1 ? "anonymous" : "alana" }).end(`answer ${n}`),
    );
    const answer = await call(skin, "/rest/api/2/thing");
    expect(await answer.text()).toBe("answer 2");
    expect(upstream.renewals()).toBe(1);
  });

  it("repeats no write that Data Center took as nobody's, and does not call it a success", async () => {
    answering((response) =>
      response.writeHead(200, { "x-seraph-loginreason": "AUTHENTICATED_FAILED" }).end("ok"),
    );
    const answer = await call(skin, "/rest/api/2/thing", { method: "POST", body: "{}" });
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ code: "jira_anonymous" });
    expect(hits).toHaveLength(1);
  });

  it("lets through the request headers Jira needs and no others", async () => {
    answering((response) => response.writeHead(200).end());
    await call(skin, "/rest/api/2/thing?q=a%20b", {
      method: "PUT",
      body: "{}",
      headers: {
        accept: "application/json",
        "accept-language": "de",
        "content-type": "application/json",
        "if-match": '"1"',
        "x-experimentalapi": "opt-in",
        cookie: "JSESSIONID=1",
        "x-forwarded-for": "10.0.0.1",
        "x-real-ip": "10.0.0.1",
        "proxy-authorization": "Basic eA==",
        "x-ausername": "admin",
        "x-atlassian-websudo": "1",
        forwarded: "for=10.0.0.1",
      },
    });
    const { host: _h, connection: _c, "content-length": _l, ...headers } = hits[0]!.headers;
    expect(hits[0]!.url).toBe("/jira/rest/api/2/thing?q=a%20b");
    expect(headers).toEqual({
      accept: "application/json",
      "accept-encoding": "identity",
      "accept-language": "de",
      authorization: "Bearer first-access-token",
      "content-type": "application/json",
      "if-match": '"1"',
      "user-agent": "latchkey",
      "x-atlassian-token": "no-check",
      "x-experimentalapi": "opt-in",
    });
  });

  it("drops what either side's Connection header names", async () => {
    answering((response) =>
      response.writeHead(200, { connection: "etag, keep-alive", etag: '"1"', "last-modified": "x" }).end(),
    );
    const request = open(skin, "GET", {
      connection: "close, If-Match",
      "if-match": '"1"',
      range: "bytes=0-1",
    });
    request.end();
    const [answer] = (await once(request, "response")) as [IncomingMessage];
    answer.resume();
    expect(hits[0]?.headers["if-match"]).toBeUndefined();
    expect(hits[0]?.headers.range).toBe("bytes=0-1");
    expect(answer.headers.etag).toBeUndefined();
    expect(answer.headers["last-modified"]).toBe("x");
  });

  it("passes on an answer that comes before the body was read", async () => {
    upstream.handle = (_request, response) => {
      response.writeHead(413, { "content-type": "text/plain" }).end("too large");
    };
    const request = open(skin, "POST", { "content-length": 50 * MB });
    request.write(randomBytes(2 * MB));
    const [answer] = (await once(request, "response")) as [IncomingMessage];
    expect(answer.statusCode).toBe(413);
    expect(answer.headers.connection, "the rest of the body is not waited for").toBe("close");
    request.destroy();
  });

  it("ends the call at Jira when the caller breaks off an upload", async () => {
    const broken = Promise.withResolvers<void>();
    upstream.handle = (request) => {
      request.on("error", () => {});
      request.once("close", () => broken.resolve());
      request.resume();
    };
    const request = open(skin, "POST", { "content-length": 10 * MB });
    request.write(randomBytes(2 * MB));
    await sleep(100);
    request.destroy();
    await broken.promise;
  });
});

describe("the fetch handler alone", () => {
  const asked = (init: RequestInit = {}) =>
    stage.gateway.fetch(
      new Request(`http://localhost/jira/${upstream.connection.id}/rest/api/2/thing`, {
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        ...init,
      }),
    );

  it("cancels the call at Jira when nobody wants the body any more", async () => {
    const left = Promise.withResolvers<void>();
    const sent = { bytes: 0 };
    upstream.handle = (_request, response) => {
      response.once("close", () => left.resolve());
      pipeline(Readable.from(megabytes(500, sent)), response).catch(() => {});
    };
    const answer = await asked();
    await answer.body?.cancel();
    await left.promise;
    expect(sent.bytes).toBeLessThan(100 * MB);
  });

  it("sends a small write again although nobody said how long it is", async () => {
    answering((response, n) => response.writeHead(n === 1 ? 401 : 201).end());
    const answer = await asked({ method: "POST", body: "{}" });
    expect(answer.status).toBe(201);
    expect(hits.map(({ body }) => body.toString())).toEqual(["{}", "{}"]);
  });

  it("leaves a body alone that it refuses to pass on", async () => {
    const request = new Request(`http://localhost/jira/${upstream.connection.id}/rest/api/2/thing`, {
      method: "POST",
      body: "secret words",
    });
    expect((await stage.gateway.fetch(request)).status).toBe(401);
    expect(request.bodyUsed).toBe(false);
    expect(await request.text()).toBe("secret words");
  });
});
