/** Jira's links to itself, turned into links through the proxy. */
import type { Connection } from "../../vault/index.ts";

const LINKS = new Set(["self", "nextPage", "_links"]);
/** Deeper than any answer of Jira; what is deeper is left out, since nobody could write it again. */
const DEEPEST = 512;

/**
 * The same JSON, in which `self`, the links of a page and everything below `_links` lead through the proxy where
 * they led to a REST resource of this site.
 */
export function linksBelow(public_url: string, connection: Connection, json: unknown): unknown {
  const { api_base_url, url } = connection.site;
  const bases = [...new Set([api_base_url, url].map((base) => `${base.replace(/\/+$/, "")}/rest/`))];
  const proxied = `${public_url.replace(/\/+$/, "")}/jira/${connection.id}/rest/`;
  const link = (text: string) => {
    const base = bases.find((one) => text.startsWith(one));
    return base === undefined ? text : proxied + text.slice(base.length);
  };
  const walk = (value: unknown, linked: boolean, depth: number): unknown => {
    if (typeof value === "string") return linked ? link(value) : value;
    if (typeof value !== "object" || value === null) return value;
    if (depth > DEEPEST) return null;
    if (Array.isArray(value)) return value.map((item) => walk(item, linked, depth + 1));
    const out = Object.entries(value).map(([name, member]) => [
      name,
      walk(member, linked || LINKS.has(name), depth + 1),
    ]);
    return Object.fromEntries(out);
  };
  return walk(json, false, 0);
}
