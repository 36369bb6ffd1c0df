/** The files of a directory that hold one named thing each, as policies and instances do. */
import { existsSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { firstLine } from "./file.ts";

const KINDS = new Set([".yaml", ".yml", ".json"]);

export type Named = { readonly name: string; readonly path: string };

export type Reading<T extends Named> = {
  /** What one file holds, for the problems: `policy`, plural `policies`. */
  readonly one: string;
  readonly many: string;
  readonly most: number;
  /** Adds what is wrong to the problems, and gives nothing then. */
  readonly read: (path: string, problems: string[]) => T | undefined;
};

/**
 * Reads every `.yaml`, `.yml` and `.json` of a directory in the order of their names; other files and hidden ones are
 * left alone. Two files of one name are a problem, and so are too many.
 */
export function readDirectory<T extends Named>(
  directory: string,
  { one, many, most, read }: Reading<T>,
  problems: string[],
): T[] {
  if (!existsSync(directory)) return [];
  let names: string[];
  try {
    names = readdirSync(directory)
      .filter((name) => KINDS.has(extname(name)) && !name.startsWith("."))
      .sort();
  } catch (error) {
    problems.push(`${directory} cannot be read: ${firstLine(error)}`);
    return [];
  }
  if (names.length > most) {
    problems.push(`${directory} holds ${names.length} ${many}; at most ${most} are read`);
    return [];
  }
  const found = new Map<string, T>();
  for (const name of names) {
    const file = read(join(directory, name), problems);
    if (!file) continue;
    const other = found.get(file.name);
    if (other) problems.push(`${other.path} and ${file.path} are both the ${one} ${file.name}: keep one`);
    else found.set(file.name, file);
  }
  return [...found.values()];
}

/** The name of a file without its directory and ending. */
export function nameOf(path: string): string {
  const file = path.split(/[/\\]/).at(-1) ?? "";
  return file.slice(0, file.length - extname(file).length);
}
