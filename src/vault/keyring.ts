import type { Secret } from "../secret.ts";

/** The master keys: the current one seals, all of them open. */
export type Keyring = {
  readonly current: { readonly id: string; readonly key: Uint8Array };
  readonly keys: ReadonlyMap<string, { readonly id: string; readonly key: Uint8Array }>;
};

/** @throws key_missing, key_wrong (not a key text, or its checksum fails) */
export async function loadKeyring(_input: {
  readonly current: Secret;
  readonly older?: readonly Secret[];
}): Promise<Keyring> {
  throw new Error("not built yet");
}
/** A new key text: `lkkey1_`, 43 characters of base64url and 6 of checksum. */
export function newKeyText(_random: (bytes: number) => Uint8Array): Secret {
  throw new Error("not built yet");
}
