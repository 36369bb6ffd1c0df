/** The commands a shell example calls, in a folder for its `PATH`. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./program.ts";

/** Puts `latchkey` into the folder, and a stand-in for `curl` where this machine has none. */
export function commandsIn(folder: string): void {
  command(join(folder, "latchkey"), join(root, "src/bin.ts"));
  if (spawnSync("curl", ["--version"]).status !== 0) {
    command(join(folder, "curl"), join(dirname(fileURLToPath(import.meta.url)), "curl.ts"));
  }
}

function command(path: string, script: string): void {
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`, { mode: 0o755 });
}
