/** The vault: registrations, families, connections and attempts, encrypted, and the rotation that keeps them alive. */
export type { Attempts, Settlement } from "./attempts.ts";
export type { TableTotal } from "./bundle/content.ts";
export { type Bundle, checkBundle } from "./bundle/read.ts";
export type { AttachInput, ConnectionInput, Connections } from "./connections.ts";
export { type Custody, type Quarantine, type QuarantineReason, takeCustody } from "./custody.ts";
export type { Place } from "./envelope.ts";
export type { EventInput, EventType } from "./events.ts";
export type { Families, FamilyInput, Grant } from "./families.ts";
export { generateKeyPair, type KeyPair } from "./keypair.ts";
export { type Keyring, knownKeys, loadKeyring, newKeyText, proveKeyring } from "./keyring.ts";
export type { Limits } from "./lease.ts";
export { type EndReason, type Status, statusOf } from "./lifetimes.ts";
export type * from "./records.ts";
export type { Registrations } from "./registrations.ts";
export { keysInUse, type Rekeyed, type RekeyProgress, rekey, type TableKeys } from "./rekey.ts";
export { type OnStep, STEPS, type Step } from "./rotation.ts";
export type { KeyStatus, Upkeep } from "./upkeep.ts";
export { createVault, openVault, type Rejection, type Vault, type VaultParts } from "./vault.ts";
