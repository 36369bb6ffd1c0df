/** Recorded documents by the address they were recorded at. */
import { findIssue, type Json, type Recorded, type Site } from "./model.ts";

const versioned = /^\/rest\/api\/(?:2|3|latest|1\.0|2\.0|3\.0)(?=\/)/;
const issuePart = /^\/rest\/api(?:\/[^/]+)?\/issue\/([^/?]+)\/./;

/**
 * The document recorded at a REST path, or `undefined`. The API version asked for is tried first, then the others:
 * a document recorded from version 2 answers `/rest/api/3` too. What was recorded of an issue (its comments, its
 * watchers) stands only until that issue is changed here.
 *
 * @param path from `/rest/` on, without the query
 * @param rawQuery without the question mark; only addresses that were recorded with a query look at it
 * @param base the address of the site, for documents loaded with `load_hosts=replace`
 */
export function recordedAt(site: Site, path: string, rawQuery: string, base: string): Json | undefined {
  const of = issuePart.exec(path)?.[1];
  if (of !== undefined) {
    const issue = findIssue(site, of);
    if (issue !== undefined && !issue.loaded) return undefined;
  }
  for (const candidate of candidates(path)) {
    const found =
      (rawQuery === "" ? undefined : site.recorded[`${candidate}?${rawQuery}`]) ?? site.recorded[candidate];
    if (found !== undefined) return bodyOf(found, base);
  }
  return undefined;
}

function bodyOf({ body, placeholder }: Recorded, base: string): Json {
  if (!placeholder) return body;
  return JSON.parse(JSON.stringify(body).replaceAll("{base}", JSON.stringify(base).slice(1, -1))) as Json;
}

function candidates(path: string): string[] {
  if (!path.startsWith("/rest/api/")) return [path];
  const rest = path.replace(versioned, "/rest/api").slice("/rest/api".length);
  return [path, `/rest/api/2${rest}`, `/rest/api/3${rest}`, `/rest/api/latest${rest}`, `/rest/api${rest}`];
}
