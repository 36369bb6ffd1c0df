import { once } from "node:events";
import { Readable } from "node:stream";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { isLatchkeyError, type LatchkeyError } from "../../src/errors.ts";
import { bodyText } from "../../src/http.ts";
import { createTransport, type Transport, type TransportParts } from "../../src/transport.ts";
import { keptLog, type Running, serve, serveTcp, serveTls } from "./servers.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function started<T extends Running>(server: T): T {
  cleanups.push(() => server.stop());
  return server;
}

function door(parts: Partial<TransportParts> = {}): Transport {
  const transport = createTransport({ allowances: () => [], log: keptLog().log, ...parts });
  cleanups.push(() => transport.close());
  return transport;
}

const allow = (server: Running, base_path = "/") => ({
  allowances: () => [{ origin: server.url, base_path }],
});

async function failure(promise: Promise<unknown>): Promise<LatchkeyError> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!isLatchkeyError(thrown)) throw new Error(`expected a LatchkeyError, got ${String(thrown)}`);
  return thrown;
}

const get = (url: string, headers = {}) => ({ method: "GET", url, headers });

describe("egress", () => {
  it("refuses every spelling of a private address before anything is dialled", async () => {
    let asked = 0;
    const server = started(
      await serve((_request, response) => {
        asked++;
        response.end("inside");
      }),
    );
    const transport = door();
    const spellings = [
      "127.0.0.1",
      "2130706433",
      "0x7f000001",
      "0177.0.0.1",
      "127.1",
      "localhost",
      "[::ffff:127.0.0.1]",
      "[::1]",
      "0.0.0.0",
      "169.254.169.254",
      "10.0.0.1",
      "[fd00::1]",
      "[64:ff9b::7f00:1]",
    ];
    for (const host of spellings) {
      const error = await failure(transport.send(get(`http://${host}:${server.port}/`)));
      expect([host, error.code]).toEqual([host, "egress_refused"]);
    }
    expect(asked).toBe(0);
  });

  it("lets an operator's allowance in by exact origin and base path only", async () => {
    const server = started(await serve((_request, response) => response.end("inside")));
    const transport = door(allow(server, "/jira"));
    expect((await transport.send(get(`${server.url}/jira/rest`))).status).toBe(200);
    // The pool now holds an open connection to this very address; it must not serve another path.
    for (const path of ["/", "/jirax", "/other"]) {
      expect((await failure(transport.send(get(server.url + path)))).code).toBe("egress_refused");
    }
    expect((await failure(transport.send(get(`${server.url}/jira/../x`)))).code).toBe("bad_request");
    expect((await transport.send(get(`${server.url}/other`), { trust: "operator" })).status).toBe(200);
    expect((await failure(transport.send(get(`${server.url}/other`)))).code).toBe("egress_refused");
  });

  it("asks for a name once for each connection and judges that very answer, so there is nothing to rebind between", async () => {
    let allowed = true;
    let questions = 0;
    const inside = started(await serve((_request, response) => response.end("inside")));
    const origin = `http://rebinding.example:${inside.port}`;
    const transport = door({
      allowances: () => (allowed ? [{ origin, base_path: "/" }] : []),
      lookup: async () => {
        questions++;
        return [{ address: "127.0.0.1", family: 4 }];
      },
    });
    expect((await transport.send(get(origin))).status).toBe(200);
    // The name still points inside and a connection to it stands open; without the allowance neither serves.
    allowed = false;
    for (let i = 0; i < 3; i++) {
      expect((await failure(transport.send(get(origin)))).code).toBe("egress_refused");
    }
    expect(questions).toBe(4);
  });

  it("refuses a name that has one private address among public ones", async () => {
    const transport = door({
      lookup: async () => [
        { address: "8.8.8.8", family: 4 },
        { address: "::1", family: 6 },
      ],
    });
    const error = await failure(transport.send(get("http://mixed.example/")));
    expect(error.code).toBe("egress_refused");
    expect(error.details).toMatchObject({ host: "mixed.example", address_class: "loopback" });
  });

  it("dials the address its resolver named, asking once", async () => {
    const server = started(await serve((request, response) => response.end(request.headers.host)));
    let questions = 0;
    const transport = door({
      allowances: () => [{ origin: `http://jira.example:${server.port}`, base_path: "/" }],
      lookup: async () => {
        questions++;
        return [{ address: "127.0.0.1", family: 4 }];
      },
    });
    const answer = await transport.send(get(`http://jira.example:${server.port}/`));
    expect(bodyText(answer)).toBe(`jira.example:${server.port}`);
    expect(questions).toBe(1);
  });
});

