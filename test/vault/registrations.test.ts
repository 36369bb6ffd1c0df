import { describe, expect, it } from "vitest";
import { Secret } from "../../src/secret.ts";
import { generateKeyPair } from "../../src/vault/index.ts";
import { cloudRegistration, connected, makeWorld, type World } from "./world.ts";

const pair = await generateKeyPair({ now: Date.now });
const oauth1 = {
  id: "server",
  flavor: "datacenter-oauth1",
  client_id: "OauthKey",
  redirect_uri: "oob",
  scope: [],
  site_base_url: "https://jira.example.com/jira",
  private_key: pair.private_pem,
} as const;
const incomplete = (field: string) => ({ code: "registration_incomplete", details: { field } });

describe("a registration", () => {
  it("comes back as it was given, its secret apart", async () => {
    const world = await makeWorld();
    const added = await world.vault.registrations.add(cloudRegistration(world, { allowance: true }));
    expect(await world.vault.registrations.get("cloud")).toEqual(added);
    expect(added).toMatchObject({
      id: "cloud",
      title: "cloud",
      client_id: "client",
      scope: ["read:a", "offline_access"],
      allowance: true,
      has_secret: true,
      state: "active",
    });
    expect(JSON.stringify(added)).not.toContain(world.canary);
    expect((await world.vault.registrations.clientSecret("cloud"))?.reveal()).toBe(
      world.endpoint.client_secret,
    );
  });

  it("of OAuth 1.0a shows its public key, and parses its private key once", async () => {
    const { vault } = await makeWorld();
    const { public_key } = await vault.registrations.add(oauth1);
    expect(public_key).toMatchObject({ bits: 2048, spki_sha256: pair.spki_sha256 });
    const key = await vault.registrations.signingKey("server");
    expect(await vault.registrations.signingKey("server")).toBe(key);
    expect(await vault.registrations.oauth1Client("server")).toEqual({ consumer_key: "OauthKey", key });
    expect((await vault.registrations.privateKey("server")).reveal()).toBe(pair.private_pem.reveal());
  });

  it("that is given again as it stands is not changed: when it was changed last is evidence", async () => {
    const world = await makeWorld();
    const before = await world.vault.registrations.add(cloudRegistration(world));
    const row = () => world.store.registrations.find("cloud");
    const kept = await row();
    world.clock.now += 60_000;
    const { id: _, ...same } = cloudRegistration(world);
    expect(await world.vault.registrations.update("cloud", same)).toEqual(before);
    expect(await row()).toEqual(kept);
    const next = await world.vault.registrations.update("cloud", { client_secret: new Secret("another") });
    expect(next.updated_at).toBeGreaterThan(before.updated_at);
    expect((await row())?.generation).toBe((kept?.generation ?? 0) + 1);
  });

  it("with a new key answers with the new key, in every process", async () => {
    const world = await makeWorld();
    await world.vault.registrations.add(oauth1);
    await world.vault.registrations.signingKey("server");
    const other = await world.another();
    const next = await generateKeyPair({ now: Date.now });
    const updated = await other.vault.registrations.update("server", { private_key: next.private_pem });
    expect(updated.public_key?.spki_sha256).toBe(next.spki_sha256);
    expect((await world.vault.registrations.signingKey("server")).spki_sha256).toBe(next.spki_sha256);
  });

  it("keeps what a change does not name, the secret too", async () => {
    const world = await makeWorld();
    await world.vault.registrations.add(cloudRegistration(world));
    const updated = await world.vault.registrations.update("cloud", { title: "Our Cloud app", scope: ["x"] });
    expect(updated).toMatchObject({ title: "Our Cloud app", scope: ["x"], client_id: "client" });
    expect((await world.vault.registrations.clientSecret("cloud"))?.reveal()).toBe(
      world.endpoint.client_secret,
    );
  });

  it("that lacks what its flavor needs is refused with the field's name, unless it is a draft", async () => {
    const world = await makeWorld();
    const { registrations } = world.vault;
    const cloud = cloudRegistration(world);
    const cases = [
      [{ ...cloud, client_secret: undefined }, "client_secret"],
      [{ ...cloud, client_id: "" }, "client_id"],
      [{ ...cloud, redirect_uri: "" }, "redirect_uri"],
      [{ ...oauth1, private_key: undefined }, "private_key"],
      [{ ...oauth1, site_base_url: undefined }, "site_base_url"],
    ] as const;
    for (const [input, field] of cases) {
      await expect(registrations.add(input), field).rejects.toMatchObject(incomplete(field));
    }
    await registrations.add({ ...cloud, client_id: "", client_secret: undefined, state: "draft" });
    await expect(registrations.update("cloud", { state: "active" })).rejects.toMatchObject(
      incomplete("client_id"),
    );
    const done = await registrations.update("cloud", {
      client_id: "client",
      client_secret: new Secret("a-secret"),
      state: "active",
    });
    expect(done.state).toBe("active");
  });

  it("with a malformed or taken id, a malformed owner or an unknown flavor is a bad request", async () => {
    const world = await makeWorld();
    const cloud = cloudRegistration(world);
    await world.vault.registrations.add(cloud);
    const bad = [
      { ...cloud },
      { ...cloud, id: "" },
      { ...cloud, id: "../callback" },
      { ...cloud, id: "a".repeat(65) },
      { ...cloud, id: "b", owner: "" },
      { ...cloud, id: "b", owner: "line\nbreak" },
      { ...cloud, id: "b", flavor: "server" as "cloud" },
    ];
    for (const input of bad) {
      await expect(world.vault.registrations.add(input)).rejects.toMatchObject({ code: "bad_request" });
    }
  });

  it("with something else in place of the private key is private_key_invalid and not kept", async () => {
    const { vault } = await makeWorld();
    const wrong = vault.registrations.add({ ...oauth1, private_key: new Secret(pair.certificate_pem) });
    await expect(wrong).rejects.toMatchObject({ code: "private_key_invalid" });
    expect(await vault.registrations.find("server")).toBeUndefined();
  });

  it("is offered to its owner, and the operator's to everyone", async () => {
    const world = await makeWorld();
    const { registrations } = world.vault;
    await registrations.add(cloudRegistration(world));
    await registrations.add(cloudRegistration(world, { id: "alices", owner: "alice" }));
    const ids = async (owner: string) => (await registrations.list(owner)).map(({ id }) => id).sort();
    expect(await ids("alice")).toEqual(["alices", "cloud"]);
    expect(await ids("bob")).toEqual(["cloud"]);
  });

  it("when removed takes its families, connections and dances with it", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    await world.vault.registrations.remove("cloud");
    await expect(world.vault.connections.get("alice", id)).rejects.toMatchObject({ code: "not_found" });
    await expect(world.vault.registrations.get("cloud")).rejects.toMatchObject({ code: "not_found" });
    await expect(world.vault.registrations.remove("cloud")).rejects.toMatchObject({ code: "not_found" });
    expect(await world.store.families.listForOperator()).toEqual([]);
  });

  it("answers not_found to every call about one that is not there", async () => {
    const { vault } = await makeWorld();
    const { registrations } = vault;
    const cause = { code: "operator", at: 0, evidence: {} };
    const calls: readonly ((id: string) => Promise<unknown>)[] = [
      registrations.get,
      (id) => registrations.update(id, {}),
      (id) => registrations.suspend(id, cause),
      registrations.resume,
      (id) => registrations.signingKey(id),
      registrations.clientSecret,
      registrations.privateKey,
      registrations.oauth1Client,
      registrations.oauth2Client,
    ];
    for (const call of calls) await expect(call("absent")).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("an OAuth 1.0a connection", () => {
  const walk = async (world: World) => {
    await world.vault.registrations.add(oauth1);
    const family = await world.vault.families.create({
      owner: "alice",
      registration_id: "server",
      scope_asked: [],
      tokens: {
        oauth_token: new Secret(`token-${world.canary}`),
        oauth_token_secret: new Secret(`token-secret-${world.canary}`),
        expires_at: world.clock.now + 157_680_000_000,
      },
      consented_at: world.clock.now,
    });
    const site = {
      id: oauth1.site_base_url,
      url: oauth1.site_base_url,
      name: "Jira",
      api_base_url: oauth1.site_base_url,
      deployment: "datacenter" as const,
      version: "9.12.0",
    };
    return await world.vault.connections.create({ owner: "alice", family_id: family.id, site });
  };

  it("signs with the registration's key and the family's token, for five years", async () => {
    const world = await makeWorld();
    const { id, access_expires_at, site } = await walk(world);
    expect(site.version).toBe("9.12.0");
    expect(access_expires_at).toBe(world.clock.now + 157_680_000_000);
    const credential = await world.vault.credentialFor("alice", id);
    expect(credential).toMatchObject({ kind: "oauth1", consumer_key: "OauthKey" });
    if (credential.kind !== "oauth1") throw new Error("unreachable");
    expect(credential.key.spki_sha256).toBe(pair.spki_sha256);
    expect(credential.oauth_token?.reveal()).toBe(`token-${world.canary}`);
  });

  it("has nothing to renew, so a refused token is its death, with what Jira said as evidence", async () => {
    const world = await makeWorld();
    const { id } = await walk(world);
    const { token_id } = await world.vault.credentialFor("alice", id);
    expect((await world.vault.refresh("alice", id)).generation).toBe(1);
    const refused = world.vault.rejected("alice", id, token_id, {
      code: "token_revoked",
      evidence: { oauth_problem: "token_revoked" },
    });
    await expect(refused).rejects.toMatchObject({
      code: "connection_dead",
      details: { dead: { cause: "token_revoked", evidence: { oauth_problem: "token_revoked" } } },
    });
    expect((await world.vault.connections.get("alice", id)).state).toBe("dead");
  });

  it("hands over its tokens and key for export", async () => {
    const world = await makeWorld();
    const { id } = await walk(world);
    const revealed = await world.vault.reveal("alice", id);
    if (revealed.kind !== "oauth1") throw new Error("unreachable");
    expect(revealed.consumer_key).toBe("OauthKey");
    expect(revealed.oauth_token_secret.reveal()).toBe(`token-secret-${world.canary}`);
    expect(revealed.private_key.reveal()).toBe(pair.private_pem.reveal());
  });

  it("is not served while its registration is suspended", async () => {
    const world = await makeWorld();
    const { id } = await walk(world);
    const cause = { code: "signature_invalid", at: world.clock.now, evidence: {} };
    await world.vault.registrations.suspend("server", cause);
    await expect(world.vault.credentialFor("alice", id)).rejects.toMatchObject({
      code: "registration_suspended",
    });
  });
});
