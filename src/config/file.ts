import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse as parseToml } from "smol-toml";

export type ConfigFile = { readonly path?: string; readonly values: Readonly<Record<string, unknown>> };

/**
 * Reads `config.toml` or `config.json` of the home directory. Two of them, a syntax error, or something that
 * is not a table of options is a problem in words; there is no file is not.
 */
export function readConfigFile(home: string, problems: string[]): ConfigFile {
  const toml = join(home, "config.toml");
  const json = join(home, "config.json");
  const found = [toml, json].filter((path) => existsSync(path));
  if (found.length === 2) {
    problems.push(`${toml} and ${json} both exist: keep one of them`);
    return { values: {} };
  }
  const path = found[0];
  if (!path) return { values: {} };
  try {
    const text = readFileSync(path, "utf8");
    const values: unknown = path.endsWith(".toml") ? parseToml(text) : JSON.parse(text);
    if (typeof values !== "object" || values === null || Array.isArray(values)) {
      problems.push(`${path} must hold a table of options`);
      return { path, values: {} };
    }
    return { path, values: values as Record<string, unknown> };
  } catch (error) {
    problems.push(`${path} cannot be read: ${firstLine(error)}`);
    return { path, values: {} };
  }
}

/** Reads a secret from the file an `…_FILE` variable names. */
export function readSecretFile(path: string): { text: string } | { problem: string } {
  try {
    return { text: readFileSync(path, "utf8") };
  } catch (error) {
    return { problem: `names ${path}, which cannot be read: ${firstLine(error)}` };
  }
}

export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
}