describe("redirects", () => {
  it("are answers by default", async () => {
    const server = started(
      await serve((_request, response) => response.writeHead(302, { location: "/elsewhere" }).end()),
    );
    const answer = await door(allow(server)).send(get(server.url));
    expect([answer.status, answer.headers.location]).toEqual([302, "/elsewhere"]);
  });

  it("are followed within the base, and never out of it", async () => {
    const seen: string[] = [];
    const other = started(await serve((_request, response) => response.end("stolen")));
    const server = started(
      await serve((request, response) => {
        seen.push(`${request.url} ${request.headers.authorization}`);
        const location = {
          "/jira/in": "/jira/end",
          "/jira/out": `${other.url}/jira/end`,
          "/jira/up": "/admin",
        }[request.url!];
        if (location) response.writeHead(302, { location }).end();
        else response.end("done");
      }),
    );
    const transport = door({
      allowances: () => [server, other].map(({ url }) => ({ origin: url, base_path: "/" })),
    });
    const options = { follow_within: `${server.url}/jira` };
    const headers = { authorization: "Bearer planted" };
    expect(bodyText(await transport.send(get(`${server.url}/jira/in`, headers), options))).toBe("done");
    for (const path of ["/jira/out", "/jira/up"]) {
      const error = await failure(transport.send(get(server.url + path, headers), options));
      expect(error.code).toBe("redirect_refused");
    }
    expect(seen).toEqual(
      ["/jira/in", "/jira/end", "/jira/out", "/jira/up"].map((path) => `${path} Bearer planted`),
    );
  });

  it("carry no credential to another origin, not even where the base lies there", async () => {
    const target = started(
      await serve((request, response) =>
        response.end(`${request.headers.authorization} ${request.headers.cookie}`),
      ),
    );
    const server = started(
      await serve((_request, response) => response.writeHead(307, { location: `${target.url}/x` }).end()),
    );
    const transport = door({
      allowances: () => [server, target].map(({ url }) => ({ origin: url, base_path: "/" })),
    });
    const answer = await transport.send(get(server.url, { authorization: "Bearer planted", cookie: "a=b" }), {
      follow_within: target.url,
    });
    expect(bodyText(answer)).toBe("undefined undefined");
  });

  it("of a POST are never followed, and a loop ends", async () => {
    const server = started(
      await serve((_request, response) => response.writeHead(307, { location: "/again" }).end()),
    );
    const transport = door(allow(server));
    const options = { follow_within: server.url };
    const post = { method: "POST", url: server.url, headers: {}, body: "x" };
    expect((await transport.send(post, options)).status).toBe(307);
    expect((await failure(transport.send(get(server.url), options))).code).toBe("redirect_refused");
  });

  it("lead through the same egress check", async () => {
    const server = started(
      await serve((_request, response) => response.writeHead(302, { location: "/jira/../secret" }).end()),
    );
    const transport = door(allow(server, "/jira"));
    const error = await failure(transport.send(get(`${server.url}/jira/x`), { follow_within: server.url }));
    expect(error.code).toBe("egress_refused");
  });
});

