import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { Browser } from "./auth-browser.ts";
import { header, keyPair, type Signing, sign } from "./auth-signer.ts";

const keys = keyPair();
const strangers = keyPair();
let sandbox: RunningSandbox;
let base: string;

beforeAll(async () => {
  sandbox = await startSandbox({
    consumers: [
      { key: "OauthKey", public_key: keys.publicKey },
      { key: "Other", public_key: keys.publicKey },
    ],
  });
  base = sandbox.dataCenterUrl;
});
afterAll(() => sandbox.stop());

const servlet = (name: string) => `${base}/plugins/servlet/oauth/${name}`;
const now_ms = () => sandbox.control.state().clock.now_ms;

async function send(url: string, oauth: Signing["oauth"], over: Partial<Signing> = {}) {
  const signing = { method: "POST", url, privateKey: keys.privateKey, now_ms: now_ms(), oauth, ...over };
  const response = await fetch(url, {
    method: signing.method,
    headers: { authorization: header(sign(signing)) },
  });
  const body = await response.text();
  return {
    status: response.status,
    challenge: response.headers.get("www-authenticate") ?? "",
    type: response.headers.get("content-type") ?? "",
    answer: Object.fromEntries(new URLSearchParams(body)),
    body,
  };
}

const begin = (oauth: Signing["oauth"], over: Partial<Signing> = {}) =>
  send(servlet("request-token"), { oauth_callback: "oob", ...oauth }, over);

/** A refusal stands in the status, the challenge and the body alike. */
function expectProblem(
  got: Awaited<ReturnType<typeof send>>,
  status: number,
  answer: Record<string, string>,
) {
  expect(got.answer).toMatchObject(answer);
  expect(got.status).toBe(status);
  expect(got.type).toBe("application/x-www-form-urlencoded;charset=UTF-8");
  expect(got.challenge).toContain(`OAuth realm="${encodeURIComponent(base)}"`);
  for (const [name, value] of Object.entries(got.answer)) {
    expect(got.challenge).toContain(`${name}="${encodeURIComponent(value)}"`);
  }
  expect(sandbox.control.requests().at(-1)?.reason).toContain(answer.oauth_problem);
}

async function tokenDecided(button: "approve" | "deny" | undefined, callback: string | undefined = "oob") {
  const { answer } = await send(servlet("request-token"), { oauth_callback: callback });
  const browser = new Browser();
  const login = await browser.get(`${base}/login.jsp`);
  await browser.submit(login, { username: "alana", password: "alana" });
  const where = `${servlet("authorize")}?oauth_token=${answer.oauth_token}`;
  const page = button && (await browser.submit(await browser.get(where), {}, button));
  return {
    browser,
    where,
    oauth_token: answer.oauth_token ?? "",
    verifier: /code is '(\w{6})'/.exec(page?.body ?? "")?.[1] ?? "",
  };
}

describe("request token: every refusal, with its status, challenge and body", () => {
  test("consumer key missing", async () => {
    const got = await begin({ oauth_consumer_key: undefined });
    expectProblem(got, 400, {
      oauth_problem: "parameter_absent",
      oauth_parameters_absent: "oauth_consumer_key",
    });
  });

  test("consumer unknown, before anything else is looked at", async () => {
    const got = await begin({ oauth_consumer_key: "nobody", oauth_signature_method: "HMAC-SHA1" });
    expectProblem(got, 401, { oauth_problem: "consumer_key_unknown" });
    expect(got.challenge.match(/OAuth realm/g)).toHaveLength(2);
  });

  test.each(["HMAC-SHA1", "PLAINTEXT", "RSA-SHA256", "rsa-sha1"])(
    "%s is refused with exactly one pair",
    async (method) => {
      const got = await begin({ oauth_signature_method: method });
      expectProblem(got, 400, { oauth_problem: "signature_method_rejected" });
      expect(got.body).toBe("oauth_problem=signature_method_rejected");
    },
  );

  test("a parameter in header and query", async () => {
    const got = await send(`${servlet("request-token")}?oauth_callback=oob`, { oauth_callback: "oob" });
    expectProblem(got, 400, {
      oauth_problem: "parameter_rejected",
      oauth_parameters_rejected: "oauth_callback=oob&oauth_callback=oob",
    });
  });

  test("a version that is not 1.0; none, and 1, are taken", async () => {
    expectProblem(await begin({ oauth_version: "2.0" }), 400, {
      oauth_problem: "version_rejected",
      oauth_acceptable_versions: "1.0-1.0",
    });
    expect((await begin({ oauth_version: undefined })).status).toBe(200);
    expect((await begin({ oauth_version: "1" })).status).toBe(200);
  });

  test("timestamp and nonce missing are named together", async () => {
    const got = await begin({ oauth_timestamp: undefined, oauth_nonce: undefined });
    expectProblem(got, 400, {
      oauth_problem: "parameter_absent",
      oauth_parameters_absent: "oauth_timestamp&oauth_nonce",
    });
  });

  test("a clock that is off is told the window; its edges are inside", async () => {
    const got = await begin({}, { now_ms: now_ms() - 600_000 });
    expect(got.answer.oauth_acceptable_timestamps).toMatch(/^\d+-\d+$/);
    expectProblem(got, 400, { oauth_problem: "timestamp_refused" });
    const [min = 0, max = 0] = (got.answer.oauth_acceptable_timestamps ?? "").split("-").map(Number);
    expect(max - min).toBe(600);
    expect((await begin({ oauth_timestamp: String(max) })).status).toBe(200);
    expect((await begin({ oauth_timestamp: String(max + 3) })).answer.oauth_problem).toBe(
      "timestamp_refused",
    );
    expect((await begin({ oauth_timestamp: String(min - 1) })).answer.oauth_problem).toBe(
      "timestamp_refused",
    );
  });

  test.each([{ oauth_timestamp: "abc" }, { oauth_version: "1.0A" }])(
    "a number that is none (%j) is a bare 500 with a challenge",
    async (oauth) => {
      const got = await begin(oauth);
      expect(got).toMatchObject({ status: 500, body: "" });
      expect(got.challenge).toMatch(/^OAuth realm=/);
    },
  );

  test("a wrong signature gets the server's base string back, and its nonce is spent all the same", async () => {
    const oauth = { oauth_nonce: "spent-by-a-wrong-signature" };
    const got = await begin(oauth, { privateKey: strangers.privateKey });
    expectProblem(got, 401, { oauth_problem: "signature_invalid", oauth_signature_method: "RSA-SHA1" });
    expect(got.answer.oauth_signature_base_string).toMatch(
      /^POST&http%3A%2F%2Flocalhost%3A\d+%2Fjira%2Fplugins/,
    );
    expectProblem(await begin(oauth), 401, { oauth_problem: "nonce_used" });
  });

  test("a nonce is refused for its consumer even with another timestamp", async () => {
    const oauth_nonce = "one-for-all-time";
    expect((await begin({ oauth_nonce })).status).toBe(200);
    const later = await begin({ oauth_nonce }, { now_ms: now_ms() - 20_000 });
    expectProblem(later, 401, { oauth_problem: "nonce_used" });
    expect((await begin({ oauth_nonce, oauth_consumer_key: "Other" })).status).toBe(200);
  });

  test.each(["myapp://callback", "/relative", "ftp://files.example/"])(
    "callback %s is refused and named",
    async (bad) => {
      const got = await begin({ oauth_callback: bad });
      expectProblem(got, 400, {
        oauth_problem: "parameter_rejected",
        oauth_parameters_rejected: "oauth_callback",
      });
      expect(got.answer.oauth_problem_advice).toContain(bad);
    },
  );

  test("the order of the parameters of a problem is not the same each time", async () => {
    const orders = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const { body } = await begin({ oauth_version: "9" });
      orders.add(body.split("=")[0] ?? "");
    }
    expect([...orders].sort()).toEqual(["oauth_acceptable_versions", "oauth_problem"]);
  });

  test("a consumer without a public key is unknown, and the log says why", async () => {
    const fresh = await startSandbox();
    try {
      const url = `${fresh.dataCenterUrl}/plugins/servlet/oauth/request-token`;
      const got = await send(url, { oauth_callback: "oob" });
      expect(got.answer.oauth_problem).toBe("consumer_key_unknown");
      expect(fresh.control.requests().at(-1)?.reason).toContain("no public key yet");
    } finally {
      await fresh.stop();
    }
  });
});

