import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig, reachFor } from "../../src/config/index.ts";
import { isLatchkeyError, type LatchkeyError } from "../../src/errors.ts";
import { bodyText } from "../../src/http.ts";
import { secret } from "../../src/secret.ts";
import { createTransport, type SiteReach, type Transport } from "../../src/transport.ts";
import { type Authority, newAuthority, type ProxyServer, serveCertified, serveProxy } from "./private.ts";
import { keptLog } from "./servers.ts";

const NAME = "jira.corp.example";
const cleanups: (() => Promise<void>)[] = [];
let corporate: Authority;
let stranger: Authority;
let jira: { readonly port: number };
let guarded: { readonly port: number };
let proxy: ProxyServer;
let closed: ProxyServer;

beforeAll(async () => {
  corporate = await newAuthority("Corporate CA");
  stranger = await newAuthority("Another CA");
  const keep = <T extends { stop(): Promise<void> }>(server: T): T => {
    cleanups.push(() => server.stop());
    return server;
  };
  jira = keep(await serveCertified(corporate, NAME, (request, answer) => answer.end(`plain ${request.url}`)));
  guarded = keep(
    await serveCertified(corporate, NAME, (request, answer) => answer.end(`known ${request.url}`), corporate),
  );
  proxy = keep(await serveProxy({ [NAME]: jira.port }));
  closed = keep(
    await serveProxy(
      { [NAME]: guarded.port },
      `Basic ${Buffer.from("robot:s3cret-pass").toString("base64")}`,
    ),
  );
});
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

/** Names of the private network lead to loopback, as its DNS would lead to it; without, nobody knows them. */
function door(reach: SiteReach | undefined, names = true): Transport {
  const transport = createTransport({
    allowances: () => [{ origin: `https://${NAME}:${guarded.port}`, base_path: "/jira" }],
    log: keptLog().log,
    reach: () => reach,
    lookup: async (host) => {
      if (names && host === NAME) return [{ address: "127.0.0.1", family: 4 }];
      throw Object.assign(new Error("unknown"), { code: "ENOTFOUND" });
    },
  });
  cleanups.unshift(() => transport.close());
  return transport;
}

const get = (port: number, path = "/jira/rest/api/2/myself") => ({
  method: "GET",
  url: `https://${NAME}:${port}${path}`,
  headers: {},
});

async function failure(work: Promise<unknown>): Promise<LatchkeyError> {
  const thrown = await work.catch((error: unknown) => error);
  if (!isLatchkeyError(thrown)) throw new Error(`expected a LatchkeyError, got ${String(thrown)}`);
  return thrown;
}

describe("a certificate", () => {
  it("of an authority nobody knows is refused, with the option that helps", async () => {
    const error = await failure(door(undefined).send(get(guarded.port), { trust: "operator" }));
    expect(error).toMatchObject({
      code: "tls_failed",
      fix: expect.stringContaining("ca_file under [reach."),
    });
    expect(error.message).toContain("authority that is not trusted");
  });

  it("of ours is asked for, shown, and lets us in below the context path", async () => {
    const ca = corporate.ca;
    const bare = await failure(door({ ca }).send(get(guarded.port)));
    expect(bare).toMatchObject({
      code: "tls_client_certificate_required",
      fix: expect.stringContaining("client_certificate_file"),
    });
    const { cert, key } = await corporate.issue("latchkey");
    const known = door({ ca, client_certificate: { cert, key: secret(key) } });
    expect(bodyText(await known.send(get(guarded.port)))).toBe("known /jira/rest/api/2/myself");
    // The allowance is for the context path: the certificate opens no other door.
    expect((await failure(known.send(get(guarded.port, "/other")))).code).toBe("egress_refused");
  });

  it("of ours that the server does not know does not let us in", async () => {
    const { cert, key } = await stranger.issue("latchkey");
    const unknown = door({ ca: corporate.ca, client_certificate: { cert, key: secret(key) } });
    const { code } = await failure(unknown.send(get(guarded.port)));
    expect(["tls_client_certificate_refused", "connection_reset"]).toContain(code);
  });

  it("is not lent: one site's certificate goes to no other", async () => {
    const { cert, key } = await corporate.issue("latchkey");
    const reach = { ca: corporate.ca, client_certificate: { cert, key: secret(key) } };
    const transport = createTransport({
      allowances: () => [],
      log: keptLog().log,
      reach: (url) => (url.pathname.startsWith("/mine") ? reach : { ca: corporate.ca }),
      lookup: async () => [{ address: "127.0.0.1", family: 4 }],
    });
    cleanups.unshift(() => transport.close());
    const mine = await transport.send(get(guarded.port, "/mine"), { trust: "operator" });
    expect(bodyText(mine)).toBe("known /mine");
    const other = await failure(transport.send(get(guarded.port, "/other"), { trust: "operator" }));
    expect(other.code).toBe("tls_client_certificate_required");
  });
});

