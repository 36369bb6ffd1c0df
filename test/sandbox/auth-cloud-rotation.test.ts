import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { connect, refresh, token, withBearer } from "./auth-cloud-client.ts";

const dead = { status: 403, error: "unauthorized_client", error_description: "refresh_token is invalid" };
const DAY_S = 86_400;

describe("rotating refresh tokens, by the clock", () => {
  let sandbox: RunningSandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(() => sandbox.stop());

  test("each refresh gives a new pair; the old access token lives to its end", async () => {
    const first = await connect(sandbox);
    const second = await refresh(sandbox, first.refresh_token);
    expect(second).toMatchObject({ status: 200, expires_in: 3600 });
    expect(second.refresh_token).not.toBe(first.refresh_token);
    const resources = (pair: { access_token: string }) =>
      withBearer(sandbox, pair.access_token, "/oauth/token/accessible-resources");
    expect((await resources(first)).status).toBe(200);
    sandbox.control.advance(3601);
    expect(await resources(first)).toMatchObject({
      status: 401,
      body: '{"code":401,"message":"Unauthorized"}',
    });
  });

  test("a reuse inside ten minutes gives another pair, and both siblings live", async () => {
    const first = await connect(sandbox);
    const one = await refresh(sandbox, first.refresh_token);
    sandbox.control.advance(599);
    const two = await refresh(sandbox, first.refresh_token);
    expect(two.status).toBe(200);
    expect(two.refresh_token).not.toBe(one.refresh_token);
    expect((await refresh(sandbox, one.refresh_token)).status).toBe(200);
    expect((await refresh(sandbox, two.refresh_token)).status).toBe(200);
  });

  test("a reuse after ten minutes kills the whole family, and only that family", async () => {
    const first = await connect(sandbox);
    const other = await connect(sandbox);
    const second = await refresh(sandbox, first.refresh_token);
    sandbox.control.advance(601);
    expect(await refresh(sandbox, first.refresh_token)).toEqual(dead);
    expect(sandbox.control.requests().at(-1)?.reason).toContain("after the leeway");
    expect(await refresh(sandbox, second.refresh_token)).toEqual(dead);
    expect((await refresh(sandbox, other.refresh_token)).status).toBe(200);
  });

  test("90 idle days end it; each refresh begins them anew", async () => {
    let pair = await connect(sandbox);
    for (let i = 0; i < 2; i++) {
      sandbox.control.advance(89 * DAY_S);
      pair = await refresh(sandbox, pair.refresh_token);
      expect(pair.status).toBe(200);
    }
    sandbox.control.advance(91 * DAY_S);
    expect(await refresh(sandbox, pair.refresh_token)).toEqual(dead);
  });

  test("365 days after the consent it ends, however often it was refreshed", async () => {
    let pair = await connect(sandbox);
    for (let day = 80; day < 365; day += 80) {
      sandbox.control.advance(80 * DAY_S);
      pair = await refresh(sandbox, pair.refresh_token);
      expect(pair.status).toBe(200);
    }
    sandbox.control.advance(46 * DAY_S);
    expect(await refresh(sandbox, pair.refresh_token)).toEqual(dead);
    expect(sandbox.control.requests().at(-1)?.reason).toContain("365");
  });

  test("unknown tokens, access tokens and wrong secrets do not touch a family", async () => {
    const pair = await connect(sandbox);
    for (const wrong of ["x", "", pair.access_token]) {
      expect(await refresh(sandbox, wrong)).toEqual(dead);
    }
    const grant_type = "refresh_token";
    expect(
      await token(sandbox, { grant_type, refresh_token: pair.refresh_token, client_secret: "wrong" }),
    ).toMatchObject({ status: 401, error: "access_denied" });
    expect((await refresh(sandbox, pair.refresh_token)).status).toBe(200);
  });

  test("an answer that was lost is recovered by asking again", async () => {
    const first = await connect(sandbox);
    sandbox.control.faults([{ match: { path: "/oauth/token", times: 1 }, lose_answer: true }]);
    await expect(refresh(sandbox, first.refresh_token)).rejects.toThrow();
    expect((await refresh(sandbox, first.refresh_token)).status).toBe(200);
  });
});

describe("other servers, by switch", () => {
  test("supersede: only the last sibling lives, and no family dies of the others", async () => {
    const own = await startSandbox({ switches: { reuse: "supersede" } });
    try {
      const first = await connect(own);
      const one = await refresh(own, first.refresh_token);
      const two = await refresh(own, first.refresh_token);
      expect(await refresh(own, one.refresh_token)).toEqual(dead);
      expect((await refresh(own, two.refresh_token)).status).toBe(200);
    } finally {
      await own.stop();
    }
  });

  test("same_pair: the same tokens again, with what is left of their time", async () => {
    const own = await startSandbox({ switches: { reuse: "same_pair", refresh_error: "invalid_grant" } });
    try {
      const first = await connect(own);
      const one = await refresh(own, first.refresh_token);
      own.control.advance(100);
      const two = await refresh(own, first.refresh_token);
      expect(two).toMatchObject({ access_token: one.access_token, refresh_token: one.refresh_token });
      expect(two.expires_in).toBeLessThanOrEqual(3500);
      expect(await refresh(own, "x")).toEqual({
        status: 403,
        error: "invalid_grant",
        error_description: "Unknown or invalid refresh token.",
      });
    } finally {
      await own.stop();
    }
  });

  test("lifetimes are switches", async () => {
    const own = await startSandbox({
      switches: { access_ttl_s: "60", refresh_idle_s: "100", family_absolute_s: "150", reuse_leeway_s: "5" },
    });
    try {
      const first = await connect(own);
      expect(first.expires_in).toBe(60);
      own.control.advance(99);
      const second = await refresh(own, first.refresh_token);
      expect(second.status).toBe(200);
      own.control.advance(60);
      expect(await refresh(own, second.refresh_token)).toEqual(dead);
    } finally {
      await own.stop();
    }
  });
});

test("a restart keeps every family as it was", async () => {
  const { mkdtempSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const state = `${mkdtempSync(`${tmpdir()}/latchkey-`)}/state.json`;
  const before = await startSandbox({ state });
  const pair = await connect(before);
  const second = await refresh(before, pair.refresh_token);
  await before.stop();
  const after = await startSandbox({ state });
  try {
    expect((await withBearer(after, second.access_token, "/oauth/token/accessible-resources")).status).toBe(
      200,
    );
    expect((await refresh(after, second.refresh_token)).status).toBe(200);
  } finally {
    await after.stop();
  }
});
