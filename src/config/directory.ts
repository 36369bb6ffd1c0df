import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a directory and those above it, step by step: Node's own recursive way never ends on a file system that
 * takes no directories, like /proc.
 *
 * @param mode Of the directories that are made; default `0o700`.
 */
export function makeDirectory(path: string, mode = 0o700): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeDirectory(dirname(path), mode);
  mkdirSync(path, { mode });
}
