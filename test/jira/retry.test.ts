import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JiraParts, JiraRequest } from "../../src/jira/index.ts";
import { createRetryBudget } from "../../src/jira/index.ts";
import { waitBefore } from "../../src/jira/retry-timing.ts";
import type { Transport } from "../../src/transport.ts";
import { credentials, failure, fakeJira, type Reply } from "./fake.ts";

/** Time that passes only by waiting. */
function clock(start = Date.parse("2026-03-26T15:59:30Z")) {
  let at = start;
  const waits: number[] = [];
  return {
    waits,
    now: () => at,
    wait: async (ms: number) => {
      waits.push(ms);
      at += ms;
    },
  };
}

const OK: Reply = [200, { done: true }];
const LIMITED = { "retry-after": "2", "ratelimit-reason": "jira-burst-based" };
const REJECTED: Reply = [401, { code: 401, message: "Unauthorized" }];

describe("what is sent again", () => {
  const cases: readonly (readonly [string, Reply, reads: number, writes: number, code: string])[] = [
    ["a connection that was cut", "cut", 4, 1, "connection_reset"],
    ["a limit", [429, "", { "retry-after": "0" }], 4, 4, "jira_rate_limited"],
    ["a limit of the gateway, without a time", [429, ""], 4, 4, "jira_rate_limited"],
    [
      "a 503 that names itself a limit",
      [503, "", { "ratelimit-reason": "jira-cost-based" }],
      4,
      4,
      "jira_failed",
    ],
    ["an exhausted bucket told with 503", [503, "", { "x-ratelimit-remaining": "0" }], 4, 4, "jira_failed"],
    ["a 503 with a time", [503, "", { "retry-after": "1" }], 4, 1, "jira_failed"],
    ["a bad gateway", [502, "<html>x</html>", { "content-type": "text/html" }], 4, 1, "jira_failed"],
    ["a slow gateway", [504, ""], 4, 1, "jira_failed"],
    ["a failure of Jira itself", [500, {}], 1, 1, "jira_failed"],
    ["a mistake", [400, {}], 1, 1, "jira_bad_request"],
    ["a conflict", [409, {}], 1, 1, "jira_conflict"],
  ];
  it.each(cases)("%s", async (_name, reply, reads, writes, code) => {
    const fake = await fakeJira(() => reply);
    const tries: Record<string, number> = {};
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]) {
      const before = fake.seen.length;
      const error = await failure(fake.jira(clock()).request({ method, path: "/x" }));
      expect([method, error.code]).toEqual([method, code]);
      tries[method] = fake.seen.length - before;
      expect(error.details.attempts).toBe(tries[method]);
    }
    expect(tries).toEqual({
      GET: reads,
      HEAD: reads,
      POST: writes,
      PUT: writes,
      PATCH: writes,
      DELETE: writes,
    });
    const marked = fake.seen.length;
    await failure(fake.jira(clock()).request({ method: "POST", path: "/x", repeatable: true }));
    expect(fake.seen.length - marked).toBe(reads);
  });

  it("a connection that never stood, whatever the method; a wrong certificate or name never", async () => {
    const fake = await fakeJira(() => OK);
    const closed = { ...fake.transport, send: toward(fake.transport, fake.url, "http://127.0.0.1:1") };
    for (const method of ["GET", "POST", "DELETE"]) {
      const error = await failure(
        fake.jira({ ...clock(), transport: closed }).request({ method, path: "/x" }),
      );
      expect([error.code, error.details.attempts]).toEqual(["connection_refused", 4]);
    }
    const tls = {
      ...fake.transport,
      send: toward(fake.transport, fake.url, fake.url.replace("http:", "https:")),
    };
    const error = await failure(fake.jira({ ...clock(), transport: tls }).request({ path: "/x" }));
    expect(["http_not_https", "tls_failed"]).toContain(error.code);
    expect(error.details.attempts).toBe(1);
  });
});

/** The same transport, dialling elsewhere: the other side is as real as before. */
function toward(transport: Transport, from: string, to: string): Transport["send"] {
  return (request, options) =>
    transport.send({ ...request, url: request.url.replace(from, to) }, { ...options, trust: "operator" });
}

