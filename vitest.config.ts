import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Hundreds of processes start in a run: what the compiler made for one serves the next. */
const NODE_COMPILE_CACHE = fileURLToPath(new URL("node_modules/.cache/latchkey-compiled", import.meta.url));

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/postgres/setup.ts"],
    env: { NODE_COMPILE_CACHE },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: "forks",
    maxWorkers: 2,
    isolate: true,
    allowOnly: false,
    passWithNoTests: false,
  },
});
