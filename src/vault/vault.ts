import { LatchkeyError } from "../errors.ts";
import type { Log } from "../log.ts";
import { type Credential, endpointsFor } from "../protocol/index.ts";
import { Secret, secret } from "../secret.ts";
import type { JoinedConnection, Store } from "../store/index.ts";
import type { Transport } from "../transport.ts";
import { type Attempts, createAttempts } from "./attempts.ts";
import { type Connections, createConnections } from "./connections.ts";
import { createCredentials } from "./credentials.ts";
import { type Custody, type Quarantine, takeCustody } from "./custody.ts";
import { open, type Place, seal } from "./envelope.ts";
import { createFamilies, type Families } from "./families.ts";
import { holderName } from "./holder.ts";
import { type Keyring, proveKeyring } from "./keyring.ts";
import { LIMITS, type Limits } from "./lease.ts";
import { familyFrom, present } from "./read.ts";
import { createRecollection } from "./recollection.ts";
import type { Family, RevealedTokens } from "./records.ts";
import { createRegistrations, type Registrations } from "./registrations.ts";
import { createRotation, type OnStep, type Rotation } from "./rotation.ts";
import { together } from "./together.ts";
import { openTokens } from "./tokens.ts";
import { createUpkeep, type Upkeep } from "./upkeep.ts";

export type VaultParts = {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly transport: Transport;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: Log;
  /** Told of every step of a renewal (docs/storage.md); for tests that end the process just there. */
  readonly onStep?: OnStep;
  /** How long a renewal may take and holds its lease; default 15 and 20 seconds. */
  readonly limits?: Limits;
};

/** What a 401 said besides naming the token; kept as evidence if the family dies of it. */
export type Rejection = { readonly code?: string; readonly evidence?: Readonly<Record<string, unknown>> };

export type Vault = {
  readonly registrations: Registrations;
  readonly attempts: Attempts;
  readonly families: Families;
  readonly connections: Connections;
  /**
   * The credential of the moment; refreshes ahead of expiry. While the database is away, a token that has not expired
   * goes on serving, as it was last read by this process and for an hour at most.
   * @throws not_found, connection_dead (details.dead), connection_exported, connection_pending,
   *   registration_suspended; the passing cause (network, server_error, ...) where a refresh failed for now and no
   *   unexpired token is left
   */
  credentialFor(owner: string, connection_id: string): Promise<Credential>;
  /** The same where nothing has to be read, opened or renewed for it; else `undefined`. Never throws. */
  credentialAtOnce(owner: string, connection_id: string): Credential | undefined;
  /**
   * A 401 named this token: refreshes only if it is still the current one, else gives the current one.
   * @throws as {@link Vault.credentialFor}; jira_unauthorized where the token it names was itself just renewed
   */
  rejected(
    owner: string,
    connection_id: string,
    token_id: string,
    rejection?: Rejection,
  ): Promise<Credential>;
  /** Renews the tokens now, whatever their age; an OAuth 1.0a family comes back unchanged. */
  refresh(owner: string, connection_id: string): Promise<Family>;
  /** Hands the tokens over, for `secrets export` only; mark the connection exported first. */
  reveal(owner: string, connection_id: string): Promise<RevealedTokens>;
  /** Seals a value of another room (a browser session) for one place in the store. */
  seal(place: Place, plaintext: Secret | string): string;
  /** @throws vault_unreadable */
  open(place: Place, sealed: string): Secret;
  /** Keys, copies and moves of the whole vault: the operator's. */
  readonly upkeep: Upkeep;
  /** Since when and why nothing is renewed here; undefined where all is well. */
  quarantine(): Promise<Quarantine | undefined>;
  /** Waits for renewals under way and writes what they brought. Call it before the store is closed. */
  close(): Promise<void>;
};

