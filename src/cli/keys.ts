import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory } from "../config/index.ts";
import { LatchkeyError } from "../errors.ts";
import { generateKeyPair, newKeyText } from "../vault/index.ts";
import type { Context } from "./context.ts";

/**
 * Makes the three files the classic tutorials work with: `jira_privatekey.pem` (PKCS#8, mode 0600),
 * `jira_publickey.pem` (SPKI) and `jira_publickey.cer` (self-signed X.509). An existing file is never touched.
 */
export async function generate(context: Context): Promise<void> {
  const out = String(context.flags.out);
  const bits = context.flags.bits === "3072" ? 3072 : 2048;
  const files = {
    private_key: join(out, "jira_privatekey.pem"),
    public_key: join(out, "jira_publickey.pem"),
    certificate: join(out, "jira_publickey.cer"),
  };
  const there = Object.values(files).filter((path) => existsSync(path));
  if (there.length > 0) {
    throw new LatchkeyError("usage", `${there.join(" and ")} exists; nothing was overwritten.`, {
      fix: "Give another directory with --out.",
    });
  }
  const pair = await generateKeyPair({ bits, now: context.io.now });
  write(out, files.private_key, pair.private_pem.reveal(), 0o600);
  write(out, files.public_key, pair.public_pem, 0o644);
  write(out, files.certificate, pair.certificate_pem, 0o644);
  if (context.voice.wantsJson) {
    const private_one_line = pair.private_one_line.reveal();
    context.voice.json({ ...files, bits, spki_sha256: pair.spki_sha256, private_one_line });
    return;
  }
  context.voice.say(`An RSA key pair of ${bits} bits (SHA-256 of the public key: ${pair.spki_sha256}).`);
  context.voice.say("In Jira, paste the public key under Incoming Authentication of the application link.");
  context.voice.data(files.private_key);
  context.voice.data(files.public_key);
  context.voice.data(files.certificate);
  context.voice.say("The private key on one line, as a config.properties of the classic walk wants it:");
  context.voice.data(pair.private_one_line.reveal());
}

function write(directory: string, path: string, text: string, mode: number): void {
  try {
    makeDirectory(directory, 0o755);
    writeFileSync(path, text, { mode, flag: "wx" });
  } catch (cause) {
    throw new LatchkeyError("home_unwritable", `${path} cannot be written.`, {
      cause,
      fix: "Give a directory that you may write with --out.",
    });
  }
}

/** Prints a new vault key: this is the command's purpose, so it goes to stdout. */
export async function vault(context: Context): Promise<void> {
  const key = newKeyText(context.io.random).reveal();
  if (context.voice.wantsJson) context.voice.json({ key });
  else context.voice.data(key);
}
