import type { Log } from "../log.ts";
import type { Credential } from "../protocol/index.ts";
import type { Secret } from "../secret.ts";
import type { Store } from "../store/index.ts";
import type { Transport } from "../transport.ts";
import type { Attempts } from "./attempts.ts";
import type { Connections } from "./connections.ts";
import type { Place } from "./envelope.ts";
import type { Families } from "./families.ts";
import type { Keyring } from "./keyring.ts";
import type { Family, RevealedTokens } from "./records.ts";
import type { Registrations } from "./registrations.ts";

export type VaultParts = {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly transport: Transport;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: Log;
};

/** What a 401 said besides naming the token; kept as evidence if the family dies of it. */
export type Rejection = { readonly code?: string; readonly evidence?: Readonly<Record<string, unknown>> };

export type Vault = {
  readonly registrations: Registrations;
  readonly attempts: Attempts;
  readonly families: Families;
  readonly connections: Connections;
  /**
   * The credential of the moment; refreshes ahead of expiry.
   * @throws not_found, connection_dead (details.dead), connection_exported, connection_pending,
   *   registration_suspended; the passing cause (network, server_error, ...) where a refresh failed for now and no
   *   unexpired token is left
   */
  credentialFor(owner: string, connection_id: string): Promise<Credential>;
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
  /** Hands the tokens over, for `secrets export` only. */
  reveal(owner: string, connection_id: string): Promise<RevealedTokens>;
  /** Seals a value of another room (a browser session) for one place in the store. */
  seal(place: Place, plaintext: Secret | string): string;
  /** @throws vault_unreadable */
  open(place: Place, sealed: string): Secret;
};