describe("access token: the token's state is looked at before the signature", () => {
  const exchange = (oauth: Signing["oauth"], over: Partial<Signing> = {}) =>
    send(servlet("access-token"), oauth, over);
  const wrongKey = { privateKey: strangers.privateKey };

  test("token missing, unknown", async () => {
    expectProblem(await exchange({}), 400, {
      oauth_problem: "parameter_absent",
      oauth_parameters_absent: "oauth_token",
    });
    expectProblem(await exchange({ oauth_token: "x" }, wrongKey), 401, { oauth_problem: "token_rejected" });
  });

  test("undecided, denied, expired: each hides a wrong signature", async () => {
    const { oauth_token } = await tokenDecided(undefined);
    expectProblem(await exchange({ oauth_token }, wrongKey), 401, { oauth_problem: "permission_unknown" });
    const denied = await tokenDecided("deny");
    expectProblem(await exchange({ oauth_token: denied.oauth_token }, wrongKey), 401, {
      oauth_problem: "permission_denied",
    });
    const old = await tokenDecided("approve");
    sandbox.control.advance(601);
    expectProblem(await exchange({ oauth_token: old.oauth_token }, wrongKey), 401, {
      oauth_problem: "token_expired",
    });
  });

  test("another consumer's token, verifier missing, verifier wrong, then the signature", async () => {
    const { oauth_token, verifier } = await tokenDecided("approve");
    expectProblem(
      await exchange({ oauth_token, oauth_verifier: verifier, oauth_consumer_key: "Other" }),
      401,
      {
        oauth_problem: "token_rejected",
      },
    );
    expectProblem(await exchange({ oauth_token }, wrongKey), 400, {
      oauth_problem: "parameter_absent",
      oauth_parameters_absent: "oauth_verifier",
    });
    expectProblem(await exchange({ oauth_token, oauth_verifier: "wrong1" }, wrongKey), 401, {
      oauth_problem: "token_rejected",
    });
    expectProblem(await exchange({ oauth_token, oauth_verifier: verifier }, wrongKey), 401, {
      oauth_problem: "signature_invalid",
    });
    expect((await exchange({ oauth_token, oauth_verifier: verifier })).status).toBe(200);
  });
});

describe("the approval page names a dead token", () => {
  test("missing, unknown, used, expired", async () => {
    const { browser, where, oauth_token } = await tokenDecided("approve");
    const problem = async (url: string) => {
      const page = await browser.get(url);
      return [page.status, new URLSearchParams(page.body).get("oauth_problem")];
    };
    expect(await problem(servlet("authorize"))).toEqual([400, "parameter_absent"]);
    expect(await problem(`${servlet("authorize")}?oauth_token=none`)).toEqual([401, "token_rejected"]);
    expect(await problem(where)).toEqual([401, "token_used"]);
    const undecided = await tokenDecided(undefined);
    sandbox.control.advance(601);
    expect(await problem(undecided.where)).toEqual([401, "token_expired"]);
    expect(oauth_token).not.toBe(undecided.oauth_token);
  });
});
