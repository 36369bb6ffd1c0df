import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const src = fileURLToPath(new URL("../../src", import.meta.url));
const room = join(src, "protocol");

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sources(path) : path.endsWith(".ts") ? [path] : [];
  });
}

/** Everything `latchkey/protocol` loads: our files and the packages or built-ins they name. */
function reachable(entry: string): { files: Set<string>; outside: Set<string> } {
  const files = new Set<string>();
  const outside = new Set<string>();
  const queue = [entry];
  for (const file of queue) {
    if (files.has(file)) continue;
    files.add(file);
    for (const [, name] of readFileSync(file, "utf8").matchAll(/(?:^import|\bfrom) "([^"]+)";$/gm)) {
      if (name!.startsWith(".")) queue.push(resolve(dirname(file), name!));
      else outside.add(name!);
    }
  }
  return { files, outside };
}

describe("latchkey/protocol", () => {
  test("loads nothing but node:crypto and the ground floor: no server, no database, no package", () => {
    const { files, outside } = reachable(join(room, "index.ts"));
    expect([...outside].filter((name) => name !== "node:crypto" && name !== "node:util")).toEqual([]);
    const elsewhere = [...files]
      .map((file) => relative(src, file))
      .filter((file) => !file.startsWith("protocol/"));
    expect(elsewhere.sort()).toEqual(["errors.ts", "http.ts", "secret.ts"]);
    expect([...files].every((file) => existsSync(file))).toBe(true);
    for (const file of files) expect(readFileSync(file, "utf8"), file).not.toMatch(/\bimport\(|\brequire\(/);
  });

  test("every file of the room is reached from its index", () => {
    const { files } = reachable(join(room, "index.ts"));
    expect(sources(room).filter((file) => !files.has(file))).toEqual([]);
  });

  test("reads no clock, no environment and no randomness, and opens nothing", () => {
    for (const file of sources(room)) {
      const text = readFileSync(file, "utf8");
      expect(text, file).not.toMatch(
        /Date\.now|new Date\b|Math\.random|random(Bytes|UUID|Int|FillSync)|getRandomValues/,
      );
      expect(text, file).not.toMatch(/process\.|fetch\(|setTimeout|performance\./);
    }
  });
});
