// `npm test`: type check, lint, then every test; the last line counts them. With arguments, only those tests.
// Browser tests need a Chromium: without one they are skipped, and this says so (CI treats a skip as a failure).
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const need = createRequire(import.meta.url);
const only = process.argv.slice(2);

if (Number(process.versions.node.split(".")[0]) < 24) {
  console.error(
    `Latchkey needs Node.js 24 or newer; this is ${process.version}. Run it as \`npm test\` after \`npm ci\`.`,
  );
  process.exit(1);
}

function run(what, script, args) {
  console.log(`\n— ${what}`);
  const done = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: "inherit" });
  if (done.status !== 0) {
    console.error(`\n${what}: failed`);
    return false;
  }
  return true;
}

let sound = true;
if (only.length === 0) {
  // The examples and the tarball are tested as they would be published.
  sound = run("build", join(root, "tools/build.mjs"), []) && sound;
  sound = run("types", need.resolve("typescript/lib/tsc.js"), ["-p", "tsconfig.json"]) && sound;
  sound = run("lint", join(root, "node_modules/@biomejs/biome/bin/biome"), ["check", "."]) && sound;
}

const scratch = mkdtempSync(join(tmpdir(), "latchkey-test-"));
const report = join(scratch, "report.json");
const vitest = join(root, "node_modules/vitest/vitest.mjs");
const ran = run("tests", vitest, [
  "run",
  ...only,
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report}`,
]);
let counts;
try {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
    readFileSync(report, "utf8"),
  );
  counts = { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
} catch {
  counts = { passed: 0, failed: 1, skipped: 0 };
}
rmSync(scratch, { recursive: true, force: true });

if (counts.skipped > 0) {
  console.log(
    `\n${counts.skipped} tests were skipped. Browser tests need a Chromium (on Debian: apt-get install chromium); the same dances ran over HTTP with a cookie jar. PostgreSQL tests need a platform the registry has a server for, or LATCHKEY_TEST_DATABASE_URL.`,
  );
  if (process.env.CI) sound = false;
}
const failed = counts.failed + (sound && ran ? 0 : counts.failed > 0 ? 0 : 1);
console.log(`\ntests: ${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped`);
process.exit(sound && ran && failed === 0 ? 0 : 1);
