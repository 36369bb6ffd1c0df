import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/index.ts";
import { isLatchkeyError } from "../../src/errors.ts";
import { newKeyText } from "../../src/vault/index.ts";
import { terminal } from "../cli/terminal.ts";
import { random } from "../vault/world.ts";

const home = () => mkdtempSync(join(tmpdir(), "latchkey-keys-"));
const text = () => newKeyText(random).reveal();

function fileOf(content: string): string {
  const path = join(home(), "key");
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

function keyFrom(env: Record<string, string>): string | undefined {
  return loadConfig({ env: { LATCHKEY_HOME: home(), PATH: process.env.PATH, ...env } }).key?.reveal();
}

function problemOf(env: Record<string, string>): string {
  try {
    keyFrom(env);
  } catch (thrown) {
    if (isLatchkeyError(thrown) && thrown.code === "config_invalid") return thrown.message;
    throw thrown;
  }
  throw new Error("the configuration was accepted");
}

describe("the key of the vault", () => {
  it("comes from the environment, a file, or what a command prints", () => {
    const key = text();
    expect(keyFrom({ LATCHKEY_KEY: key })).toBe(key);
    expect(keyFrom({ LATCHKEY_KEY_FILE: fileOf(`${key}\n`) })).toBe(key);
    expect(keyFrom({ LATCHKEY_KEY_COMMAND: `printf '%s\\n' ${key}` })).toBe(key);
    expect(keyFrom({})).toBeUndefined();
  });

  it("brings its older ones the same three ways, several of them", () => {
    const older = [text(), text()];
    for (const env of [
      { LATCHKEY_OLD_KEYS: older.join(" ") },
      { LATCHKEY_OLD_KEYS_FILE: fileOf(`${older.join("\n")}\n`) },
      { LATCHKEY_OLD_KEYS_COMMAND: `echo ${older.join(" ")}` },
    ]) {
      const config = loadConfig({ env: { LATCHKEY_HOME: home(), PATH: process.env.PATH, ...env } });
      expect(config.old_keys.map((key) => key.reveal())).toEqual(older);
    }
  });

  it("is refused where a command fails, prints nothing, or is not there", () => {
    expect(problemOf({ LATCHKEY_KEY_COMMAND: "echo no >&2; exit 3" })).toMatch(
      /LATCHKEY_KEY_COMMAND the command ended with status 3/,
    );
    expect(problemOf({ LATCHKEY_KEY_COMMAND: "true" })).toMatch(/LATCHKEY_KEY_COMMAND is empty/);
    expect(problemOf({ LATCHKEY_KEY_COMMAND: "no-such-key-service" })).toMatch(/status 127/);
    expect(problemOf({ LATCHKEY_KEY_FILE: join(home(), "absent") })).toMatch(/cannot be read/);
    expect(problemOf({ LATCHKEY_KEY: text(), LATCHKEY_KEY_FILE: fileOf(text()) })).toMatch(/both set/);
  });

  it("is not waited for longer than ten seconds", { timeout: 30_000 }, () => {
    const began = Date.now();
    expect(problemOf({ LATCHKEY_KEY_COMMAND: "sleep 20 2>&-; true" })).toMatch(/LATCHKEY_KEY_COMMAND .*10 s/);
    expect(Date.now() - began).toBeLessThan(15_000);
  });
});

describe("a start with a wrong, missing or mistyped key", () => {
  it("is refused with what to do, and changes nothing", { timeout: 40_000 }, async () => {
    const shell = terminal();
    const [first, second] = [text(), text()];
    const status = (env: NodeJS.ProcessEnv) => shell.run(["vault", "status"], { env });
    expect(await status({ LATCHKEY_KEY: first })).toMatchObject({ code: 0 });
    const wrong = await status({ LATCHKEY_KEY: second });
    expect(wrong).toMatchObject({ code: 78 });
    expect(wrong.stderr).toContain("does not open this vault");
    const mistyped = await status({
      LATCHKEY_KEY: `${first.slice(0, -1)}${first.endsWith("A") ? "B" : "A"}`,
    });
    expect(mistyped).toMatchObject({ code: 78 });
    expect(mistyped.stderr).toContain("checksum");
    const none = await status({});
    expect(none).toMatchObject({ code: 78 });
    expect(none.stderr).toContain("key");
    // The new key beside the older one, then alone before anything was sealed anew.
    expect(await status({ LATCHKEY_KEY: second, LATCHKEY_OLD_KEYS: first })).toMatchObject({ code: 0 });
    const early = await status({ LATCHKEY_KEY: second });
    expect(early).toMatchObject({ code: 78 });
    expect(early.stderr).toContain("LATCHKEY_OLD_KEYS");
    const rekeyed = await shell.run(["vault", "rekey", "--json"], {
      env: { LATCHKEY_KEY: second, LATCHKEY_OLD_KEYS: first },
    });
    expect(JSON.parse(rekeyed.stdout)).toMatchObject({ retired: [expect.any(String)] });
    expect(await status({ LATCHKEY_KEY: second })).toMatchObject({ code: 0 });
    expect(await status({ LATCHKEY_KEY: first })).toMatchObject({ code: 78 });
    for (const ended of [wrong, mistyped, none, early, rekeyed]) {
      for (const key of [first, second]) expect(ended.stdout + ended.stderr).not.toContain(key.slice(7));
    }
  });
});
