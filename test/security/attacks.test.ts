import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { LISTENING } from "../../src/gateway/index.ts";
import { createHandles, type NamedPolicy } from "../../src/handles/index.ts";
import { openStore } from "../../src/store/index.ts";
import type { Connection } from "../../src/vault/index.ts";
import { EVERYTHING, openStage, SKINS, type Stage, type Upstream } from "../gateway/proxy-stage.ts";
import { raw } from "../gateway/raw-socket.ts";
import { postgresUrl } from "../postgres/database.ts";
import { dropDatabases, newPlace, useServer } from "../vault/stores.ts";

const POLICY: NamedPolicy = {
  name: "sealed",
  document: {
    latchkey_policy: 1,
    flavor: "datacenter",
    kinds: { userName: "reversible" },
    jql: { people: ["assignee"] },
    endpoints: [
      { path: "/rest/api/2/issue/{issueIdOrKey}", answer: ["**"] },
      { path: "/rest/api/2/search", query: { jql: "jql" }, answer: ["**"] },
      {
        path: "/rest/api/2/issue/{issueIdOrKey}/comment",
        methods: ["POST"],
        body: { body: "rich" },
        answer: ["id"],
      },
    ],
  },
};
const JSON_TYPE = { "content-type": "application/json" };

let stage: Stage;
let upstream: Upstream;
/** Targets that reached the upstream, and their bodies. */
let reached: { target: string; body: string }[] = [];

beforeAll(async () => {
  stage = await openStage({}, [POLICY]);
  upstream = await stage.upstream(() => {});
});
afterAll(() => stage.close());
beforeEach(() => {
  reached = [];
  answering("{}");
});

function answering(json: string, type = "application/json"): void {
  upstream.handle = async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    reached.push({ target: request.url ?? "", body: Buffer.concat(chunks).toString("latin1") });
    response.writeHead(200, { "content-type": type, "x-ausername": "alana" });
    const asked = /\/issue\/[^/?]+\?fields=project$|\/project\/[^/]+$/.test(request.url ?? "");
    const project = { id: "10000", key: "JJ" };
    response.end(asked ? JSON.stringify({ id: "10001", key: "JJ", fields: { project } }) : json);
  };
}

