/** The addresses of recorded documents. */
import type { JiraRecord } from "./model.ts";

/** The path from `/rest/` on of a record's `self`, with its query where it has one; `undefined` without one. */
export function addressOf(record: JiraRecord): string | undefined {
  const { self } = record;
  if (typeof self !== "string") return undefined;
  const at = self.indexOf("/rest/");
  return at < 0 ? undefined : self.slice(at).replace(/\/+$/, "");
}

/** The address of the list a record stands in. */
export function collectionOf(path: string): string | undefined {
  const mark = path.indexOf("?");
  if (mark >= 0) return path.slice(0, mark);
  const cut = path.lastIndexOf("/");
  const parent = path.slice(0, cut);
  return /^\/rest\/[^/]+\/[^/]+/.test(parent) ? parent : undefined;
}

/** The word that says what a path is about: `status` of `/rest/api/2/status/1`. */
export function pathKind(path: string): string | undefined {
  const found =
    /^\/rest\/(?:api(?:\/(?:2|3|latest|1\.0|2\.0|3\.0))?|agile\/[^/]+(?:\/board\/[^/]+(?=\/issue\/))?)\/([A-Za-z]+)(?:\/[^/]+)?$/.exec(
      path,
    );
  return found?.[1];
}

const roots: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["issue", "project", "field", "component", "version", "status", "priority", "resolution", "issuetype"]
      .concat(["issueLinkType", "statuscategory", "user", "role", "filter", "permissionscheme", "attachment"])
      .map((kind) => [kind, "/rest/api/2"]),
  ),
  board: "/rest/agile/1.0",
  sprint: "/rest/agile/1.0",
  rapidview: "/rest/greenhopper/1.0",
};

/**
 * The address of a document that names none itself: after the file it was recorded in. `issue/10002/transitions.json`
 * answers at `/rest/api/2/issue/10002/transitions`; what says nothing about its place answers at
 * `/rest/recorded/` and the name of its file.
 */
export function namedAddress(name: string): string {
  const parts = name.split(/[\\/]/).filter((part) => part !== "" && part !== "." && part !== "..");
  const last = parts.at(-1) ?? "document";
  // `.put`, `.post` and `.invalid` in a file's name mark the answer to a write, which no GET gives.
  if (!/\.(?:put|post|invalid)\b/.test(last)) {
    const tail = [...parts.slice(-4, -1), last.replace(/\.jsonl?$/, "")];
    const from = tail.findIndex((part) => Object.hasOwn(roots, part));
    if (from >= 0) return `${roots[tail[from]!]}/${tail.slice(from).map(encodeURIComponent).join("/")}`;
  }
  return `/rest/recorded/${parts.map(encodeURIComponent).join("/")}`;
}
