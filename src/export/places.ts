import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Format, Kind } from "./model.ts";

/** Where an export puts what: everything stands beside the file of issues and begins with its name. */
export type Places = {
  readonly folder: string;
  /** Of the file of issues, without its ending. */
  readonly stem: string;
  readonly manifest: string;
  /** What the next run must know: ids and versions of issues, nothing else. */
  readonly state: string;
  /** What was read of an export that has not ended. */
  readonly partial: string;
  /** Bytes of attachments. */
  readonly attachments: string;
  nameOf(kind: Kind, run: number): string;
};

export function placesOf(to: string, format: Format): Places {
  const folder = dirname(to);
  const file = basename(to);
  const ending = file.toLowerCase().endsWith(`.${format}`) ? file.slice(-(format.length + 1)) : "";
  const stem = file.slice(0, file.length - ending.length);
  const at = (name: string) => join(folder, `${stem}.${name}`);
  return {
    folder,
    stem,
    manifest: at("manifest.json"),
    state: at("state"),
    partial: at("partial"),
    attachments: at("attachments"),
    nameOf(kind, run) {
      const parts = [stem, ...(kind === "issues" ? [] : [kind]), ...(run === 1 ? [] : [String(run)])];
      if (kind === "issues") return run === 1 ? file : `${parts.join(".")}${ending}`;
      return `${parts.join(".")}.${format}`;
    },
  };
}

/** A file that is there whole or not at all, also after a loss of power. */
export function writeWhole(path: string, text: string): void {
  const temporary = `${path}.new`;
  const file = openSync(temporary, "w", 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** Makes the names in a folder last. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
