import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LatchkeyError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { makeDirectory } from "./directory.ts";
import type { Config } from "./load.ts";

export type VaultKey = { readonly key: Secret; readonly made: boolean };

/**
 * The key of the vault: the configured one, else the key file in the home directory, which is made (mode 0600)
 * together with a new embedded database. It is never made beside a database that exists already, for that
 * database was sealed with another key.
 *
 * @param make Makes the text of a new key.
 * @throws LatchkeyError `key_missing`, `file_unreadable`, `home_unwritable`
 */
export function vaultKey(config: Config, make: () => string): VaultKey {
  if (config.key) return { key: config.key, made: false };
  const path = join(config.home, "key");
  if (existsSync(path)) return { key: new Secret(readKey(path)), made: false };
  const embedded = config.database_url.startsWith("sqlite:");
  if (!embedded)
    throw new LatchkeyError("key_missing", "A database server is configured, but no encryption key is.");
  if (existsSync(config.database_url.slice("sqlite:".length))) {
    throw new LatchkeyError(
      "key_missing",
      `There is a vault in ${config.home}, but its key file ${path} is gone.`,
    );
  }
  const text = make();
  writeKey(config.home, path, text);
  return { key: new Secret(text), made: true };
}

function readKey(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (cause) {
    throw new LatchkeyError("file_unreadable", `The key file ${path} cannot be read.`, { cause });
  }
}

function writeKey(home: string, path: string, text: string): void {
  try {
    makeDirectory(home);
    writeFileSync(path, `${text}\n`, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    throw new LatchkeyError("home_unwritable", `The key file ${path} cannot be written.`, { cause });
  }
}