function call(skin: "node" | "web", key: string, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${stage.skins[skin]}/jira/${upstream.connection.id}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${key}`, ...init.headers },
  });
}

const keyFor = (limits: object, connections: readonly Connection[] = [upstream.connection]) =>
  stage.key(connections, { ...EVERYTHING, ...limits });

describe.each(SKINS)("a body that is a bomb, %s skin", (skin) => {
  const depth = 200_000;
  const bombs = [
    `${"[".repeat(depth)}${"]".repeat(depth)}`,
    `${'{"fields":'.repeat(50_000)}1${"}".repeat(50_000)}`,
    `{"jql":"","fields":["key"],"x":${"[".repeat(depth)}${"]".repeat(depth)}}`,
  ];

  it("is refused before Jira hears of it, whatever limits the handle has", async () => {
    const keys = [await keyFor({ policy: "sealed" }), await keyFor({ projects: ["JJ"] })];
    reached = [];
    for (const key of keys)
      for (const body of bombs)
        for (const path of ["/rest/api/2/search", "/rest/api/2/issue/JJ-2/comment"]) {
          const answer = await call(skin, key, path, { method: "POST", body, headers: JSON_TYPE });
          expect(answer.status, path).toBe(400);
        }
    expect(reached).toEqual([]);
  });

  it("is no failure of ours where Jira sends it", async () => {
    const keys = [
      await keyFor({ policy: "sealed" }),
      await keyFor({ projects: ["JJ"] }),
      await keyFor({ rewrite_links: true }),
    ];
    for (const bomb of [...bombs, JSON.stringify({ values: Array(200_000).fill({ a: [] }) })]) {
      answering(bomb);
      for (const key of keys) {
        const answer = await call(skin, key, "/rest/api/2/issue/JJ-2");
        expect([200, 403]).toContain(answer.status);
        await answer.arrayBuffer();
      }
    }
  });

  it.each([
    "null",
    "1",
    '"x"',
    "[]",
    "[[]]",
    '{"fields":null}',
    '{"fields":[]}',
    '{"jql":{}}',
    '{"issues":1}',
  ])("is no failure of ours where it is only %s", async (body) => {
    for (const key of [await keyFor({ policy: "sealed" }), await keyFor({ projects: ["JJ"] })])
      for (const path of [
        "/search",
        "/issue",
        "/issueLink",
        "/issue/JJ-2/comment",
        "/issue/JJ-2/transitions",
      ]) {
        const answer = await call(skin, key, `/rest/api/2${path}`, {
          method: "POST",
          body,
          headers: JSON_TYPE,
        });
        expect(answer.status, path).toBeLessThan(500);
      }
  });
});

describe.each(SKINS)("an answer that is none, %s skin", (skin) => {
  it.each(["099", "000", "101", "199", "600", "999", "1000", "-20", "2OO"])(
    "is no failure of ours: %s",
    async (status) => {
      const left = Promise.withResolvers<void>();
      upstream.handle = ({ socket }) => {
        socket.once("close", () => left.resolve());
        socket.write(`HTTP/1.1 ${status} X\r\nX-AUSERNAME: alana\r\nContent-Length: 9\r\n\r\n{}`);
      };
      const answer = await call(skin, await keyFor({}), "/rest/api/2/thing");
      expect([422, 502, Number(status)]).toContain(answer.status);
      await answer.body?.cancel();
      // A connection that nobody frees would be one of few.
      await left.promise;
    },
  );
});

describe("a form whose letters may be read in two ways", () => {
  it.each([
    [
      "utf-16, which hides a name between zeros",
      "; charset=utf-16",
      "%00o%00s%00_%00u%00s%00e%00r%00n%00a%00m%00e=x",
    ],
    ["a charset of EBCDIC", "; charset=IBM037", "a=b"],
    ["UTF-7", '; charset="utf-7"', "+AG8AcwBf-username=x"],
    ["two charsets", "; charset=utf-8; charset=utf-16", "a=b"],
  ])("is refused: %s", async (_name, charset, body) => {
    const headers = { "content-type": `application/x-www-form-urlencoded${charset}` };
    const key = await keyFor({});
    const answer = await call("node", key, "/rest/api/2/thing", { method: "POST", body, headers });
    expect(answer.status).toBe(415);
    expect(reached).toEqual([]);
  });
});

describe("a reversible token", () => {
  const tokenFor = async (key: string, name: string) => {
    answering(JSON.stringify({ key: "JJ-2", fields: { assignee: { name } } }));
    const json = (await (await call("node", key, "/rest/api/2/issue/JJ-2")).json()) as {
      fields: { assignee: { name: string } };
    };
    return json.fields.assignee.name;
  };
  const search = (key: string, token: string) =>
    call("node", key, `/rest/api/2/search?jql=${encodeURIComponent(`assignee = ${token}`)}`);

  it("opens for its own tenant, and forged, moved or from elsewhere for nobody", async () => {
    const key = await keyFor({ policy: "sealed" });
    const token = await tokenFor(key, "mona");
    expect(token).toMatch(/^lkr_userName_/);
    reached = [];
    expect((await search(key, token)).status).toBe(200);
    expect(decodeURIComponent(reached[0]?.target ?? "")).toContain("mona");
    reached = [];
    const at = token.length - 5;
    const forged = [
      `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`,
      token.replace("_userName_", "_accountId_"),
      token.replace("_userName_", "_cursor_"),
      token.replace(/^lkr_([^_]+)_[^_]+_/, "lkr_$1_other_"),
      `${token.slice(0, token.lastIndexOf("_") + 1)}${randomBytes(40).toString("base64url")}`,
    ];
    for (const one of forged) expect((await search(key, one)).status, one).toBe(403);
    expect(reached).toEqual([]);
  });
});

describe("a handle that another process revokes", async () => {
  const server = await postgresUrl();
  afterAll(dropDatabases);
  it.each(server === undefined ? ["SQLite"] : ["SQLite", "PostgreSQL"])(
    "ends at once, on %s",
    async (kind) => {
      if (kind === "PostgreSQL" && server !== undefined) useServer(server);
      const { url } = await newPlace();
      const store = await openStore({ url, now: Date.now });
      onTestFinished(() => store.close());
      const uses = { used() {}, refused() {}, touch() {} };
      const handles = createHandles({ store, now: Date.now, random: randomBytes, uses });
      const made = await handles.create({ owner: "alice", name: "x", connection_ids: [] });
      const key = made.key.reveal();
      for (let n = 0; n < 3; n++) expect((await handles.verify(key)).id).toBe(made.handle.id);
      const path = fileURLToPath(new URL("revoker.ts", import.meta.url));
      const child = fork(path, [url, "alice", made.handle.id], {
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      });
      expect(await once(child, "exit")).toEqual([0, null]);
      await expect(handles.verify(key)).rejects.toMatchObject({ code: "unauthenticated" });
    },
  );
});

async function statusOf(answer: Response): Promise<number> {
  await answer.arrayBuffer();
  return answer.status;
}

describe("callers who keep connections and give nothing for them", () => {
  async function listening(): Promise<number> {
    const server = createServer(LISTENING, stage.gateway.listener).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }
  function held(port: number, bytes: string): Promise<Socket> {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    onTestFinished(() => void socket.destroy());
    return new Promise((resolve) => socket.once("connect", () => socket.write(bytes, () => resolve(socket))));
  }

  it("do not keep others from being served, five hundred of them", async () => {
    const port = await listening();
    const key = await keyFor({});
    const line = `POST /jira/${upstream.connection.id}/rest/api/2/thing HTTP/1.1\r\nHost: localhost\r\n`;
    const halves = [
      "",
      "G",
      line,
      `${line}X: y`,
      `${line}Authorization: Bearer ${key}\r\nContent-Length: 9\r\n\r\n{`,
    ];
    await Promise.all(Array.from({ length: 500 }, (_, n) => held(port, halves[n % halves.length]!)));
    for (let n = 0; n < 20; n++) {
      const answer = await fetch(`http://127.0.0.1:${port}/jira/${upstream.connection.id}/rest/api/2/thing`, {
        headers: { authorization: `Bearer ${key}` },
      });
      expect(answer.status).toBe(200);
    }
  });

  it("are cut off where they take nothing of an answer, and Jira's connection comes free", async () => {
    const real = globalThis.setTimeout;
    // Two minutes pass in a moment; everything else takes its time.
    const hurried = (work: () => void, ms?: number, ...given: []) =>
      real(work, ms === 120_000 ? 50 : ms, ...given);
    const spied = vi.spyOn(globalThis, "setTimeout").mockImplementation(hurried as typeof setTimeout);
    onTestFinished(() => void spied.mockRestore());
    const port = await listening();
    const key = await keyFor({});
    const freed = Promise.withResolvers<void>();
    upstream.handle = (_request, response) => {
      response.once("close", () => freed.resolve());
      response.writeHead(200, { "x-ausername": "alana" });
      const block = Buffer.alloc(1_000_000);
      const pour = () => {
        while (!response.destroyed && response.write(block)) {}
      };
      response.on("drain", pour);
      pour();
    };
    const line = `GET /jira/${upstream.connection.id}/rest/api/2/thing HTTP/1.1\r\nHost: localhost\r\n`;
    const socket = await held(port, `${line}Authorization: Bearer ${key}\r\n\r\n`);
    socket.pause();
    await freed.promise;
  });

  it("do not fill the memory with answers that were asked for and not taken", async () => {
    const narrow = await openStage({ max_filtered_bytes: 2_000_000 });
    onTestFinished(() => narrow.close());
    const body = JSON.stringify({ values: "x".repeat(1_900_000) });
    const jira = await narrow.upstream((_request, response) => {
      response.writeHead(200, { ...JSON_TYPE, "x-ausername": "alana" }).end(body);
    });
    const key = await narrow.key([jira.connection], { ...EVERYTHING, rewrite_links: true });
    const path = `/jira/${jira.connection.id}/rest/api/2/thing`;
    const port = Number(new URL(narrow.skins.node).port);
    const line = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\n\r\n`;
    const sockets: Socket[] = [];
    const ask = () => fetch(`${narrow.skins.node}${path}`, { headers: { authorization: `Bearer ${key}` } });
    // What the system's own buffers take has left the process, and they grow: near the bound a second look may differ.
    let status = 200;
    for (let n = 0; n < 400 && status === 200; n += 10) {
      for (let more = 0; more < 10; more++) {
        // Each asks four times and reads nothing, so that three answers wait behind the first.
        const socket = await held(port, line.repeat(4));
        sockets.push(socket.pause());
      }
      status = await ask().then(statusOf);
    }
    expect(status).toBe(429);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => ask().then(statusOf)).toBe(200);
  });

  it("do not fill the log of use with what they are refused", async () => {
    const key = await keyFor({ methods: ["GET"] });
    const count = async () => {
      const row = await stage.hall.store.kysely
        .selectFrom("uses")
        .select((one) => one.fn.countAll<number>().as("n"))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    };
    await new Promise((done) => setTimeout(done, 200));
    const before = await count();
    const line = `DELETE /jira/${upstream.connection.id}/rest/api/2/thing HTTP/1.1\r\nHost: localhost\r\n`;
    const refused = `${line}Authorization: Bearer ${key}\r\n\r\n`;
    const guessed = Array.from(
      { length: 300 },
      () => `${line}Authorization: Bearer lk_${randomBytes(32).toString("base64url")}\r\n\r\n`,
    );
    const answers = await Promise.all([
      raw(stage.skins.node, refused.repeat(300), { quiet_ms: 1_000 }),
      raw(stage.skins.node, guessed.join(""), { quiet_ms: 1_000 }),
    ]);
    expect(answers.map((one) => one.answers)).toEqual([300, 300]);
    await new Promise((done) => setTimeout(done, 300));
    expect((await count()) - before).toBeLessThanOrEqual(40);
    expect(reached).toEqual([]);
  });
});
