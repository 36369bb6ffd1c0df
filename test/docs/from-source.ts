/** Preloaded by the programs of the pages: `latchkey` is what package.json exports, out of the sources. */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Record<string, string | { default: string }>;
};

registerHooks({
  resolve(specifier, context, next) {
    const entry = exports[specifier.replace(/^latchkey/, ".")];
    if (/^latchkey(\/|$)/.test(specifier) && typeof entry === "object") {
      const source = entry.default.replace(/^\.\/dist\//, "src/").replace(/\.js$/, ".ts");
      return next(pathToFileURL(join(root, source)).href, context);
    }
    const bare = /^[a-z@]/i.test(specifier) && !/^(node|file|data):/.test(specifier);
    return next(
      specifier,
      bare && !context.parentURL?.includes("/node_modules/") ? inRepository(context) : context,
    );
  },
});

/** A package a page names is looked up from the repository, wherever the page is tried out. */
function inRepository<T extends { parentURL?: string | undefined }>(context: T): T {
  return { ...context, parentURL: pathToFileURL(join(root, "package.json")).href };
}
