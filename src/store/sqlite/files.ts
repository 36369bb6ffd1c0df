import { chmod, mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { LatchkeyError } from "../../errors.ts";

/**
 * Makes the database file (0600) and the directories above it (0700) where they are missing. SQLite gives the
 * files beside it the mode of this one, so it must be right before SQLite sees it.
 * @throws home_unwritable
 */
export async function prepareFile(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, "a", 0o600);
    await file.close();
    if (process.platform !== "win32" && ((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600);
  } catch (thrown) {
    throw new LatchkeyError("home_unwritable", `The database file ${path} cannot be written.`, {
      cause: thrown,
    });
  }
}
