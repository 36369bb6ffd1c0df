// Builds dist/ with plain tsc, then makes the bin executable. Runs on whatever Node started npm.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const tsc = createRequire(import.meta.url).resolve("typescript/lib/tsc.js");
rmSync(join(root, "dist"), { recursive: true, force: true });
const done = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], {
  stdio: "inherit",
});
if (done.status !== 0) process.exit(done.status ?? 1);
for (const asset of ["sandbox/data", "gateway/assets", "jira/data"]) {
  const from = join(root, "src", asset);
  if (existsSync(from)) cpSync(from, join(root, "dist", asset), { recursive: true });
}
chmodSync(join(root, "dist", "bin.js"), 0o755);
