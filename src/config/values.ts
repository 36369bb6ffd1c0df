import { isAbsolute, resolve } from "node:path";
import { parseDatabaseUrl } from "./database.ts";
import type { OptionRow } from "./options.ts";
import type { Parsed } from "./parsed.ts";

/** Turns one text into the option's value, or says in words what is wrong with it. */
export function parseValue(row: OptionRow, raw: unknown): Parsed {
  if (row.kind === "list") return parseList(row, raw);
  if (row.kind === "port") return parsePort(raw);
  if (row.kind === "integer") return parseInteger(raw);
  if (typeof raw !== "string") return { problem: `must be text, like ${row.example}, not ${typeof raw}` };
  const text = raw.trim();
  if (text === "") return { problem: `is empty; give something like ${row.example}, or leave it out` };
  switch (row.kind) {
    case "url":
      return parseUrl(text);
    case "database":
      return parseDatabaseUrl(text);
    case "path":
      return { value: isAbsolute(text) ? text : resolve(text) };
    case "choice":
      return row.values?.includes(text)
        ? { value: text }
        : { problem: `must be one of ${row.values?.join(", ")}, not ${JSON.stringify(text)}` };
    default:
      return { value: text };
  }
}

function parsePort(raw: unknown): Parsed {
  const number =
    typeof raw === "number" ? raw : typeof raw === "string" ? Number(raw.trim() || "x") : Number.NaN;
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return { value: number };
  return { problem: `must be a port from 0 to 65535, not ${JSON.stringify(raw)}` };
}

function parseInteger(raw: unknown): Parsed {
  const number = typeof raw === "string" && /^\d{1,12}$/.test(raw.trim()) ? Number(raw) : raw;
  if (typeof number === "number" && Number.isSafeInteger(number) && number > 0) return { value: number };
  return { problem: `must be a whole number above 0, not ${JSON.stringify(raw)}` };
}

function parseUrl(text: string): Parsed {
  if (!URL.canParse(text)) return { problem: `must be a URL like https://latchkey.example.com` };
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return { problem: `must begin with http:// or https://, not ${url.protocol}//` };
  }
  if (url.username || url.password) return { problem: "must not hold a user name or password" };
  if (url.search || url.hash) return { problem: "must not hold a query or a fragment" };
  return { value: text.replace(/\/+$/, "") };
}

function parseList(row: OptionRow, raw: unknown): Parsed {
  const parts = Array.isArray(raw) ? raw : typeof raw === "string" ? raw.split(",") : undefined;
  if (!parts?.every((part) => typeof part === "string")) {
    return { problem: `must be a list of texts, like ${row.example}` };
  }
  return { value: (parts as string[]).map((part) => part.trim()).filter(Boolean) };
}

/** The known name nearest to a mistyped one, if it is near enough to be meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(name, candidate);
    if (!best || distance < best.distance) best = { name: candidate, distance };
  }
  return best && best.distance <= Math.max(2, Math.floor(name.length / 3)) ? best.name : undefined;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
