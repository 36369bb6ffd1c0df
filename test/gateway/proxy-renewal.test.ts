import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Connection } from "../../src/vault/index.ts";
import { openStage, SKINS, type Stage } from "./proxy-stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

/** Jira's clock runs ahead for one test: ours learns of it afterwards. */
function jirasClock(seconds: number): void {
  stage.hall.sandbox.control.advance(seconds);
  onTestFinished(() => {
    stage.hall.clock.ahead_ms += seconds * 1_000;
  });
}

const stateOf = async ({ id }: Connection) => (await stage.hall.vault.connections.get("local", id)).state;

describe.each(SKINS)("a token that Jira no longer takes, %s skin", (skin) => {
  async function caller(connection: Connection) {
    const key = await stage.key([connection]);
    return (path: string, init: RequestInit = {}) =>
      fetch(`${stage.skins[skin]}/jira/${connection.id}${path}`, {
        ...init,
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...init.headers },
      });
  }
  const commentsOf = async (call: Awaited<ReturnType<typeof caller>>, api: string) => {
    const answer = await call(`${api}/issue/JJ-2/comment`);
    return ((await answer.json()) as { total: number }).total;
  };

  it("is renewed on Cloud, and the write is made once", async () => {
    const connection = await stage.connect("cloud");
    const call = await caller(connection);
    const before = await commentsOf(call, "/rest/api/3");
    jirasClock(3_700);
    const doc = { type: "doc", version: 1, content: [] };
    const body = JSON.stringify({ body: doc });
    const made = await call("/rest/api/3/issue/JJ-2/comment", { method: "POST", body });
    expect(made.status).toBe(201);
    expect(await commentsOf(call, "/rest/api/3")).toBe(before + 1);
    expect(await stateOf(connection)).toBe("active");
  });

  it("is renewed once for twenty calls at the same time", async () => {
    const connection = await stage.connect("cloud");
    const call = await caller(connection);
    const renewals = () =>
      stage.hall.sandbox.control.requests().filter(({ path }) => path === "/oauth/token").length;
    jirasClock(3_700);
    const before = renewals();
    const answers = await Promise.all(Array.from({ length: 20 }, () => call("/rest/api/3/myself")));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(renewals() - before).toBe(1);
  });

  it("is renewed on Data Center, where Jira had gone on as if nobody had asked", async () => {
    const connection = await stage.connect("datacenter-oauth2");
    const call = await caller(connection);
    jirasClock(7_300);
    const answer = await call("/rest/api/2/myself");
    expect(await answer.json()).toMatchObject({ name: "alana" });
  });

  it("ends an application link only where Jira names the token, and says what it said", async () => {
    const connection = await stage.connect("datacenter-oauth1");
    const call = await caller(connection);
    const refuse = (problem: string) =>
      stage.hall.sandbox.control.faults({
        match: { path: "*/myself", times: 1 },
        status: 401,
        headers: { "www-authenticate": `OAuth realm="x",oauth_problem="${problem}"` },
        body: `oauth_problem=${problem}`,
      });
    for (const problem of ["signature_invalid", "nonce_used", "consumer_key_unknown"]) {
      refuse(problem);
      const answer = await call("/rest/api/2/myself");
      expect(answer.status).toBe(502);
      expect(await answer.json()).toMatchObject({ code: problem });
      expect(await stateOf(connection), problem).toBe("active");
    }
    expect((await call("/rest/api/2/myself")).status).toBe(200);
    refuse("token_rejected");
    const answer = await call("/rest/api/2/myself");
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ code: "connection_dead", retry: "after-reconnect" });
    const dead = await stage.hall.vault.connections.get("local", connection.id);
    expect(dead.state).toBe("dead");
    expect(dead.dead).toMatchObject({ cause: "token_rejected", evidence: { status: 401 } });
  });

  it("does not die of a clock that is off by ten minutes", async () => {
    const connection = await stage.connect("datacenter-oauth1");
    const call = await caller(connection);
    stage.hall.sandbox.control.faults({ match: { path: "*/myself", times: 1 }, clock_skew_s: 600 });
    const answer = await call("/rest/api/2/myself");
    expect(await answer.json()).toMatchObject({ code: "timestamp_refused" });
    expect(await stateOf(connection)).toBe("active");
  });

  it("is not called an answer where the person took the approval back", async () => {
    const connection = await stage.connect("cloud");
    const call = await caller(connection);
    stage.hall.sandbox.control.faults([
      { match: { path: "*/myself", times: 1 }, status: 401, body: { code: 401, message: "Unauthorized" } },
      {
        match: { path: "/oauth/token", times: 1 },
        status: 403,
        body: { error: "unauthorized_client", error_description: "refresh_token is invalid" },
      },
    ]);
    const answer = await call("/rest/api/3/myself");
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ code: "connection_dead" });
    const again = await call("/rest/api/3/myself");
    expect(again.status).toBe(409);
  });
});
