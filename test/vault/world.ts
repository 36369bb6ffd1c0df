import { randomBytes } from "node:crypto";
import { onTestFinished } from "vitest";
import { createLog } from "../../src/log.ts";
import type { Credential } from "../../src/protocol/index.ts";
import { Secret } from "../../src/secret.ts";
import { openStore, type Store } from "../../src/store/index.ts";
import { createTransport } from "../../src/transport.ts";
import {
  type Connection,
  type Keyring,
  loadKeyring,
  newKeyText,
  openVault,
  type RegistrationInput,
  type Vault,
  type VaultParts,
} from "../../src/vault/index.ts";
import { newPlace, type Place } from "./stores.ts";
import { startTokenEndpoint, type TokenEndpoint } from "./token-endpoint.ts";

export const START = Date.UTC(2026, 10, 20);
export const HOUR = 3_600_000;
export const random = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes));

export type World = Pick<Place, "path" | "hold" | "lose"> & {
  readonly clock: { now: number };
  readonly endpoint: TokenEndpoint;
  /** Every line the log wrote. */
  readonly lines: string[];
  readonly keyring: Keyring;
  readonly canary: string;
  /** Another vault with a store of its own on the same database, as another process would have. */
  another(more?: Pick<VaultParts, "limits" | "onStep">): Promise<{ vault: Vault; store: Store }>;
  vault: Vault;
  store: Store;
};

/** A store on disk or on a server, a vault over it, the real transport, and a token endpoint. All of it ends with the test. */
export async function makeWorld(): Promise<World> {
  const { url, path, hold, lose } = await newPlace();
  const canary = `canary/${randomBytes(12).toString("hex")}+=`;
  const endpoint = await startTokenEndpoint(canary);
  endpoint.client_secret = `secret-${canary}`;
  onTestFinished(() => endpoint.close());
  const keyring = await loadKeyring({ current: newKeyText(random) });
  const clock = { now: START };
  const lines: string[] = [];
  const another = async (more: Pick<VaultParts, "limits" | "onStep"> = {}) => {
    const log = createLog({ write: (line) => lines.push(line), level: "debug" });
    const store = await openStore({ url, now: () => clock.now, busy_ms: 400 });
    const transport = createTransport({ allowances: () => [{ origin: endpoint.url, base_path: "/" }], log });
    onTestFinished(async () => {
      await transport.close();
      await store.close();
    });
    const vault = await openVault({ store, keyring, transport, now: () => clock.now, random, log, ...more });
    return { vault, store };
  };
  return { path, hold, lose, clock, endpoint, lines, keyring, canary, another, ...(await another()) };
}

export function cloudRegistration(world: World, change: Partial<RegistrationInput> = {}): RegistrationInput {
  return {
    id: "cloud",
    flavor: "cloud",
    client_id: "client",
    client_secret: new Secret(world.endpoint.client_secret),
    redirect_uri: "http://localhost:8080/callback/cloud",
    scope: ["read:a", "offline_access"],
    auth_url: world.endpoint.url,
    api_url: world.endpoint.url,
    ...change,
  };
}

export const site = (id = "site-1") => ({
  id,
  url: `https://${id}.example`,
  name: id,
  api_base_url: `https://api.example/ex/jira/${id}`,
  deployment: "cloud" as const,
});

/** A Cloud connection of `alice` whose tokens were received now and live an hour. */
export async function connected(
  world: World,
  options: {
    refresh?: boolean;
    registration?: Partial<RegistrationInput>;
    owner?: string;
    redirect_uri?: string;
  } = {},
): Promise<Connection> {
  const { vault, endpoint, clock } = world;
  const owner = options.owner ?? "alice";
  const input = cloudRegistration(world, options.registration);
  if (!(await vault.registrations.find(input.id))) await vault.registrations.add(input);
  const { access_token, refresh_token } = endpoint.current();
  const family = await vault.families.create({
    owner,
    registration_id: input.id,
    scope_asked: ["read:a"],
    tokens: {
      access_token: new Secret(access_token),
      ...(options.refresh !== false && { refresh_token: new Secret(refresh_token) }),
      token_type: "Bearer",
      expires_at: clock.now + HOUR,
      scope: ["read:a"],
    },
    account: { account_id: "acc-1", display_name: "Alana" },
    consented_at: clock.now,
    ...(options.redirect_uri !== undefined && { redirect_uri: options.redirect_uri }),
  });
  return await vault.connections.create({ owner, family_id: family.id, site: site() });
}

/** The token a credential carries on the wire. */
export function tokenOf(credential: Credential): string {
  if (credential.kind === "bearer") return credential.token.reveal();
  if (credential.kind === "oauth1") return credential.oauth_token?.reveal() ?? "";
  return credential.password.reveal();
}
