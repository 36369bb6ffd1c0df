import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";

const bin = join(dirname(fileURLToPath(import.meta.url)), "../../src/bin.ts");
const home = mkdtempSync(join(tmpdir(), "latchkey-pipe-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

it("ends quietly and well when the reader of its output has seen enough", async () => {
  const script = `{ "$NODE" "$BIN" config --json; echo "code $?" >&2; } | exec true`;
  const env = { PATH: "/usr/bin:/bin", NODE: process.execPath, BIN: bin, HOME: home, LATCHKEY_HOME: home };
  const { stderr } = await promisify(execFile)("/bin/sh", ["-c", script], { env });
  expect(stderr).toBe("code 0\n");
});
