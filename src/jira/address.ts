import { LatchkeyError } from "../errors.ts";
import { percentEncode } from "../protocol/oauth1/index.ts";
import type { Query } from "./model.ts";

export type Bases = {
  readonly api_base_url: string;
  readonly site_url: string;
  readonly deployment: "cloud" | "datacenter";
};

/** One segment of a path out of whatever a caller hands in: it can neither end the segment nor climb. */
export function segment(value: string): string {
  if (value === "" || value === "." || value === "..") {
    throw new LatchkeyError("bad_request", "An id in the path is empty or only dots.");
  }
  return percentEncode(value);
}

/**
 * The URL of a call: base and path joined, never resolved, so that a context path survives and no path leads out.
 * An absolute URL is taken only inside the site's base (or the site's own address on Cloud, whose REST lives at
 * the gateway), and this is decided before any credential is looked at.
 * @throws url_outside_connections, bad_request
 */
export function addressOf(bases: Bases, path: string, query: Query = {}): { url: string; path: string } {
  const below = /^[a-z][a-z0-9+.-]*:|^\/\//i.test(path) ? belowBase(bases, path) : path;
  const [written, ...rest] = below.split("?");
  const plain = plainPath(written!);
  const pairs = [plainQuery(rest.join("?")), encodeQuery(query)].filter((part) => part !== "");
  const base = bases.api_base_url.replace(/\/+$/, "");
  const url = `${base}${plain}${pairs.length > 0 ? `?${pairs.join("&")}` : ""}`;
  return { url, path: plain };
}

function belowBase(bases: Bases, text: string): string {
  const outside = () =>
    new LatchkeyError("url_outside_connections", undefined, {
      details: { host: URL.canParse(text) ? new URL(text).host : "unreadable" },
    });
  if (!URL.canParse(text)) throw outside();
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw outside();
  const candidates =
    bases.deployment === "cloud" ? [bases.api_base_url, bases.site_url] : [bases.api_base_url];
  for (const candidate of candidates) {
    const base = new URL(candidate);
    const under = base.pathname.replace(/\/+$/, "");
    if (url.origin === base.origin && url.pathname.startsWith(`${under}/`)) {
      return url.pathname.slice(under.length) + url.search;
    }
  }
  throw outside();
}

function plainPath(path: string): string {
  const wrong = (why: string) =>
    new LatchkeyError("bad_request", `The path ${why}.`, {
      fix: "Give a path below the site's base, such as /rest/api/2/myself.",
    });
  if (!path.startsWith("/")) throw wrong("does not begin with a slash");
  if (path.includes("//")) throw wrong("holds an empty segment");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused here
  if (/[\\#\u0000-\u001f\u007f]/.test(path)) throw wrong("holds a character that no path holds");
  const encoded = path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]+/g, (text) => encodeURIComponent(text));
  if (/%(?![0-9a-f]{2})/i.test(encoded)) throw wrong("holds a percent sign that encodes nothing");
  for (const part of encoded.split("/")) {
    const bare = part.replace(/%2e/gi, ".");
    if (bare === "." || bare === "..") throw wrong("climbs");
  }
  return encoded;
}

/** A query as typed by a person: what a URL cannot hold is encoded, what is encoded already stays. */
function plainQuery(query: string): string {
  return query
    .split("#")[0]!
    .replace(/[^A-Za-z0-9\-._~!$'()*,;:@/?%&=+]+/g, (text) => percentEncode(text))
    .replace(/%(?![0-9a-f]{2})/gi, "%25");
}

/** Names and values percent-encoded; a list repeats its name; `undefined` is left out. */
export function encodeQuery(query: Query): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      pairs.push(`${percentEncode(name)}=${percentEncode(String(one))}`);
    }
  }
  return pairs.join("&");
}
