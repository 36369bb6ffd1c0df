import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGovernor } from "../../src/jira/index.ts";
import { openStage, SKINS, type Stage } from "./proxy-stage.ts";

/** Time by the clock on the wall, moved on where a limit is to be over. */
let ahead = 0;
const now = () => Date.now() + ahead;
const governor = createGovernor({ now, random: (bytes) => new Uint8Array(bytes) });
let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ governor });
});
afterAll(async () => {
  await governor.close();
  await stage.close();
});

describe.each(SKINS)("limits of Jira, %s", (skin) => {
  it("are passed on as Jira told them, and then kept until their time, without asking Jira", async () => {
    let asked = 0;
    let limited = true;
    const upstream = await stage.upstream((_request, response) => {
      asked++;
      const headers = {
        "content-type": "application/json",
        "retry-after": "30",
        "x-ratelimit-remaining": "0",
      };
      response.writeHead(limited ? 429 : 200, limited ? headers : {}).end("{}");
    });
    const key = await stage.key([upstream.connection]);
    const call = (path: string, method = "GET") =>
      fetch(`${stage.skins[skin]}/jira/${upstream.connection.id}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}` },
      });
    const told = await call("/rest/api/2/myself");
    expect([told.status, told.headers.get("retry-after"), await told.text()]).toEqual([429, "30", "{}"]);
    for (const method of ["GET", "DELETE"]) {
      const ours = await call("/rest/api/2/issue/JJ-2", method);
      const problem = (await ours.json()) as Record<string, unknown>;
      expect([ours.status, problem.code, problem.retry]).toEqual([429, "jira_rate_limited", "later"]);
      expect(Number(ours.headers.get("retry-after"))).toBeGreaterThan(20);
    }
    expect(asked).toBe(1);
    const shown = await fetch(`${stage.skins[skin]}/api/v1/connections/${upstream.connection.id}`, {
      headers: { authorization: `Bearer ${await stage.key([upstream.connection], { api: "read" })}` },
    });
    expect(await shown.json()).toMatchObject({
      scope_asked: expect.any(Array),
      standing: { open: false, closed: [{ reach: "account", retry_after_s: expect.any(Number) }] },
    });
    limited = false;
    ahead += 31_000;
    expect((await call("/rest/api/2/myself")).status).toBe(200);
    expect((await call("/rest/api/2/myself")).status).toBe(200);
    expect(asked).toBe(3);
  });
});