describe("bodies", () => {
  it.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
    ["deflate", deflateSync],
    ["deflate", deflateRawSync],
  ])("are decompressed: %s", async (encoding, compress) => {
    const text = JSON.stringify({ summary: "ä".repeat(5_000) });
    const server = started(
      await serve((request, response) => {
        expect(request.headers["accept-encoding"]).toContain("gzip");
        response.writeHead(200, { "content-encoding": encoding }).end(compress(Buffer.from(text)));
      }),
    );
    const answer = await door(allow(server)).send(get(server.url));
    expect(bodyText(answer)).toBe(text);
    expect(answer.headers["content-encoding"]).toBeUndefined();
  });

  it("are limited by what they unpack to", async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const server = started(
      await serve((_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb)),
    );
    expect(bomb.length).toBeLessThan(100_000);
    const error = await failure(door(allow(server)).send(get(server.url), { max_bytes: 1_000_000 }));
    expect(error.code).toBe("answer_too_large");
  });

  it("are limited while they stream, whatever the length header says", async () => {
    let sent = 0;
    const server = started(
      await serve((_request, response) => {
        const endless = new Readable({
          read() {
            sent += 64_000;
            this.push(Buffer.alloc(64_000));
          },
        });
        response.on("close", () => endless.destroy());
        endless.pipe(response);
      }),
    );
    const error = await failure(door(allow(server)).send(get(server.url), { max_bytes: 200_000 }));
    expect(error.code).toBe("answer_too_large");
    expect(error.details).toMatchObject({ host: new URL(server.url).host });
    expect(sent).toBeLessThan(20_000_000);
  });

  it("may be empty under an encoding, and are told when damaged", async () => {
    const server = started(
      await serve((request, response) => {
        response.writeHead(request.url === "/empty" ? 204 : 200, { "content-encoding": "gzip" });
        response.end(request.url === "/damaged" ? gzipSync("hello").subarray(0, 12) : undefined);
      }),
    );
    const transport = door(allow(server));
    expect((await transport.send(get(`${server.url}/empty`))).body.length).toBe(0);
    expect((await transport.send(get(`${server.url}/nothing`))).body.length).toBe(0);
    expect((await transport.send({ ...get(`${server.url}/head`), method: "HEAD" })).body.length).toBe(0);
    const error = await failure(transport.send(get(`${server.url}/damaged`)));
    expect(error.code).toBe("jira_answer_unreadable");
  });

  it("stream through open() as they are, with their raw headers", async () => {
    const packed = gzipSync("streamed");
    const server = started(
      await serve((request, response) => {
        response.setHeader("X-Twice", ["a", "b"]);
        response.setHeader("content-encoding", "gzip");
        request.pipe(response.writeHead(201));
      }),
    );
    const answer = await door(allow(server)).open({
      method: "POST",
      url: server.url,
      headers: {},
      body: Readable.from([packed]),
    });
    expect(answer.status).toBe(201);
    expect(answer.headers["x-twice"]).toBe("a, b");
    expect(answer.rawHeaders.filter((one) => one === "X-Twice")).toHaveLength(2);
    expect(Buffer.concat(await answer.body.toArray())).toEqual(packed);
  });

  it("a reader who leaves cancels the exchange", async () => {
    let closed: (() => void) | undefined;
    const gone = new Promise<void>((settle) => {
      closed = settle;
    });
    const server = started(
      await serve((_request, response) => {
        response.on("close", () => closed?.());
        response.write("begun");
      }),
    );
    const answer = await door(allow(server)).open(get(server.url));
    await once(answer.body, "readable");
    answer.body.destroy();
    await gone;
  });

  it("an abort after the head still cancels the exchange, and the reader learns the reason", async () => {
    const server = started(await serve((_request, response) => void response.write("begun")));
    const abort = new AbortController();
    const answer = await door(allow(server)).open(get(server.url), { signal: abort.signal, timeout_ms: 100 });
    // The time limit ends with the head: this body is late and still whole.
    await new Promise((settle) => setTimeout(settle, 250));
    expect(answer.body.destroyed).toBe(false);
    const reason = new Error("caller left");
    abort.abort(reason);
    await expect(answer.body.toArray()).rejects.toBe(reason);
  });

  it("a cut body that nobody reads yet harms nobody", async () => {
    const server = started(
      await serve((request, response) => {
        response.write("begun");
        setTimeout(() => request.socket.destroy(), 20);
      }),
    );
    const answer = await door(allow(server)).open(get(server.url));
    await new Promise((settle) => setTimeout(settle, 100));
    await expect(answer.body.toArray()).rejects.toMatchObject({ code: "connection_reset" });
  });

  it("a reader who is slow holds the sender back", async () => {
    let sent = 0;
    const server = started(
      await serve((_request, response) => {
        const endless = new Readable({
          read() {
            sent += 64_000;
            this.push(Buffer.alloc(64_000));
          },
        });
        response.on("close", () => endless.destroy());
        endless.pipe(response);
      }),
    );
    const answer = await door(allow(server)).open(get(server.url));
    await new Promise((settle) => setTimeout(settle, 300));
    expect(sent).toBeLessThan(30_000_000);
    answer.body.destroy();
  });
});

