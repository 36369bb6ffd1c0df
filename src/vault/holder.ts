import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { sha256 } from "./hash.ts";

/**
 * Names this process in a lease: where it runs, its process id, and a number of its own. Another process on the same
 * machine can tell by it whether the holder is still there.
 */
export function holderName(random: (bytes: number) => Uint8Array): string {
  return `${place()}.${process.pid}.${Buffer.from(random(9)).toString("base64url")}`;
}

/**
 * Whether a holder is proven to be gone: it ran here, and its process id is nobody's. Of a holder elsewhere, or of
 * one whose id was given out again, nothing is proven.
 */
export function isGone(holder: string): boolean {
  const [where, pid] = holder.split(".");
  if (where !== place() || !/^[1-9]\d*$/.test(pid ?? "")) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "ESRCH";
  }
}

let known: string | undefined;

/** One start of one machine, and on Linux one pid namespace of it: two containers never take each other for gone. */
function place(): string {
  known ??= sha256([hostname(), bootId(), pidNamespace()].join("\0")).slice(0, 12);
  return known;
}

function bootId(): string {
  return attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
}

function pidNamespace(): string {
  return attempt(() => readlinkSync("/proc/self/ns/pid"));
}

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
