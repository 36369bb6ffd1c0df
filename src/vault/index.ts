/** The vault: registrations, families, connections and attempts, encrypted, and the rotation that keeps them alive. */
import type { Vault, VaultParts } from "./vault.ts";

export type { Attempts, Settlement } from "./attempts.ts";
export type { ConnectionInput, Connections } from "./connections.ts";
export type { Place } from "./envelope.ts";
export type { Families, FamilyInput } from "./families.ts";
export { generateKeyPair, type KeyPair } from "./keypair.ts";
export { type Keyring, loadKeyring, newKeyText } from "./keyring.ts";
export { type EndReason, type Status, statusOf } from "./lifetimes.ts";
export type * from "./records.ts";
export type { Registrations } from "./registrations.ts";
export type { Rejection, Vault, VaultParts } from "./vault.ts";

/** Builds the vault over an open store. Call {@link openVault} instead where the key is to be proven first. */
export function createVault(_parts: VaultParts): Vault {
  throw new Error("not built yet");
}

/** Proves that the keyring opens this store (key_wrong otherwise; a new store takes the key), then builds the vault. */
export async function openVault(parts: VaultParts): Promise<Vault> {
  return createVault(parts);
}