describe("failures have a cause", () => {
  it("nothing listens: connection_refused", async () => {
    const server = await serve((_request, response) => response.end());
    await server.stop();
    const error = await failure(door(allow(server)).send(get(server.url)));
    expect(error.code).toBe("connection_refused");
    expect(error.details).toMatchObject({ stage: "connect", host: new URL(server.url).host });
  });

  it("of several addresses each is tried, and all refusing is connection_refused", async () => {
    const server = await serve((_request, response) => response.end("second"));
    const origin = `http://both.example:${server.port}`;
    const transport = door({
      allowances: () => [{ origin, base_path: "/" }],
      lookup: async () => [
        { address: "::1", family: 6 },
        { address: "127.0.0.1", family: 4 },
      ],
    });
    expect(bodyText(await transport.send(get(origin)))).toBe("second");
    await server.stop();
    expect((await failure(transport.send(get(origin)))).code).toBe("connection_refused");
  });

  it("an unknown name: dns_failed", async () => {
    expect((await failure(door().send(get("http://no-such-host.invalid/")))).code).toBe("dns_failed");
    const transport = door({ lookup: async () => [] });
    expect((await failure(transport.send(get("http://empty.example/")))).code).toBe("dns_failed");
  });

  it("the connection is cut: connection_reset, after something was sent", async () => {
    const server = started(await serve((request) => void request.socket.destroy()));
    const error = await failure(
      door(allow(server)).send({ method: "POST", url: server.url, headers: {}, body: "x" }),
    );
    expect(error.code).toBe("connection_reset");
    expect(error.details.stage).toBe("send");
  });

  it("the body is cut: connection_reset, and no half body", async () => {
    const server = started(
      await serve((request, response) => {
        response.writeHead(200, { "content-length": "100" }).write("half");
        setTimeout(() => request.socket.destroy(), 30);
      }),
    );
    const error = await failure(door(allow(server)).send(get(server.url)));
    expect(error.code).toBe("connection_reset");
    expect(error.details.stage).toBe("body");
  });

  it("no answer in time: timed_out, for the whole exchange", async () => {
    const server = started(
      await serve((request, response) => {
        if (request.url === "/silent") return;
        response.write("a");
        const drip = setInterval(() => response.write("a"), 20);
        response.on("close", () => clearInterval(drip));
      }),
    );
    const transport = door(allow(server));
    for (const path of ["/silent", "/drip"]) {
      const error = await failure(transport.send(get(server.url + path), { timeout_ms: 150 }));
      expect(error.code).toBe("timed_out");
    }
  });

  it("the caller's own abort is the caller's own reason", async () => {
    const server = started(await serve(() => {}));
    const abort = new AbortController();
    const pending = door(allow(server)).send(get(server.url), { signal: abort.signal });
    const reason = new Error("changed my mind");
    setTimeout(() => abort.abort(reason), 30);
    await expect(pending).rejects.toBe(reason);
    await expect(door(allow(server)).send(get(server.url), { signal: abort.signal })).rejects.toBe(reason);
  });

  it("https to a plain port: http_not_https", async () => {
    const server = started(await serve((_request, response) => response.end()));
    const url = server.url.replace("http:", "https:");
    const error = await failure(door({ allowances: () => [{ origin: url, base_path: "/" }] }).send(get(url)));
    expect(error.code).toBe("http_not_https");
  });

  it("http to a TLS port: http_not_https", async () => {
    const server = started(await serveTls((_request, response) => response.end()));
    const url = server.url.replace("https:", "http:");
    const error = await failure(door({ allowances: () => [{ origin: url, base_path: "/" }] }).send(get(url)));
    expect(error.code).toBe("http_not_https");
  });

  it("a TLS port that answers plain http with a page: http_not_https", async () => {
    const server = started(
      await serve((_request, response) =>
        response
          .writeHead(400, { "content-type": "text/html" })
          .end("<h1>The plain HTTP request was sent to HTTPS port</h1>"),
      ),
    );
    expect((await failure(door(allow(server)).send(get(server.url)))).code).toBe("http_not_https");
  });

  it("an unknown certificate: tls_failed, and trusted with the site's CA", async () => {
    const server = started(await serveTls((_request, response) => response.end("safe")));
    expect((await failure(door(allow(server)).send(get(server.url)))).code).toBe("tls_failed");
    const transport = door({ ...allow(server), reach: () => ({ ca: server.ca }) });
    expect(bodyText(await transport.send(get(server.url)))).toBe("safe");
  });

  it("something that is not HTTP: not_a_jira", async () => {
    const server = started(await serveTcp((socket) => void socket.write("SSH-2.0-OpenSSH_9.2\r\n")));
    expect((await failure(door(allow(server)).send(get(server.url)))).code).toBe("not_a_jira");
  });
});

describe("requests", () => {
  it("send path and query byte for byte, and no header of the connection", async () => {
    const server = started(
      await serve((request, response) =>
        response.end(JSON.stringify([request.url, request.headers.host, request.headers.te ?? null])),
      ),
    );
    const target = "/rest/%7Ea/x?jql=a%20%3D%20%22b%22&m='*'&p=%2B";
    const answer = await door(allow(server)).send(
      get(server.url + target, { Host: "evil.example", TE: "trailers" }),
    );
    expect(JSON.parse(bodyText(answer))).toEqual([target, new URL(server.url).host, null]);
  });

  it("refuse a header that would split the message", async () => {
    const server = started(await serve((_request, response) => response.end()));
    const error = await failure(door(allow(server)).send(get(server.url, { "x-a": "b\r\nx-c: d" })));
    expect(error.code).toBe("bad_request");
  });

  it("leave a line without values of the query, and errors without the request", async () => {
    const { log, lines } = keptLog();
    const server = started(await serve((request) => void request.socket.destroy()));
    const transport = door({ ...allow(server), log });
    const error = await failure(
      transport.send({
        method: "POST",
        url: `${server.url}/rest?jql=planted-query-value`,
        headers: { authorization: "Bearer planted-token-value" },
        body: "planted-body-value",
      }),
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('"query_names":["jql"]');
    expect(lines.join() + JSON.stringify([error, error.details, error.stack, error.message])).not.toContain(
      "planted",
    );
  });
});
