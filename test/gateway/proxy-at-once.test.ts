/** Calls that are sent at once because all they need is known: what changes meanwhile counts from the next call on. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createGovernor } from "../../src/jira/index.ts";
import type { Transport } from "../../src/transport.ts";
import { EVERYTHING, OWNER, openStage, type Stage, type Upstream } from "./proxy-stage.ts";

const governor = createGovernor({ now: Date.now, random: (bytes) => new Uint8Array(bytes) });
let stage: Stage;
let upstream: Upstream;
let key: string;
/** How many calls went out without a promise between. */
let direct = 0;
/** The credentials Jira saw. */
let seen: (string | undefined)[] = [];

const well = (request: IncomingMessage, response: ServerResponse) => {
  seen.push(request.headers.authorization);
  response.writeHead(200, { "content-type": "application/json", "x-ausername": "alana" }).end("{}");
};
const call = (path = "/rest/api/2/myself", init: RequestInit = {}) =>
  fetch(`${stage.skins.node}/jira/${upstream.connection.id}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${key}` },
  });

/** Calls until nothing has to be read any longer. */
async function warm(): Promise<void> {
  for (let left = 50; left > 0; left--) {
    const before = direct;
    await (await call()).text();
    if (direct > before) return;
    await sleep(10);
  }
  throw new Error("No call was sent at once.");
}

beforeAll(async () => {
  stage = await openStage({ governor });
  const { transport } = stage.hall;
  const send = transport.direct!.bind(transport);
  (transport as { direct: Transport["direct"] }).direct = (request, receiver) => {
    const sent = send(request, receiver);
    if (sent) direct++;
    return sent;
  };
});
beforeEach(async () => {
  upstream = await stage.upstream(well);
  key = await stage.key([upstream.connection]);
  seen = [];
  await warm();
});
afterAll(async () => {
  await governor.close();
  await stage.close();
});

