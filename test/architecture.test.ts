import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "../src");

/** The house of docs/architecture.md: a room may import rooms on lower floors only, and never a neighbour. */
const FLOORS: Record<string, number> = {
  "errors.ts": 0,
  "secret.ts": 0,
  "http.ts": 0,
  "log.ts": 1,
  "egress.ts": 1,
  "failures.ts": 1,
  "tunnel.ts": 1,
  "wire.ts": 1,
  "answer-body.ts": 1,
  "under-way.ts": 1,
  "transport.ts": 1,
  protocol: 1,
  policy: 1,
  config: 1,
  store: 1,
  vault: 2,
  jira: 2,
  recorder: 2,
  connect: 3,
  handles: 3,
  doctor: 3,
  events: 3,
  wiring: 3,
  export: 3,
  push: 3,
  webhooks: 3,
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
  "transport.ts": [
    "answer-body.ts",
    "egress.ts",
    "failures.ts",
    "log.ts",
    "tunnel.ts",
    "under-way.ts",
    "wire.ts",
  ],
  "tunnel.ts": ["failures.ts", "wire.ts"],
  "under-way.ts": ["answer-body.ts", "failures.ts", "wire.ts"],
  "answer-body.ts": ["wire.ts"],
  // The library entry and the two ways to use it are one floor: the bin starts the command line.
  "bin.ts": ["cli"],
  adapters: ["index.ts"],
  cli: ["index.ts"],
};
/** Files that still import each other, each circle with its reason. A circle that is mended leaves this list; none joins it. */
const CIRCLES: ReadonlyArray<{ readonly files: readonly string[]; readonly why: string }> = [
  {
    files: [
      "vault/credentials.ts",
      "vault/families.ts",
      "vault/outcome.ts",
      "vault/rotation.ts",
      "vault/saving.ts",
    ],
    why: "a rotation may end a family, and a family that is ended stops its rotation; they share the types of both",
  },
];
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

function syntaxOf(source: Source): ts.SourceFile {
  return ts.createSourceFile(source.path, source.text, ts.ScriptTarget.Latest);
}

/** Whether a node or anything below it satisfies the test. */
function contains(node: ts.Node, test: (node: ts.Node) => boolean): boolean {
  return test(node) || (ts.forEachChild(node, (child) => contains(child, test)) ?? false);
}

/** Whether the global `fetch` is called; a local function of that name is another thing. */
function callsFetch(source: Source): boolean {
  if (!/\bfetch\(/.test(source.text)) return false;
  const syntax = syntaxOf(source);
  const isNamed = (name: ts.Node | undefined) =>
    name !== undefined && ts.isIdentifier(name) && name.text === "fetch";
  if (
    contains(
      syntax,
      (node) =>
        (ts.isVariableDeclaration(node) || ts.isFunctionDeclaration(node) || ts.isParameter(node)) &&
        isNamed(node.name),
    )
  )
    return false;
  return contains(syntax, (node) => ts.isCallExpression(node) && isNamed(node.expression));
}

/** Whether the code says `any`, or silences the compiler. */
function givesUpTypes(source: Source): boolean {
  if (/@ts-(ignore|nocheck|expect-error)/.test(source.text)) return true;
  return contains(syntaxOf(source), (node) => node.kind === ts.SyntaxKind.AnyKeyword);
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

  it("has no circle of files inside a room, types included", () => {
    expect(circles(all)).toEqual(CIRCLES.map(({ files }) => files));
  });

  it("sees a circle where there is one", () => {
    const file = (name: string, ...imports: string[]): Source => ({
      path: join(root, `room/${name}.ts`),
      room: "room",
      text: "",
      imports: imports.map((one) => `./${one}.ts`),
    });
    const chain = [file("a", "b"), file("b", "c"), file("c"), file("d", "a", "c")];
    expect(circles(chain)).toEqual([]);
    expect(circles([...chain, file("e", "f"), file("f", "e")])).toEqual([["room/e.ts", "room/f.ts"]]);
    expect(circles([file("a", "b"), file("b", "c"), file("c", "a")])[0]).toHaveLength(3);
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
    const network = ["undici", "node:net", "node:tls", "node:https", "node:dns", "node:dns/promises"];
    const wrong = ours
      .filter((source) => source.room !== "transport.ts")
      .filter((source) => source.imports.some((target) => network.includes(target)) || callsFetch(source))
      .map((source) => relative(root, source.path))
      .filter((path) => !PURE_NETWORK_NAMES.has(path));
    expect(wrong).toEqual([]);
  });

  it("speaks to a database from the store only; the job engine is handed a pool", () => {
    const values = /^import (?!type\b)[^;]*from "pg";/m;
    const wrong = ours
      .filter(
        (source) => values.test(source.text) && !relative(root, source.path).startsWith("store/postgres/"),
      )
      .map((source) => relative(root, source.path));
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
      .map((source) => ({
        path: relative(root, source.path),
        lines: source.text.trimEnd().split("\n").length,
      }))
      .filter(({ path, lines }) => lines > (LONGER[path] ?? 330));
    expect(long).toEqual([]);
  });

  it("gives up no type", () => {
    const wrong = all.filter(givesUpTypes).map((source) => relative(root, source.path));
    expect(wrong).toEqual([]);
  });
});

/** The sets of files that reach themselves through imports, each in order of its paths. */
function circles(files: readonly Source[]): string[][] {
  const imports = new Map(
    files.map((file) => [file.path, file.imports.map((target) => resolve(dirname(file.path), target))]),
  );
  const reached = new Map([...imports.keys()].map((path) => [path, reachedFrom(path, imports)]));
  const found = new Map<string, string[]>();
  for (const [path, beyond] of reached) {
    if (!beyond.has(path)) continue;
    const circle = [...beyond].filter((other) => reached.get(other)?.has(path)).sort();
    found.set(circle[0]!, circle);
  }
  return [...found.values()]
    .map((circle) => circle.map((path) => relative(root, path)))
    .sort((a, b) => a[0]!.localeCompare(b[0]!));
}

/** Every file that a file imports, directly or through others; itself only where the way comes back. */
function reachedFrom(start: string, imports: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = new Set<string>();
  const waiting = [...(imports.get(start) ?? [])];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next) || !imports.has(next)) continue;
    seen.add(next);
    waiting.push(...(imports.get(next) ?? []));
  }
  return seen;
}

/** Uses `node:net` only to read addresses: `isIP` opens nothing. */
const PURE_NETWORK_NAMES = new Set(["egress.ts"]);

/** A table that reads better whole, and the one door, which must stay one file. */
const LONGER: Record<string, number> = { "errors.ts": 1200, "transport.ts": 345 };

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
