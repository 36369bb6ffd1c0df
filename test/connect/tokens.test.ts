import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isLatchkeyError, type LatchkeyError } from "../../src/errors.ts";
import { createJira, type Jira } from "../../src/jira/index.ts";
import { Secret, secret } from "../../src/secret.ts";
import { type Connection, statusOf } from "../../src/vault/index.ts";
import { type Hall, openHall, register } from "./hall.ts";

const DAY = 86_400_000;
const EMAIL = "alana@example.com";

let hall: Hall;
beforeAll(async () => {
  hall = await openHall();
});
afterAll(() => hall.close());

let owners = 0;
/** Each case is another person's, so that none finds the connection of the one before. */
const someone = () => `person-${++owners}`;

const datacenter = (token: string, more: Record<string, unknown> = {}) => ({
  owner: someone(),
  site: hall.sandbox.dataCenterUrl,
  token: secret(token),
  trust: "end-user" as const,
  ...more,
});
const cloud = (token: string, more: Record<string, unknown> = {}) => ({
  ...datacenter(token),
  site: `${hall.sandbox.cloudUrl}/sites/acme`,
  email: EMAIL,
  ...more,
});

async function thrown(work: Promise<unknown>): Promise<LatchkeyError> {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!isLatchkeyError(error)) throw new Error(`expected a LatchkeyError, got ${String(error)}`);
  return error;
}

/** The client that everything else uses: credentials from the vault, answers judged. */
function client(connection: Connection): Jira {
  const { owner, id } = connection;
  return createJira({
    flavor: connection.flavor,
    api_base_url: connection.site.api_base_url,
    site_url: connection.site.url,
    credentials: {
      current: () => hall.vault.credentialFor(owner, id),
      rejected: (token_id) => hall.vault.rejected(owner, id, token_id),
    },
    transport: hall.transport,
    now: hall.now,
    random: (bytes) => new Uint8Array(bytes),
    log: hall.log,
  });
}

async function ahead(ms: number, work: () => Promise<void>): Promise<void> {
  hall.clock.ahead_ms += ms;
  hall.sandbox.control.advance(ms / 1000);
  try {
    await work();
  } finally {
    // The sandbox's clock only moves forward; ours follows it.
  }
}

