#!/usr/bin/env node
import module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

// Checked before anything newer than this file's own syntax is loaded, so that an old Node gets a sentence.
const [major = 0] = process.versions.node.split(".").map(Number);

if (major < 24) {
  process.stderr.write(
    `Latchkey needs Node.js 24 or newer; this is ${process.version}. In a clone, \`npx --no-install latchkey\` uses the one that npm ci installed.\n`,
  );
  process.exitCode = 78;
} else {
  keepCompiledCode();
  const { main } = await import("./cli/main.ts");
  process.exitCode = await main(process.argv.slice(2));
}

/** In the person's own directory: where others may write, what they left there would be run. */
function keepCompiledCode(): void {
  try {
    module.enableCompileCache(join(homedir(), ".cache/latchkey/compiled"));
  } catch {
    // A user without a home starts as before, a fifth slower.
  }
}
