import { type FileHandle, link, open, rename, rm } from "node:fs/promises";
import { LatchkeyError } from "../errors.ts";
import type { Bundle } from "../vault/index.ts";

/**
 * Writes a file that is there whole or not at all: beside its place first (0600), on the disk for certain, then under
 * its name. An existing file is never overwritten.
 * @throws bad_request, home_unwritable
 */
export async function writeWhole<T>(
  path: string,
  work: (write: (bytes: Uint8Array) => Promise<void>) => Promise<T>,
): Promise<T> {
  const draft = `${path}.${process.pid}.part`;
  let file: FileHandle;
  try {
    file = await open(draft, "wx", 0o600);
  } catch (cause) {
    throw new LatchkeyError("home_unwritable", `${path} cannot be written.`, {
      cause,
      fix: "Choose a directory that this user may write.",
    });
  }
  try {
    const result = await work(async (bytes) => {
      await file.write(bytes);
    });
    await file.sync();
    await file.close();
    await place(draft, path);
    return result;
  } catch (thrown) {
    await file.close().catch(() => {});
    await rm(draft, { force: true });
    throw thrown;
  }
}

/** A second name is refused where the first one is taken; not every file system gives files two names. */
async function place(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
    await rm(draft);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST") {
      throw new LatchkeyError("bad_request", `${path} exists, and is not overwritten.`, {
        cause,
        fix: "Choose another name.",
      });
    }
    await rename(draft, path);
  }
}

/** @throws file_unreadable */
export function bundleAt(path: string): Bundle {
  return {
    async open() {
      let file: FileHandle;
      try {
        file = await open(path, "r");
      } catch (cause) {
        throw new LatchkeyError("file_unreadable", `${path} cannot be read.`, { cause, details: { path } });
      }
      return { source: (bytes) => read(file, bytes), close: () => file.close() };
    },
  };
}

async function read(file: FileHandle, bytes: number): Promise<Buffer> {
  const out = Buffer.alloc(bytes);
  let filled = 0;
  while (filled < bytes) {
    const { bytesRead } = await file.read(out, filled, bytes - filled, null);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return out.subarray(0, filled);
}
