#!/usr/bin/env node
// Checked before anything newer than this file's own syntax is loaded, so that an old Node gets a sentence.
const [major = 0] = process.versions.node.split(".").map(Number);

if (major < 24) {
  process.stderr.write(
    `Latchkey needs Node.js 24 or newer; this is ${process.version}. In a clone, \`npx --no-install latchkey\` uses the one that npm ci installed.\n`,
  );
  process.exitCode = 78;
} else {
  const { main } = await import("./cli/main.ts");
  process.exitCode = await main(process.argv.slice(2));
}

export {};
