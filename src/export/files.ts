import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { isLatchkeyError } from "../errors.ts";
import type { Jira, Json } from "../jira/index.ts";
import type { Places } from "./places.ts";

/** Fetches the bytes of attachments, each into a file of its own; one that is there already is not fetched again. */
export function attachmentFetcher(jira: Jira, places: Places): (attachment: Json) => Promise<Json> {
  mkdirSync(places.attachments, { recursive: true, mode: 0o700 });
  return async ({ id, filename }) => {
    const name = `${Number(id)}-${safeName(filename)}`;
    const path = join(places.attachments, name);
    const file = `${basename(places.attachments)}/${name}`;
    if (existsSync(path)) return { file, sha256: await digestIn(path) };
    try {
      const { body } = await jira.attachments.download(String(id));
      await pipeline(body, createWriteStream(`${path}.new`, { mode: 0o600, flush: true }));
    } catch (error) {
      // It went meanwhile; its row says that nothing is there.
      if (isLatchkeyError(error) && error.code === "jira_not_found") return { file: null };
      throw error;
    }
    renameSync(`${path}.new`, path);
    return { file, sha256: await digestIn(path) };
  };
}

/** Letters, digits and a few signs: a name from Jira must not lead out of its folder. */
function safeName(filename: unknown): string {
  const name = String(filename ?? "file")
    .normalize("NFC")
    .replace(/[^\p{L}\p{N}._-]+/gu, "_");
  return name.replace(/^\.+/, "_").slice(-80);
}

async function digestIn(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
