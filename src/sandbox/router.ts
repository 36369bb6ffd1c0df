/** Finds the handler of a path. */
import type { Handler, Route } from "./message.ts";

/** One route; `{name}` takes one segment, percent-decoded, and `{name*}` at the end takes all that is left, raw. */
export function route(method: string, pattern: string, handler: Handler): Route {
  return { method, pattern, handler };
}

export type Found<H> = { readonly handler: H; readonly params: Record<string, string> };
/** `allowed` names the methods the path has when the one asked for is not among them. */
export type Lookup<H> = Found<H> | { readonly allowed: readonly string[] } | undefined;

type Segment = { readonly kind: "text" | "param" | "rest"; readonly text: string };
type Entry<H> = { readonly method: string; readonly segments: readonly Segment[]; readonly handler: H };

/**
 * Compiles routes into a lookup. Text beats a parameter and a parameter beats the rest, whatever the order they were
 * given in; between equals the first one wins. `HEAD` is answered by the `GET` route. A segment that is not valid
 * percent-encoding matches no parameter.
 */
export function createRouter<H>(
  routes: ReadonlyArray<{ readonly method: string; readonly pattern: string; readonly handler: H }>,
): (method: string, path: string) => Lookup<H> {
  const byFirst = new Map<string, Entry<H>[]>();
  const open: Entry<H>[] = [];
  for (const { method, pattern, handler } of routes) {
    const segments = pattern.split("/").slice(1).map(parseSegment);
    const entry = { method, segments, handler };
    const first = segments[0];
    if (first?.kind === "text") {
      const bucket = byFirst.get(first.text) ?? [];
      bucket.push(entry);
      byFirst.set(first.text, bucket);
    } else {
      open.push(entry);
    }
  }
  for (const bucket of [...byFirst.values(), open]) bucket.sort(moreSpecific);
  return (method, path) => {
    const parts = path.split("/");
    parts.shift();
    return search(byFirst.get(parts[0] ?? ""), open, method, parts);
  };
}

function search<H>(
  bucket: readonly Entry<H>[] | undefined,
  open: readonly Entry<H>[],
  method: string,
  parts: readonly string[],
): Lookup<H> {
  const allowed: string[] = [];
  for (const entries of [bucket, open]) {
    if (entries === undefined) continue;
    for (const entry of entries) {
      const params = matchSegments(entry.segments, parts);
      if (params === undefined) continue;
      if (answers(entry.method, method)) return { handler: entry.handler, params };
      allowed.push(entry.method);
    }
  }
  return allowed.length === 0 ? undefined : { allowed: [...new Set(allowed)] };
}

function answers(offered: string, asked: string): boolean {
  return offered === "*" || offered === asked || (asked === "HEAD" && offered === "GET");
}

function parseSegment(text: string): Segment {
  if (!text.startsWith("{") || !text.endsWith("}")) return { kind: "text", text };
  const name = text.slice(1, -1);
  return name.endsWith("*") ? { kind: "rest", text: name.slice(0, -1) } : { kind: "param", text: name };
}

const weight = { text: 0, param: 1, rest: 2 };

function moreSpecific(a: Entry<unknown>, b: Entry<unknown>): number {
  const length = Math.min(a.segments.length, b.segments.length);
  for (let i = 0; i < length; i++) {
    const difference = weight[a.segments[i]!.kind] - weight[b.segments[i]!.kind];
    if (difference !== 0) return difference;
  }
  return b.segments.length - a.segments.length;
}

function matchSegments(
  segments: readonly Segment[],
  parts: readonly string[],
): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i]!;
    if (segment.kind === "rest") {
      params[segment.text] = parts.slice(i).join("/");
      return params;
    }
    const part = parts[i];
    if (part === undefined) return undefined;
    if (segment.kind === "text") {
      if (part !== segment.text) return undefined;
    } else {
      const value = decode(part);
      if (value === undefined || value === "") return undefined;
      params[segment.text] = value;
    }
  }
  return parts.length === segments.length ? params : undefined;
}

function decode(part: string): string | undefined {
  if (!part.includes("%")) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
