/** Searches what a run has left behind for the tokens that were in it. */
import { existsSync, readFileSync } from "node:fs";
import type { Crew } from "./crew.ts";
import type { House } from "./house.ts";

/** Enough to fail on any leak that is not a single slip, and few enough to search for in a second. */
const SAMPLE = 150;

export function formsOf(token: string): string[] {
  const once = encodeURIComponent(token);
  const bytes = Buffer.from(token);
  return [
    ...new Set([
      token,
      once,
      encodeURIComponent(once),
      bytes.toString("base64"),
      bytes.toString("base64url"),
    ]),
  ];
}

/** Which forms of which tokens stand in which output; a token is named by its first six characters. */
export function leaks(tokens: readonly string[], outputs: ReadonlyMap<string, Buffer>): string[] {
  const found: string[] = [];
  for (const token of tokens) {
    for (const form of formsOf(token)) {
      for (const [name, content] of outputs) {
        if (content.includes(form)) found.push(`${token.slice(0, 6)}… in ${name}`);
      }
    }
  }
  return found;
}

/** The database's files, the workers' logs, and all they printed. */
export function outputsOf(house: House, crew: Crew): Map<string, Buffer> {
  const outputs = new Map<string, Buffer>();
  crew.outputs().forEach((text, at) => void outputs.set(`output ${at + 1}`, Buffer.from(text)));
  const file = house.database_url.replace(/^sqlite:/, "");
  for (const name of [file, `${file}-wal`, `${file}-shm`]) {
    if (existsSync(name)) outputs.set(name, readFileSync(name));
  }
  return outputs;
}

export function sampleOf(tokens: readonly string[]): string[] {
  const every = Math.max(1, Math.floor(tokens.length / SAMPLE));
  return tokens.filter((_token, at) => at % every === 0 || at >= tokens.length - 10);
}