describe("a personal access token", () => {
  it("makes a connection that reads issues, and is a Bearer", async () => {
    const { connection, reconnected } = await hall.connect.withToken(datacenter("sandbox-pat-alana"));
    expect(reconnected).toBe(false);
    expect(connection).toMatchObject({
      kind: "personal-access-token",
      flavor: "datacenter-oauth2",
      state: "active",
      account: { name: "alana" },
      site: { id: hall.sandbox.dataCenterUrl, deployment: "datacenter" },
    });
    const credential = await hall.vault.credentialFor(connection.owner, connection.id);
    expect(credential.kind).toBe("bearer");
    expect((await client(connection).issue("JJ-2")).key).toBe("JJ-2");
    // There is nothing to renew, and nothing is done.
    const family = await hall.vault.refresh(connection.owner, connection.id);
    expect(family).toMatchObject({ kind: "personal-access-token", generation: 1 });
    expect(statusOf(connection, hall.now()).kind).toBe("well");
  });

  it("dies at Jira's refusal, with what is not excluded, and a new one takes its place under the same id", async () => {
    const first = hall.sandbox.control.makeToken({ face: "datacenter", user: "alana" }).token;
    const input = datacenter(first);
    const { connection } = await hall.connect.withToken(input);
    hall.sandbox.control.revokeToken(first);
    expect((await thrown(client(connection).myself())).code).toBe("connection_dead");
    const dead = await hall.vault.connections.get(connection.owner, connection.id);
    expect(dead).toMatchObject({ state: "dead", dead: { cause: "token_revoked_or_expired" } });
    expect([...(dead.dead?.not_excluded ?? [])].sort()).toEqual([
      "account_deactivated",
      "revoked_by_admin",
      "revoked_by_user",
      "token_expired",
    ]);
    const again = { ...input, reconnect: connection.id };
    const other = await thrown(hall.connect.withToken({ ...again, token: secret("sandbox-pat-william") }));
    expect(other.code).toBe("account_mismatch");
    expect((await hall.vault.connections.get(connection.owner, connection.id)).state).toBe("dead");
    const mended = await hall.connect.withToken({ ...again, token: secret("sandbox-pat-alana") });
    expect(mended).toMatchObject({ reconnected: true, connection: { id: connection.id, state: "active" } });
    const confirmed = { ...again, token: secret("sandbox-pat-william"), confirm_account: true };
    expect((await hall.connect.withToken(confirmed)).connection.account?.name).toBe("william");
    expect((await client(mended.connection).myself()).name).toBe("william");
  });

  it("whose end was told is warned of, and is proven to have ended", async () => {
    const made = hall.sandbox.control.makeToken({ face: "datacenter", user: "alana", days: 40 });
    const expires_at = made.expires_ms!;
    const { connection } = await hall.connect.withToken(datacenter(made.token, { expires_at }));
    expect(statusOf(connection, hall.now())).toEqual({ kind: "soon", at: expires_at, reason: "access" });
    const warned = await hall.vault.families.warn(connection.owner, connection.family_id);
    expect(warned).toEqual([{ reason: "access", ends_at: expires_at, days: 60 }]);
    await ahead(41 * DAY, async () => {
      expect((await thrown(client(connection).myself())).code).toBe("connection_dead");
      const dead = await hall.vault.connections.get(connection.owner, connection.id);
      expect(dead.dead).toMatchObject({ cause: "token_expired" });
    });
  });

  it("given twice is one connection; nothing is kept of one that Jira refuses", async () => {
    const input = datacenter("sandbox-pat-alana");
    const first = await hall.connect.withToken(input);
    const second = await hall.connect.withToken(input);
    expect(second).toMatchObject({ reconnected: true, connection: { id: first.connection.id } });
    const wrong = datacenter("sandbox-pat-nobody");
    const refused = await thrown(hall.connect.withToken(wrong));
    expect(refused).toMatchObject({ code: "token_refused", fix: expect.stringContaining("Profile") });
    expect(refused.message).not.toContain("nobody");
    expect(await hall.vault.connections.list(wrong.owner)).toEqual([]);
    expect(await hall.vault.registrations.list(wrong.owner)).toEqual([]);
  });

  it("is known to its owner alone, and no dance is offered for it", async () => {
    const { connection } = await hall.connect.withToken(datacenter("sandbox-pat-alana"));
    const mine = await hall.vault.registrations.list(connection.owner);
    expect(mine).toMatchObject([{ id: connection.registration_id, credential: "token", allowance: false }]);
    expect(await hall.vault.registrations.list("somebody else")).toEqual([]);
    const found = await hall.connect.discover({
      owner: connection.owner,
      text: hall.sandbox.dataCenterUrl,
      trust: "end-user",
    });
    expect(found).toMatchObject({ registrations: [], needs_setup: true });
    const begun = hall.connect.begin({
      owner: connection.owner,
      registration_id: connection.registration_id,
      binding: new Secret("b".repeat(43)),
    });
    expect((await thrown(begun)).code).toBe("bad_request");
    const gone = await hall.connect.disconnect(connection.owner, connection.id);
    expect(gone.where).toBe(`${hall.sandbox.dataCenterUrl}/secure/ViewProfile.jspa`);
    expect(gone.says).toContain("still takes the token");
  });
});