describe("a call that is sent at once", () => {
  it("stands in the log of use like every other", async () => {
    await warm();
    await expect
      .poll(async () => (await stage.hall.store.uses.listForOperator(50)).filter(isOurs).length)
      .toBe(seen.length);
  });

  it("is refused as soon as its handle is revoked", async () => {
    const [handle] = (await stage.handles.list(OWNER)).filter(({ connection_ids }) =>
      connection_ids.includes(upstream.connection.id),
    );
    const sent = seen.length;
    await stage.handles.revoke(OWNER, handle!.id);
    expect((await call()).status).toBe(401);
    expect(seen).toHaveLength(sent);
  });

  it("is refused a moment after another process has revoked its handle", async () => {
    const sent = seen.length;
    const other = new DatabaseSync(join(stage.hall.folder, "latchkey.db"), { timeout: 5_000 });
    const revoke = other.prepare("update handles set revoked_at = ? where connection_ids like ?");
    expect(revoke.run(Date.now(), `%${upstream.connection.id}%`).changes).toBe(1);
    other.close();
    await sleep(5);
    expect((await call()).status).toBe(401);
    expect(seen).toHaveLength(sent);
  });

  it("is refused once its connection is removed", async () => {
    const sent = seen.length;
    await stage.hall.vault.connections.remove(OWNER, upstream.connection.id);
    expect((await call()).status).toBe(404);
    expect(seen).toHaveLength(sent);
  });

  it("is refused while the operator has suspended its registration", async () => {
    const sent = seen.length;
    const { registration_id } = upstream.connection;
    await stage.hall.vault.registrations.suspend(registration_id, {
      code: "operator",
      at: Date.now(),
      evidence: {},
    });
    expect(await (await call()).json()).toMatchObject({ code: "registration_suspended" });
    expect(seen).toHaveLength(sent);
  });

  it("carries the new token as soon as there is one", async () => {
    seen = [];
    await call();
    await stage.hall.vault.refresh(OWNER, upstream.connection.id);
    await call();
    await warm();
    expect(seen.slice(0, 2)).toEqual(["Bearer first-access-token", "Bearer renewed-access-1"]);
    expect(new Set(seen.slice(1))).toEqual(new Set(["Bearer renewed-access-1"]));
  });

  it("whose token Jira refuses is renewed and sent once more, not a third time", async () => {
    seen = [];
    upstream.handle = (request, response) => {
      if (request.headers.authorization !== "Bearer first-access-token") return well(request, response);
      seen.push(request.headers.authorization);
      response.writeHead(401).end();
    };
    expect((await call()).status).toBe(200);
    expect(seen).toEqual(["Bearer first-access-token", "Bearer renewed-access-1"]);
    expect(upstream.renewals()).toBe(1);
  });

  it("which Jira answered as if nobody had signed in is not passed on", async () => {
    upstream.handle = (request, response) => {
      if (request.headers.authorization !== "Bearer first-access-token") return well(request, response);
      response.writeHead(200, { "x-ausername": "anonymous" }).end("[]");
    };
    expect(await (await call()).json()).toEqual({});
    expect(upstream.renewals()).toBe(1);
  });

  it("keeps to limits that Jira has named", async () => {
    seen = [];
    upstream.handle = (request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(429, { "retry-after": "30" }).end("{}");
    };
    expect((await call()).status).toBe(429);
    expect(await (await call()).json()).toMatchObject({ code: "jira_rate_limited" });
    expect(seen).toHaveLength(1);
  });

  it("is held to the path rules each time", async () => {
    const sent = seen.length;
    const never = await call("/rest/api/2/..%2f..%2fplugins/servlet/x");
    expect(await never.json()).toMatchObject({ code: "path_refused" });
    const query = await call("/rest/api/2/myself?access_token=x");
    expect(await query.json()).toMatchObject({ code: "path_refused" });
    expect(seen).toHaveLength(sent);
  });

  it("ends at Jira when its caller goes, before the answer and in the middle of it", async () => {
    for (const begins of [false, true]) {
      let asked = 0;
      const ended = new Promise<void>((done) => {
        upstream.handle = (_request, response) => {
          asked++;
          response.once("close", done);
          if (begins) response.writeHead(200, { "content-type": "application/json" }).write("[");
        };
      });
      const leaving = new AbortController();
      const answer = call("/rest/api/2/myself", { signal: leaving.signal });
      if (begins) await (await answer).body!.getReader().read();
      else await expect.poll(() => asked).toBe(1);
      leaving.abort();
      await answer.catch(() => {});
      await ended;
      upstream.handle = well;
      await warm();
    }
  });

  it("is cut where Jira dies in the middle of its answer, and is told where it dies before", async () => {
    upstream.handle = (request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("half");
      setTimeout(() => request.socket.destroy(), 20);
    };
    await expect((await call()).text()).rejects.toThrow();
    await warmBy(well);
    upstream.handle = (request) => void request.socket.destroy();
    expect(await (await call()).json()).toMatchObject({ code: "connection_reset" });
  });

  it("gives a slow reader all of a large answer, in its order", async () => {
    const large = Buffer.alloc(3_000_000, "0123456789");
    upstream.handle = (_request, response) => void response.writeHead(200).end(large);
    const parts: Uint8Array[] = [];
    for await (const part of (await call()).body!) {
      parts.push(part);
      if (parts.length % 20 === 0) await sleep(5);
    }
    expect(Buffer.concat(parts).equals(large)).toBe(true);
  });
});

it("a handle with a rate is counted once for each call", async () => {
  key = await stage.key([upstream.connection], { ...EVERYTHING, rate: { per_minute: 3 } });
  const statuses = [];
  for (let n = 0; n < 5; n++) statuses.push((await call()).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
});

const isOurs = (use: { readonly connection_id: string }) => use.connection_id === upstream.connection.id;

async function warmBy(handle: Upstream["handle"]): Promise<void> {
  upstream.handle = handle;
  await warm();
}
