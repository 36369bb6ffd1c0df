import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const WORKER = fileURLToPath(new URL("./worker.ts", import.meta.url));

/** Runs a process of its own that opens the store and adds to a counter in transactions. */
export function countInProcess(
  url: string,
  times: number,
  go: number,
): Promise<{ code: number | null; words: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [WORKER, url, String(times), String(go)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let words = "";
    child.stderr.on("data", (chunk) => {
      words += chunk;
    });
    child.on("close", (code) => resolve({ code, words }));
  });
}