/** Builds the vault over an open store; {@link openVault} proves the key first, and that no other vault holds it. */
export function createVault(parts: VaultParts, custody?: Custody): Vault {
  const { store, keyring, random } = parts;
  const registrations = createRegistrations(parts);
  const holder = holderName(random);
  const { limits = LIMITS, onStep = () => {} } = parts;
  const rotation = guarded(createRotation({ ...parts, registrations, holder, limits, onStep }), custody);
  const credentials = createCredentials({ ...parts, registrations, rotation });
  const recollection = createRecollection(parts);
  const joined = async (owner: string, id: string): Promise<JoinedConnection> => {
    const found = await store.connections.get(owner, id);
    if (!found) throw new LatchkeyError("not_found", "There is no connection with this id.");
    return found;
  };
  const usable = async (owner: string, id: string): Promise<JoinedConnection> => {
    const found = await joined(owner, id);
    if (found.connection.state === "exported") throw new LatchkeyError("connection_exported");
    if (found.connection.state === "pending") throw new LatchkeyError("connection_pending");
    return found;
  };
  const asked = together((owner, id) => recollection.read(owner, id, () => usable(owner, id)));
  return {
    registrations,
    attempts: createAttempts(parts),
    families: createFamilies({ ...parts, credentials }),
    // Their own memory: what may be shown while the database is away is not what may be used.
    connections: createConnections({ ...parts, recollection: createRecollection(parts) }),
    credentialAtOnce: (owner, id) => {
      const found = recollection.known(owner, id);
      return found && credentials.atOnce(found);
    },
    credentialFor: async (owner, id) => await credentials.of(await asked(owner, id)),
    rejected: async (owner, id, token_id, rejection = {}) =>
      await credentials.afterRejection(await usable(owner, id), token_id, rejection),
    refresh: async (owner, id) => familyFrom(await credentials.renewed(await usable(owner, id))),
    reveal: async (owner, id) => {
      const found = await joined(owner, id);
      if (found.connection.state === "pending") throw new LatchkeyError("connection_pending");
      // Tokens that are on their way are the ones to hand over.
      const family = await rotation.settled(found.family);
      return await reveal(parts, registrations, { ...found, family });
    },
    seal: (place, plaintext) => seal(keyring, random, place, secret(plaintext).reveal()),
    open: (place, sealed) => new Secret(open(keyring, place, sealed)),
    upkeep: createUpkeep(parts, custody),
    quarantine: async () => await custody?.quarantine(),
    close: async () => {
      await rotation.close();
      await custody?.close();
    },
  };
}

/** Nothing is renewed in a vault whose tokens another one may hold too. */
function guarded(rotation: Rotation, custody: Custody | undefined): Rotation {
  if (!custody) return rotation;
  let demanding: Promise<void> | undefined;
  return {
    ...rotation,
    async renew(seen) {
      // A thousand callers at once ask once.
      demanding ??= custody.demand().finally(() => {
        demanding = undefined;
      });
      await demanding;
      const row = await rotation.renew(seen);
      if (row.generation > seen.generation) custody.renewed();
      return row;
    },
  };
}

/**
 * Proves that the keyring opens this store and looks whether this is the vault it was, then builds the vault. A copy
 * opens too, but renews nothing (`vault_quarantined`).
 * @throws key_wrong, key_missing; nothing is changed then
 */
export async function openVault(parts: VaultParts): Promise<Vault> {
  await proveKeyring(parts.store, parts.keyring, parts.random);
  return createVault(parts, await takeCustody(parts));
}

async function reveal(
  parts: VaultParts,
  registrations: Registrations,
  { family }: JoinedConnection,
): Promise<RevealedTokens> {
  if (family.sealed_tokens === null)
    throw new LatchkeyError("not_found", "There are no tokens to hand over.");
  const registration = await registrations.get(family.registration_id);
  const tokens = openTokens(parts.keyring, family, family.sealed_tokens);
  const { flavor, access_expires_at } = family;
  if (tokens.kind === "api-token") {
    const { username: email, password: token } = tokens;
    return { kind: tokens.kind, flavor, email, token, ...present({ access_expires_at }) };
  }
  if (tokens.kind === "personal-access-token") {
    return { kind: tokens.kind, flavor, token: tokens.access_token, ...present({ access_expires_at }) };
  }
  if (tokens.kind === "oauth1") {
    const { oauth_token, oauth_token_secret } = tokens;
    const { client_id: consumer_key } = registration;
    const private_key = await registrations.privateKey(registration.id);
    const known = present({ access_expires_at });
    return { kind: "oauth1", flavor, consumer_key, private_key, oauth_token, oauth_token_secret, ...known };
  }
  if (flavor === "datacenter-oauth1") throw new LatchkeyError("internal");
  const { client_id, redirect_uri } = registration;
  const { token_endpoint } = endpointsFor(flavor, registration);
  const scope = family.scope_granted === null ? undefined : (JSON.parse(family.scope_granted) as string[]);
  if (tokens.kind === "service-account") {
    const client_secret = await registrations.clientSecret(registration.id);
    const { access_token } = tokens;
    const known = present({ client_secret, access_expires_at });
    return { kind: tokens.kind, flavor, client_id, token_endpoint, access_token, ...known };
  }
  return {
    kind: "oauth2",
    flavor,
    client_id,
    redirect_uri: tokens.redirect_uri ?? redirect_uri,
    token_endpoint,
    access_token: tokens.access_token,
    ...present({
      client_secret: await registrations.clientSecret(registration.id),
      refresh_token: tokens.refresh_token,
      access_expires_at,
      scope,
    }),
  };
}
