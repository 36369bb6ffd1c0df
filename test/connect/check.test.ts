import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { checkForm } from "../../src/connect/check/form.ts";
import type { CheckFinding, CheckReport } from "../../src/connect/index.ts";
import type { Flavor } from "../../src/protocol/index.ts";
import { Secret } from "../../src/secret.ts";
import { generateKeyPair, type Registration, type RegistrationInput } from "../../src/vault/index.ts";
import { type Hall, openHall, register } from "./hall.ts";
import { codeOf } from "./refusals.ts";

let hall: Hall;
let plain: Server;
let plainUrl: string;
let count = 0;

beforeAll(async () => {
  hall = await openHall();
  plain = createServer((_, response) => response.writeHead(404).end("nothing here"));
  await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
  plainUrl = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
  hall.allow(plainUrl);
});
afterEach(() => {
  hall.sandbox.control.clearFaults();
  hall.clock.ahead_ms = 0;
});
afterAll(async () => {
  await new Promise((resolve) => plain.close(resolve));
  await hall.close();
});

async function check(flavor: Flavor, change: Partial<RegistrationInput> = {}): Promise<CheckReport> {
  count += 1;
  const registration_id = await register(hall, flavor, { id: `checked-${count}`, ...change });
  return hall.connect.check({ registration_id });
}

function finding(report: CheckReport, code: string): CheckFinding {
  const found = report.findings.find((one) => one.code === code);
  if (found === undefined) throw new Error(`no ${code} among ${JSON.stringify(report.findings)}`);
  return found;
}

describe("a registration that is right", () => {
  it.each(["cloud", "datacenter-oauth2", "datacenter-oauth1"] as const)(
    "%s is proven to be",
    async (flavor) => {
      const report = await check(flavor);
      expect(report.outcome).toBe("ok");
      expect(report.findings.filter(({ outcome }) => outcome === "wrong")).toEqual([]);
    },
  );

  it("says unproven where nothing can be proven: whether Jira has the redirect URI", async () => {
    for (const flavor of ["cloud", "datacenter-oauth2"] as const) {
      expect(finding(await check(flavor), "redirect_uri").outcome).toBe("unproven");
    }
    expect(finding(await check("datacenter-oauth1"), "callback").outcome).toBe("ok");
  });

  it("never asks an authorize address", async () => {
    await check("cloud");
    await check("datacenter-oauth2");
    const asked = hall.sandbox.control.requests().map(({ path }) => path);
    expect(asked.filter((path) => path.includes("authorize"))).toEqual([]);
  });
});

describe("OAuth 2.0", () => {
  it.each(["cloud", "datacenter-oauth2"] as const)("%s: a wrong secret is proven", async (flavor) => {
    const report = await check(flavor, { client_secret: new Secret("not-the-secret-at-all") });
    expect(report.outcome).toBe("wrong");
    const wrong = finding(report, "invalid_client");
    expect(wrong.says).toMatch(/client id or the client secret/);
    expect(JSON.stringify(report)).not.toContain("not-the-secret-at-all");
  });

  it.each(["cloud", "datacenter-oauth2"] as const)("%s: an unknown client id is proven", async (flavor) => {
    const report = await check(flavor, { client_id: "nobody" });
    expect(finding(report, "invalid_client").outcome).toBe("wrong");
  });

  it("a server that answers both with the same words proves neither", async () => {
    hall.sandbox.control.faults({
      match: { path: "/oauth/token" },
      status: 400,
      body: { error: "invalid_request" },
    });
    const report = await check("cloud");
    expect(report.outcome).toBe("unproven");
    expect(finding(report, "client").outcome).toBe("unproven");
  });

  it("a server that fails just now proves nothing", async () => {
    hall.sandbox.control.faults({ match: { path: "/oauth/token" }, status: 503, body: "busy" });
    const report = await check("cloud");
    expect(report.outcome).toBe("unproven");
    expect(finding(report, "temporarily_unavailable").outcome).toBe("unproven");
  });

  it("a token address that is none is proven", async () => {
    const report = await check("cloud", { auth_url: plainUrl });
    expect(report.outcome).toBe("wrong");
    expect(finding(report, "token_answer_unreadable").evidence).toMatchObject({ status: 404 });
  });

  it("scopes that cannot work are named: offline_access forgotten, openid, Cloud's on Data Center", async () => {
    const forgotten = await check("cloud", { scope: ["read:jira-work"] });
    expect(finding(forgotten, "refresh_token_absent").fix).toContain("offline_access");
    const openid = await check("cloud", { scope: ["openid", "read:jira-work", "offline_access"] });
    expect(finding(openid, "invalid_scope").says).toContain("openid");
    const foreign = await check("datacenter-oauth2", { scope: ["read:jira-work"] });
    expect(finding(foreign, "invalid_scope").says).toContain("read:jira-work");
  });

  it("an http redirect URI that is not this machine's is named", async () => {
    const report = await check("cloud", { redirect_uri: "http://product.example/callback" });
    expect(finding(report, "redirect_uri").outcome).toBe("wrong");
  });

  it("a draft without id and secret says what is missing", async () => {
    count += 1;
    const { vault } = hall;
    const { id } = await vault.registrations.add({
      id: `draft-${count}`,
      flavor: "datacenter-oauth2",
      client_id: "",
      site_base_url: hall.sandbox.dataCenterUrl,
      redirect_uri: "http://localhost:8080/callback/x",
      scope: ["WRITE"],
      state: "draft",
    });
    const missing = finding(await hall.connect.check({ registration_id: id }), "registration_incomplete");
    expect(missing.evidence).toEqual({ missing: ["client_id", "client_secret"] });
  });
});

