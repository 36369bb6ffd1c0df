/** The TypeScript blocks of the pages under the compiler, against what package.json exports. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { type Block, placeOf, root } from "./blocks.ts";

/**
 * The program a block ends: a block that begins with an import begins a program, one without continues the one
 * before it on its page.
 */
export function programOf(block: Block, page: readonly Block[]): string {
  const scripts = page.filter((one) => one.language === "ts" && one.line <= block.line);
  const begins = scripts.findLastIndex((one) => /^import /m.test(one.text));
  return scripts
    .slice(begins)
    .map((one) => one.text)
    .join("\n");
}

/** What the compiler has to say, one line each. @param programs file name below docs/ → text */
export function complaints(programs: ReadonlyMap<string, string>): readonly string[] {
  const config = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile).config as {
    compilerOptions: object;
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  // The repository's own sources are compiled as they are; a reader's program may leave things unused.
  const settings = { ...options, noUnusedLocals: false, paths: exported(), noEmit: true };
  const host = ts.createCompilerHost(settings);
  const files = new Map([...programs].map(([name, text]) => [join(root, "docs", name), text]));
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.getSourceFile = (name, ...more) => {
    const text = files.get(name);
    return text === undefined
      ? getSourceFile(name, ...more)
      : ts.createSourceFile(name, text, ts.ScriptTarget.ES2024, true);
  };
  const program = ts.createProgram([...files.keys()], settings, host);
  return [...files.keys()].flatMap((name) => {
    const source = program.getSourceFile(name);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ file, start = 0, messageText }) => {
      const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
      return `${name.slice(dirname(name).length + 1)} line ${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    });
  });
}

export function fileNameOf(block: Block): string {
  return `${placeOf(block).replaceAll(/[/:]/g, "-")}.ts`;
}

/** `latchkey/x` → the source behind that export. */
function exported(): Record<string, string[]> {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    exports: Record<string, string | { types: string }>;
  };
  const paths: Record<string, string[]> = {};
  for (const [name, entry] of Object.entries(exports)) {
    if (typeof entry === "string") continue;
    const source = entry.types.replace(/^\.\/dist\//, "src/").replace(/\.d\.ts$/, ".ts");
    paths[name.replace(/^\./, "latchkey")] = [join(root, source)];
  }
  return paths;
}