describe("an API token of Cloud", () => {
  it("without scopes works at the site's own address", async () => {
    await register(hall, "cloud");
    const { connection } = await hall.connect.withToken(cloud("sandbox-api-token-alana"));
    const { sandbox } = hall;
    expect(connection).toMatchObject({
      kind: "api-token",
      flavor: "cloud",
      account: { display_name: "Alana Example" },
      site: { api_base_url: `${sandbox.cloudUrl}/sites/acme`, deployment: "cloud" },
    });
    expect(connection.site.id).toMatch(/^[0-9a-f-]{36}$/);
    const credential = await hall.vault.credentialFor(connection.owner, connection.id);
    expect(credential).toMatchObject({ kind: "basic", username: EMAIL });
    expect((await client(connection).issue("JJ-2")).key).toBe("JJ-2");
  });

  it("with scopes goes through the gateway, and one that may not ask who it is stays without a name", async () => {
    const { control, cloudUrl } = hall.sandbox;
    const work = control.makeToken({ face: "cloud", user: "alana", scopes: ["read:jira-work"] });
    const { connection } = await hall.connect.withToken(cloud(work.token));
    expect(connection.site.api_base_url).toBe(`${cloudUrl}/ex/jira/${connection.site.id}`);
    expect(connection.account).toBeUndefined();
    expect((await client(connection).issue("JJ-2")).key).toBe("JJ-2");
    const both = ["read:jira-work", "read:jira-user"];
    const named = control.makeToken({ face: "cloud", user: "alana", scopes: both });
    const known = await hall.connect.withToken(cloud(named.token));
    expect(known.connection.account).toMatchObject({ display_name: "Alana Example" });
  });

  it("that ended is refused where Jira answers 401, and does not look alive where it answers 200", async () => {
    const { token } = hall.sandbox.control.makeToken({ face: "cloud", user: "alana" });
    const { connection } = await hall.connect.withToken(cloud(token));
    hall.sandbox.control.revokeToken(token);
    expect((await thrown(client(connection).serverInfo())).code).toBe("connection_dead");
    const dead = await hall.vault.connections.get(connection.owner, connection.id);
    expect(dead.dead).toMatchObject({ cause: "token_revoked_or_expired" });
    expect(dead.dead?.not_excluded).toContain("site_gone");
  });

  it("needs the e-mail address of its account", async () => {
    expect(
      await thrown(hall.connect.withToken(cloud("sandbox-api-token-alana", { email: "" }))),
    ).toMatchObject({
      code: "bad_request",
      details: { field: "email" },
    });
    const wrong = cloud("sandbox-api-token-alana", { email: "william@example.com" });
    expect((await thrown(hall.connect.withToken(wrong))).code).toBe("token_refused");
  });
});

describe("what was given is said by its name", () => {
  it.each([
    [`ATATT3xFfGF0${"a".repeat(40)}`, "API token of Atlassian's cloud"],
    [`ATOA${"b".repeat(40)}`, "client secret"],
    [`ATBB${"c".repeat(40)}`, "Bitbucket"],
    [`eyJhbGciOiJub25lIn0.${"d".repeat(20)}.x`, "ends within the hour"],
    [`lk_${"e".repeat(40)}`, "handle of Latchkey"],
    ["alana@example.com", "e-mail address"],
    ["Bearer abc", "one word"],
  ])("%s at a Data Center", async (text, says) => {
    const error = await thrown(hall.connect.withToken(datacenter(text)));
    expect(error.code).toBe("token_kind_wrong");
    expect(error.message).toContain(says);
    expect(error.message + error.fix).not.toContain(text);
  });

  it("a personal access token at a Cloud site, by its form and by what was said of it", async () => {
    const { token } = hall.sandbox.control.makeToken({ face: "datacenter", user: "alana" });
    expect(await thrown(hall.connect.withToken(cloud(token)))).toMatchObject({
      code: "token_kind_wrong",
      fix: expect.stringContaining("id.atlassian.com"),
    });
    const said = cloud("sandbox-api-token-alana", { kind: "personal-access-token" });
    expect((await thrown(hall.connect.withToken(said))).code).toBe("token_kind_wrong");
  });
});

