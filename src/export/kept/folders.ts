/** The folders of exports. Names inside them are read from them, and never come from outside. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { copyFile, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Format, Manifest } from "../model.ts";
import { placesOf } from "../places.ts";
import type { KeptFile } from "./contract.ts";

const ID = /^exp_[0-9A-Za-z]{22}$/;
const STEM = "issues";

export type Folders = ReturnType<typeof foldersIn>;

export function foldersIn(root: string) {
  const of = (id: string) => {
    if (!ID.test(id)) throw new TypeError("not an id of an export");
    return join(root, id);
  };
  const issuesOf = (id: string, format: Format) => join(of(id), `${STEM}.${format}`);
  const placesFor = (id: string, format: Format) => placesOf(issuesOf(id, format), format);
  return {
    issuesOf,
    has: (id: string) => existsSync(of(id)),
    make: (id: string) => void mkdirSync(of(id), { recursive: true, mode: 0o700 }),
    /** Whose number stands there was killed, and its number may be another program's by now. */
    letGo: (id: string, format: Format) =>
      rmSync(join(placesFor(id, format).partial, "holder"), { force: true }),
    remove: (id: string) => rmSync(of(id), { recursive: true, force: true }),
    /** What the next run must know of the one before. False where that is not on this machine. */
    async takeOver(from: string, to: string, format: Format): Promise<boolean> {
      const [before, now] = [placesFor(from, format), placesFor(to, format)];
      if (existsSync(now.manifest)) return true;
      if (!existsSync(before.manifest) || !existsSync(before.state)) return false;
      await copyFile(before.state, now.state);
      await copyFile(before.manifest, now.manifest);
      return true;
    },
    /** The files of the last run, the manifest, and attachments, by their names. */
    find(id: string, format: Format, name: string): KeptFile | undefined {
      const places = placesFor(id, format);
      if (!existsSync(places.manifest)) return undefined;
      const { runs } = JSON.parse(readFileSync(places.manifest, "utf8")) as Manifest;
      const listed = runs.at(-1)?.files.find((file) => file.name === name)?.name;
      const manifest = `${STEM}.manifest.json`;
      const attached = existsSync(places.attachments) ? readdirSync(places.attachments) : [];
      const attachment = attached.find((one) => one === name);
      const path =
        listed !== undefined
          ? join(places.folder, listed)
          : name === manifest
            ? places.manifest
            : attachment === undefined
              ? undefined
              : join(places.attachments, attachment);
      if (path === undefined || !existsSync(path)) return undefined;
      return { name: listed ?? attachment ?? manifest, path, bytes: statSync(path).size };
    },
    bytesOf: (id: string) => bytesIn(of(id)),
    ids: () => (existsSync(root) ? readdirSync(root).filter((name) => ID.test(name)) : []),
  };
}

async function bytesIn(folder: string): Promise<number> {
  if (!existsSync(folder)) return 0;
  let sum = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    // A file may be put in its place meanwhile.
    sum += await lstat(join(entry.parentPath, entry.name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return sum;
}