describe("OAuth 1.0a", () => {
  it("an unknown consumer key is proven", async () => {
    const report = await check("datacenter-oauth1", { client_id: "OAuthKey" });
    expect(finding(report, "consumer_key_unknown").evidence).toEqual({ consumer_key: "OAuthKey" });
  });

  it("a public key that is not the pair is proven by equal base strings", async () => {
    const { private_pem, spki_sha256 } = await generateKeyPair({ now: Date.now });
    const wrong = finding(
      await check("datacenter-oauth1", { private_key: private_pem }),
      "signature_invalid",
    );
    expect(wrong.says).toMatch(/very same text.*another public key/);
    expect(wrong.evidence).toMatchObject({ spki_sha256 });
    expect(wrong.evidence?.our_base_string).toBe(wrong.evidence?.their_base_string);
  });

  it("a proxy that changes the address is proven, with the connector's settings", async () => {
    const path = "/jira/plugins/servlet/oauth/request-token";
    hall.sandbox.control.faults({ match: { path }, rewrite_url: "https://10.0.0.5:8443" });
    const wrong = finding(await check("datacenter-oauth1"), "signature_invalid");
    expect(wrong.says).toContain("https://10.0.0.5:8443/jira/plugins/servlet/oauth/request-token");
    const { hostname, port } = new URL(hall.sandbox.dataCenterUrl);
    expect(wrong.fix).toContain('scheme="http" secure="false"');
    expect(wrong.fix).toContain(`proxyName="${hostname}" proxyPort="${port}"`);
  });

  it("clocks that are ten minutes apart are proven, with how far", async () => {
    const path = "/jira/plugins/servlet/oauth/request-token";
    hall.sandbox.control.faults({ match: { path }, clock_skew_s: 600 });
    const wrong = finding(await check("datacenter-oauth1"), "timestamp_refused");
    expect(Math.abs(Number(wrong.evidence?.skew_s) - 600)).toBeLessThan(5);
    expect(wrong.says).toMatch(/clock/);
  });

  it("a clock that goes wrong is noticed while Jira still takes the signature", async () => {
    hall.clock.ahead_ms = -200_000;
    const report = await check("datacenter-oauth1");
    expect(report.outcome).toBe("ok");
    expect(finding(report, "clock").says).toMatch(/3 minutes ahead/);
  });

  it("a callback that no Jira takes is named without asking", () => {
    const registration = {
      flavor: "datacenter-oauth1",
      client_id: "k",
      redirect_uri: "myapp://callback",
      scope: [],
    };
    const [found] = checkForm(registration as unknown as Registration);
    expect(found).toMatchObject({ code: "redirect_uri", outcome: "wrong" });
  });
});

describe("the address", () => {
  it("nobody listens on is proven", async () => {
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    hall.allow(`http://127.0.0.1:${port}`);
    const report = await check("datacenter-oauth1", { site_base_url: `http://127.0.0.1:${port}` });
    expect(report.outcome).toBe("wrong");
    expect(finding(report, "connection_refused").fix).toContain("port");
  });

  it("of something that is no Jira is proven", async () => {
    const report = await check("datacenter-oauth2", { site_base_url: plainUrl });
    expect(finding(report, "not_a_jira").outcome).toBe("wrong");
  });

  it("without its context path is proven, with the right one", async () => {
    const { origin } = new URL(hall.sandbox.dataCenterUrl);
    hall.allow(origin);
    const wrong = finding(await check("datacenter-oauth1", { site_base_url: origin }), "not_a_jira");
    expect(wrong.fix).toContain(hall.sandbox.dataCenterUrl);
  });

  it("with https where http is spoken is proven", async () => {
    const site_base_url = hall.sandbox.dataCenterUrl.replace("http://", "https://");
    hall.allow(site_base_url);
    const report = await check("datacenter-oauth1", { site_base_url });
    expect(finding(report, "http_not_https").outcome).toBe("wrong");
  });

  it("that is private and allowed by nobody is refused", async () => {
    const report = await check("datacenter-oauth2", {
      site_base_url: "http://127.9.9.9/jira",
      allowance: false,
    });
    expect(finding(report, "egress_refused").outcome).toBe("wrong");
  });

  it("of a Cloud site registered as Data Center is proven to be of another flavor", async () => {
    const report = await check("datacenter-oauth2", { site_base_url: `${hall.sandbox.cloudUrl}/sites/acme` });
    expect(finding(report, "flavor").fix).toContain("cloud");
  });
});

it("a registration that is not there is not found", async () => {
  expect(await codeOf(hall.connect.check({ registration_id: "nobody" }))).toBe("not_found");
});