describe("no write is sent twice unless the first is known not to have happened", () => {
  type Step = { readonly name: string; readonly reply: Reply | "refused"; readonly undone: boolean };
  const STEPS: readonly Step[] = [
    { name: "done", reply: OK, undone: false },
    { name: "cut", reply: "cut", undone: false },
    { name: "500", reply: [500, ""], undone: false },
    { name: "502", reply: [502, ""], undone: false },
    { name: "503", reply: [503, "", { "retry-after": "1" }], undone: false },
    { name: "504", reply: [504, ""], undone: false },
    { name: "408", reply: [408, ""], undone: false },
    { name: "409", reply: [409, {}], undone: false },
    { name: "html", reply: [200, "<html></html>", { "content-type": "text/html" }], undone: false },
    { name: "anonymous", reply: [200, {}, { "x-ausername": "anonymous" }], undone: false },
    { name: "429", reply: [429, "", LIMITED], undone: true },
    { name: "limit", reply: [503, "", { "ratelimit-reason": "x" }], undone: true },
    { name: "401", reply: REJECTED, undone: true },
    { name: "refused", reply: "refused", undone: true },
  ];

  it("for any sequence of answers", async () => {
    let script: Step[] = [];
    let at = 0;
    const perhaps: string[] = [];
    const fake = await fakeJira(() => {
      const step = script[at++]!;
      if (!step.undone) perhaps.push(step.name);
      return step.reply as Reply;
    });
    const dead = toward(fake.transport, fake.url, "http://127.0.0.1:1");
    const transport: Transport = {
      ...fake.transport,
      send: (request, options) => {
        if (script[at]?.reply !== "refused") return fake.transport.send(request, options);
        at++;
        return dead(request, options);
      },
    };
    const property = fc.asyncProperty(
      fc.constantFrom("POST", "PUT", "PATCH", "DELETE"),
      fc.constantFrom("cloud", "datacenter-oauth2" as const),
      fc.array(fc.constantFrom(...STEPS), { minLength: 8, maxLength: 8 }),
      async (method, flavor, steps) => {
        [script, at] = [steps, 0];
        perhaps.length = 0;
        const { source } = credentials();
        await fake
          .jira({ ...clock(), flavor: flavor as "cloud", transport, source })
          .request({ method, path: "/rest/api/2/issue", json: { n: 1 } })
          .catch(() => {});
        const first = steps.findIndex(({ undone }) => !undone);
        expect(perhaps.length).toBeLessThanOrEqual(1);
        if (first >= 0) expect(at).toBeLessThanOrEqual(first + 1);
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });
});

describe("how long it waits", () => {
  const waitsOf = async (
    reply: Reply,
    options: Partial<JiraParts> = {},
    input: Partial<JiraRequest> = {},
  ) => {
    const time = clock();
    const fake = await fakeJira((_seen, count) => (count <= 2 ? reply : OK));
    const random = (bytes: number) => new Uint8Array(bytes);
    const answer = await fake
      .jira({ ...time, random, ...options })
      .request({ path: "/x", ...input })
      .catch((error: unknown) => error);
    return { waits: time.waits, answer, sent: fake.seen.length };
  };

  it.each([
    ["seconds", { "retry-after": "3" }, [3_000, 3_000]],
    ["a date", { "retry-after": "Thu, 26 Mar 2026 15:59:33 GMT" }, [3_000, 0]],
    ["an old date form", { "retry-after": "Thursday, 26-Mar-26 15:59:33 GMT" }, [3_000, 0]],
    ["a reset without seconds", { "x-ratelimit-reset": "2026-03-26T15:59:33Z" }, [3_000, 0]],
    ["a reset as a number", { "x-ratelimit-reset": "1774540773" }, [3_000, 0]],
    [
      "Retry-After before the reset",
      { "retry-after": "1", "x-ratelimit-reset": "2026-03-26T16:30Z" },
      [1_000, 1_000],
    ],
    ["nothing: no chance, no wait", {}, [0, 0]],
  ])("as Jira asks: %s", async (_name, headers, waits) => {
    expect((await waitsOf([429, "", headers as Record<string, string>])).waits).toEqual(waits);
  });

  it("not at all where Jira asks for more than allowed: the wait is handed on", async () => {
    const { answer, waits, sent } = await waitsOf([
      429,
      "",
      { "retry-after": "3600", "ratelimit-reason": "jira-quota-tenant-based" },
    ]);
    expect([sent, waits]).toEqual([1, []]);
    expect(answer).toMatchObject({
      code: "jira_rate_limited",
      retry_after_s: 3_600,
      details: { attempts: 1, reason: "jira-quota-tenant-based" },
    });
  });

  it("longer for work nobody waits for, and as the call says", async () => {
    const far: Reply = [429, "", { "retry-after": "50" }];
    expect((await waitsOf(far, { priority: "bulk" })).waits).toEqual([50_000, 50_000]);
    expect((await waitsOf(far, {}, { priority: "bulk" })).sent).toBe(3);
    expect((await waitsOf(far, {}, { retry: { max_wait_ms: 60_000 } })).sent).toBe(2);
    expect((await waitsOf([429, ""], {}, { retry: { attempts: 1 } })).sent).toBe(1);
  });

  it("an abort ends the wait with the caller's own reason", async () => {
    const controller = new AbortController();
    const fake = await fakeJira(() => {
      setTimeout(() => controller.abort(new Error("the caller left")), 10);
      return [429, "", { "retry-after": "5" }];
    });
    await expect(fake.jira().request({ path: "/x", signal: controller.signal })).rejects.toThrow(
      "the caller left",
    );
    expect(fake.seen).toHaveLength(1);
  });

  it("backoff doubles under full jitter and ends at half a minute", () => {
    expect([1, 2, 3, 4].map((tries) => waitBefore(undefined, tries, 1))).toEqual([500, 1_000, 2_000, 4_000]);
    expect(waitBefore(undefined, 40, 1)).toBe(30_000);
    expect(waitBefore(undefined, 40, 0)).toBe(0);
    expect(waitBefore(10, 1, 1)).toBe(11_000);
    expect(waitBefore(10, 1, 0)).toBe(10_000);
  });
});

describe("the budget of a site", () => {
  it("keeps second tries to a share of the calls, for all clients together", async () => {
    const fake = await fakeJira(() => [503, ""]);
    const budget = createRetryBudget({ share: 0.1, most: 5 });
    for (let call = 0; call < 40; call++) {
      await failure(fake.jira({ ...clock(), budget }).request({ path: "/x" }));
    }
    expect(fake.seen.length).toBeGreaterThanOrEqual(40 + 5);
    expect(fake.seen.length).toBeLessThanOrEqual(40 + 5 + 4);
    await failure(fake.jira({ ...clock(), budget, base_path: "/ex/jira/other" }).request({ path: "/x" }));
    expect(fake.seen.at(-1)!.path).toContain("/other/");
    expect(fake.seen.slice(-4).every(({ path }) => path.includes("/other/"))).toBe(true);
  });
});