describe("an HTTP proxy", () => {
  const via = (url: string, more: Partial<NonNullable<SiteReach["http_proxy"]>> = {}): SiteReach => ({
    ca: corporate.ca,
    http_proxy: { url, ...more },
  });

  it("resolves the site's name, and TLS is with the site itself", async () => {
    const answer = await door(via(proxy.url), false).send(get(443));
    expect(bodyText(answer)).toBe("plain /jira/rest/api/2/myself");
    expect(proxy.asked.at(-1)).toMatchObject({ target: `${NAME}:443`, status: 200 });
    const { http_proxy } = via(proxy.url);
    const untrusted = await failure(
      door({ ca: stranger.ca, ...(http_proxy && { http_proxy }) }, false).send(get(443)),
    );
    expect(untrusted.code).toBe("tls_failed");
  });

  it("that asks for a password is given it, with the client certificate for the site behind", async () => {
    const { cert, key } = await corporate.issue("latchkey");
    const client_certificate = { cert, key: secret(key) };
    const asks = await failure(door(via(closed.url), false).send(get(443)));
    expect(asks).toMatchObject({
      code: "proxy_credentials_required",
      fix: expect.stringContaining("http_proxy_user"),
    });
    const wrong = via(closed.url, { user: "robot", password: secret("guess-work") });
    expect((await failure(door(wrong, false).send(get(443)))).code).toBe("proxy_credentials_required");
    const right = {
      ...via(closed.url, { user: "robot", password: secret("s3cret-pass") }),
      client_certificate,
    };
    expect(bodyText(await door(right, false).send(get(443)))).toBe("known /jira/rest/api/2/myself");
  });

  it("that refuses, is not there, or is none is said to be that, and nothing was sent", async () => {
    const elsewhere = { method: "GET", url: "https://other.corp.example/", headers: {} };
    const refused = await failure(door(via(proxy.url), false).send(elsewhere));
    expect(refused).toMatchObject({ code: "proxy_refused", details: { status: 403, stage: "connect" } });
    const gone = await failure(door(via("http://127.0.0.1:1"), false).send(get(443)));
    expect(gone).toMatchObject({ code: "proxy_unreachable", details: { stage: "connect" } });
  });

  it("lets nobody reach a private address by its number", async () => {
    const before = proxy.asked.length;
    const error = await failure(door(via(proxy.url), false).send({ ...get(443), url: "https://10.0.0.5/" }));
    expect(error.code).toBe("egress_refused");
    expect(proxy.asked).toHaveLength(before);
  });

  it("has a plain http site behind it too", async () => {
    const answer = await failure(door(via(proxy.url), false).send({ ...get(80), url: `http://${NAME}/` }));
    // The tunnel leads to the https server, which refuses plain http: the request went through it.
    expect(proxy.asked.at(-1)?.target).toBe(`${NAME}:80`);
    expect(answer.code).not.toBe("proxy_refused");
  });
});

describe("[reach] in the configuration file", () => {
  const home = (toml: string, files: Record<string, string> = {}) => {
    const directory = mkdtempSync(join(tmpdir(), "latchkey-reach-"));
    writeFileSync(join(directory, "config.toml"), toml);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    return { env: { LATCHKEY_HOME: directory } };
  };

  it("is read with its files, and found by origin, exact before a star", async () => {
    const { cert, key } = await corporate.issue("latchkey");
    const { reach } = loadConfig(
      home(
        `[reach."https://jira.corp.example"]
ca_file = "ca.pem"
client_certificate_file = "me.pem"
client_key_file = "me.key"
[reach."https://*.atlassian.net"]
http_proxy = "http://proxy.corp.example:3128"
http_proxy_user = "robot"
http_proxy_password_file = "password"
[reach."https://acme.atlassian.net"]
ca_file = "ca.pem"
`,
        { "ca.pem": corporate.ca, "me.pem": cert, "me.key": key, password: "s3cret-pass\n" },
      ),
    );
    const at = (url: string) => reachFor(reach, new URL(url));
    expect(at("https://jira.corp.example/jira")).toMatchObject({
      ca: corporate.ca,
      client_certificate: { cert },
    });
    expect(at("https://globex.atlassian.net/")?.http_proxy?.password?.reveal()).toBe("s3cret-pass");
    expect(at("https://acme.atlassian.net/")?.http_proxy).toBeUndefined();
    for (const other of ["http://jira.corp.example/", "https://atlassian.net/", "https://xatlassian.net/"]) {
      expect(at(other), other).toBeUndefined();
    }
    expect(JSON.stringify(reach)).not.toMatch(/s3cret-pass|PRIVATE KEY/);
  });

  it("lists every mistake with its table and field", async () => {
    const { cert } = await corporate.issue("latchkey");
    const { key } = await corporate.issue("another");
    const wrong = home(
      `[reach."https://a.example"]
ca_flie = "ca.pem"
ca_file = "missing.pem"
[reach."https://b.example/jira"]
[reach."https://c.example"]
client_certificate_file = "me.pem"
[reach."https://d.example"]
client_certificate_file = "me.pem"
client_key_file = "me.key"
http_proxy = "http://robot:secret@proxy:3128"
[reach."https://*.example.*"]
ca_file = "me.key"
`,
      { "me.pem": cert, "me.key": key },
    );
    const thrown = await failure(Promise.resolve().then(() => loadConfig(wrong)));
    expect(thrown.code).toBe("config_invalid");
    for (const says of [
      /a\.example".*no ca_flie; ca_file is/,
      /a\.example".*missing\.pem, which cannot be read \(ENOENT\)/,
      /b\.example\/jira".*must be named by an origin/,
      /c\.example".*go together/,
      /d\.example".*is not the key of/,
      /d\.example".*fields of their own/,
      /\*\.example\.\*".*origin/,
      /\*\.example\.\*".*no certificate/,
    ]) {
      expect(thrown.message).toMatch(says);
    }
    expect(thrown.message).not.toContain("robot:secret");
  });
});
