import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { LatchkeyError } from "../errors.ts";

/** Folders that this process holds. */
const held = new Set<string>();

/**
 * Makes the folder of an export that is under way and keeps others out of it. A holder that was killed holds nothing.
 * Answers how to let go.
 */
export async function holdFolder(folder: string): Promise<() => void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = `${folder}/holder`;
  for (let tries = 0; tries < 2; tries++) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx", mode: 0o600 });
      held.add(folder);
      return () => {
        held.delete(folder);
        rmSync(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const holder = existsSync(path) ? Number(readFileSync(path, "utf8")) : 0;
      if (held.has(folder) || (holder !== process.pid && isAlive(holder))) break;
      rmSync(path, { force: true });
    }
  }
  throw new LatchkeyError("usage", "Another export into this file is under way.", {
    fix: "Wait until it ends, or export into another file.",
  });
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