describe("a service account", () => {
  const add = async (id: string, secret_text = "sandbox-service-secret") => {
    const { cloudUrl } = hall.sandbox;
    await hall.vault.registrations.add({
      id,
      flavor: "cloud",
      credential: "service-account",
      client_id: "sandbox-service-account",
      client_secret: new Secret(secret_text),
      redirect_uri: "",
      scope: [],
      auth_url: cloudUrl,
      api_url: cloudUrl,
      cloud_sites: `${cloudUrl}/sites/{name}`,
      allowance: true,
    });
    return id;
  };

  it("connects by its registration alone, and asks for the next token when one ends", async () => {
    const owner = someone();
    const registration_id = await add("robot");
    const { connection } = await hall.connect.withServiceAccount({ owner, registration_id });
    expect(connection).toMatchObject({
      kind: "service-account",
      account: { display_name: "William Example" },
      scope_granted: expect.arrayContaining(["read:jira-work"]),
    });
    expect(connection.site.api_base_url).toContain(`/ex/jira/${connection.site.id}`);
    const first = await hall.vault.credentialFor(owner, connection.id);
    await ahead(3_600_000, async () => {
      const many = await Promise.all(
        Array.from({ length: 20 }, () => hall.vault.credentialFor(owner, connection.id)),
      );
      expect(new Set(many.map((one) => one.token_id)).size).toBe(1);
      expect(many[0]?.token_id).not.toBe(first.token_id);
      const asked = hall.sandbox.control
        .requests()
        .filter((one) => one.path === "/oauth/token" && one.method === "POST");
      // The first token, and one for all twenty.
      expect(asked).toHaveLength(2);
    });
    expect((await client(connection).issue("JJ-2")).key).toBe("JJ-2");
  });

  it("whose token is refused early gets another, and whose credential is gone suspends its registration", async () => {
    const owner = someone();
    const { control, cloudUrl } = hall.sandbox;
    const mine = { client_id: "second", client_secret: "second-secret" };
    control.register({
      service_accounts: [{ ...mine, user: "william", scopes: ["read:jira-user"], sites: ["acme", "globex"] }],
    });
    await add("second");
    await hall.vault.registrations.update("second", {
      client_id: mine.client_id,
      client_secret: new Secret(mine.client_secret),
    });
    const ask = (site?: string) =>
      hall.connect.withServiceAccount({ owner, registration_id: "second", ...(site && { site }) });
    const several = await thrown(ask());
    expect(several.code).toBe("site_choice_required");
    expect(several.details.sites).toHaveLength(2);
    const { connection } = await ask(`${cloudUrl}/sites/globex`);
    expect(connection.site.name).toBe("globex");
    const before = await hall.vault.credentialFor(owner, connection.id);
    const after = await hall.vault.rejected(owner, connection.id, before.token_id);
    expect(after.token_id).not.toBe(before.token_id);
    control.revokeToken(mine.client_id);
    const refused = await thrown(hall.vault.refresh(owner, connection.id));
    expect(refused.code).toBe("registration_suspended");
    expect((await hall.vault.connections.get(owner, connection.id)).state).toBe("active");
  });

  it("with a wrong secret is told so, and a registration of another kind is no service account's", async () => {
    const owner = someone();
    await add("mistyped", "wrong");
    const asked = hall.connect.withServiceAccount({ owner, registration_id: "mistyped" });
    expect((await thrown(asked)).code).toBe("invalid_client");
    const other = hall.connect.withServiceAccount({ owner, registration_id: "cloud" });
    expect((await thrown(other)).code).toBe("bad_request");
  });

  it("of a Data Center has its one site, and the permission it was registered with", async () => {
    const owner = someone();
    await hall.vault.registrations.add({
      id: "dc-robot",
      flavor: "datacenter-oauth2",
      credential: "service-account",
      client_id: "sandbox-service-account",
      client_secret: new Secret("sandbox-service-secret"),
      redirect_uri: "",
      scope: ["WRITE"],
      site_base_url: hall.sandbox.dataCenterUrl,
    });
    const { connection } = await hall.connect.withServiceAccount({ owner, registration_id: "dc-robot" });
    expect(connection).toMatchObject({ kind: "service-account", account: { name: "william" } });
    expect((await client(connection).issue("JJ-2")).key).toBe("JJ-2");
  });
});
