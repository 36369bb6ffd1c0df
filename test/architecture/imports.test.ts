import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../src");

/** The house of docs/architecture.md: a room may import rooms on lower floors only, and never a neighbour. */
const FLOORS: Record<string, number> = {
  "errors.ts": 0,
  "secret.ts": 0,
  "http.ts": 0,
  "log.ts": 1,
  "egress.ts": 1,
  "failures.ts": 1,
  "wire.ts": 1,
  "failures.ts": 1,
  "wire.ts": 1,
  "transport.ts": 1,
  protocol: 1,
  policy: 1,
  config: 1,
  store: 1,
  vault: 2,
  jira: 2,
  connect: 3,
  handles: 3,
  gateway: 4,
  jobs: 4,
  "compose.ts": 5,
  "index.ts": 6,
  "bin.ts": 6,
  adapters: 6,
  cli: 6,
};
/** Two rooms of one floor that may meet, each with its reason. */
const NEIGHBOURS: Record<string, readonly string[]> = {
  // The one outward door is a single file; what it decides and translates without a socket stands beside it.
  "transport.ts": ["egress.ts", "failures.ts", "log.ts", "wire.ts"],
  // The library entry and the two ways to use it are one floor: the bin starts the command line.
  "bin.ts": ["cli"],
  adapters: ["index.ts"],
  cli: ["index.ts"],
};
const BANNED_NAMES = /^(utils?|helpers?|common|shared|types)(\.ts)?$/;

type Source = { path: string; room: string; text: string; imports: string[] };

function sources(directory = root): Source[] {
  return readdirSync(directory).flatMap((name): Source[] => {
    const path = join(directory, name);
    if (statSync(path).isDirectory()) return name === "data" || name === "assets" ? [] : sources(path);
    if (!name.endsWith(".ts")) return [];
    const text = readFileSync(path, "utf8");
    return [{ path, room: roomOf(path), text, imports: importsOf(text) }];
  });
}

function roomOf(path: string): string {
  return relative(root, path).split("/")[0]!;
}

/** Static and dynamic imports, types included, as the compiler reads them. */
function importsOf(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map((file) => file.fileName);
}

/** Whether the code says `any`, or silences the compiler. */
function givesUpTypes(source: Source): boolean {
  if (/@ts-(ignore|nocheck|expect-error)/.test(source.text)) return true;
  let found = false;
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) found = true;
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(source.path, source.text, ts.ScriptTarget.Latest));
  return found;
}

const all = sources();
const ours = all.filter((source) => source.room !== "sandbox");

describe("the house", () => {
  it("has every room on a known floor", () => {
    expect(all.length).toBeGreaterThan(20);
    expect(
      [...new Set(ours.map((source) => source.room))].filter((room) => FLOORS[room] === undefined),
    ).toEqual([]);
  });

  it("imports run downwards, and never between neighbours", () => {
    const wrong = ours.flatMap((source) =>
      source.imports
        .filter((target) => target.startsWith("."))
        .map((target) => roomOf(resolve(dirname(source.path), target)))
        .filter((room) => room !== source.room && !mayImport(source.room, room))
        .map((room) => `${relative(root, source.path)} imports ${room}`),
    );
    expect(wrong).toEqual([]);
  });

  it("the sandbox imports nothing of ours, so that it is a witness and not a mirror", () => {
    const wrong = all
      .filter((source) => source.room === "sandbox")
      .flatMap((source) =>
        source.imports
          .filter(
            (target) => target.startsWith(".") && roomOf(resolve(dirname(source.path), target)) !== "sandbox",
          )
          .map((target) => `${relative(root, source.path)} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it("protocol and policy are pure: no IO, no clock, no randomness of their own", () => {
    const impure =
      /\bDate\.now\(|new Date\(\)|\bperformance\.now|Math\.random|randomBytes|randomUUID|getRandomValues|\bfetch\(|process\.|setTimeout|setInterval/;
    const wrong = ours
      .filter((source) => source.room === "protocol" || source.room === "policy")
      .flatMap((source) => [
        ...source.imports
          .filter(
            (target) =>
              !target.startsWith(".") && !["node:crypto", "node:util", "node:buffer"].includes(target),
          )
          .map((target) => `${relative(root, source.path)} imports ${target}`),
        ...(impure.test(withoutComments(source.text)) ? [`${relative(root, source.path)} is not pure`] : []),
      ]);
    expect(wrong).toEqual([]);
  });

  it("has one outward door", () => {
    const outward =
      /["'](undici|node:net|node:tls|node:https|node:dns|node:dns\/promises)["']|(?<![.\w])fetch\(/;
    const wrong = ours
      .filter((source) => source.room !== "transport.ts" && outward.test(withoutComments(source.text)))
      .map((source) => relative(root, source.path))
      .filter((path) => !INWARD_LISTENERS.has(path));
    expect(wrong).toEqual([]);
  });

  it("has one reader of the environment", () => {
    const wrong = ours
      .filter((source) => source.room !== "config" && /process\.env/.test(withoutComments(source.text)))
      .map((source) => relative(root, source.path));
    expect(wrong).toEqual([]);
  });

  it("has no room or file that attracts everything", () => {
    const wrong = all
      .flatMap((source) => relative(root, source.path).split("/"))
      .filter((part) => BANNED_NAMES.test(part));
    expect([...new Set(wrong)]).toEqual([]);
  });

  it("keeps files short enough to hold one idea", () => {
    const long = all
      .map((source) => ({ path: relative(root, source.path), lines: source.text.split("\n").length }))
      .filter(({ path, lines }) => lines > (LONGER[path] ?? 330));
    expect(long).toEqual([]);
  });

  it("gives up no type", () => {
    const wrong = all.filter(givesUpTypes).map((source) => relative(root, source.path));
    expect(wrong).toEqual([]);
  });
});

/** Files that call `fetch` of our own gateway or name a server, not the network. */
const INWARD_LISTENERS = new Set<string>([]);

/** Tables that read better whole. */
const LONGER: Record<string, number> = { "errors.ts": 1200 };

function mayImport(from: string, to: string): boolean {
  const above = FLOORS[from];
  const below = FLOORS[to];
  if (to === "sandbox") return from === "cli" || from === "bin.ts";
  if (above === undefined || below === undefined) return false;
  return below < above || (NEIGHBOURS[from]?.includes(to) ?? false);
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
}
