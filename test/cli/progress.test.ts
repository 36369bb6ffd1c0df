import { expect, it } from "vitest";
import { type Io, voiceOf } from "../../src/cli/io.ts";
import { progressOf } from "../../src/cli/progress.ts";

function shown(isTTY: boolean, json = false): string {
  let out = "";
  let now = 1_000;
  const write = (text: string) => {
    out += text;
  };
  const stream = { write, isTTY };
  const io = { stdout: stream, stderr: stream, env: {}, now: () => now } as unknown as Io;
  const progress = progressOf(io, voiceOf(io, json));
  for (let rows = 1; rows <= 50; rows++) {
    now += 20;
    progress.show(`families: ${rows} of 50 rows`);
  }
  progress.end();
  return out;
}

it("progress is one line that is written over, on a terminal only, and not for every row", () => {
  const out = shown(true);
  expect(out.split("\r").length).toBeLessThan(20);
  expect(out).toContain("\r\u001b[Kfamilies: 1 of 50 rows");
  expect(out).not.toContain("\n");
  expect(out.endsWith("\r\u001b[K")).toBe(true);
  expect(shown(false)).toBe("");
  expect(shown(true, true)).toBe("");
});
