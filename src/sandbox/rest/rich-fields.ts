/** Rich text fields: which they are, and their value in the language of the version asked for. */
import type { Issue, JiraRecord, Json } from "../world/model.ts";
import { type Call, isObject } from "./call.ts";
import { userCalled } from "./people.ts";
import { JiraError } from "./refuse.ts";
import { documentToHtml, documentToWiki, isDocument, wikiToDocument } from "./richtext.ts";

const RICH = new Set(["description", "environment"]);

/** Description, environment, and custom fields of several lines. */
export function isRichField(call: Call, id: string): boolean {
  if (RICH.has(id)) return true;
  const schema = call.site.fields[id]?.schema;
  return isObject(schema) && String(schema.custom ?? "").endsWith(":textarea");
}

/** Mentions know the world's users by any of their names. */
export function mentionLookup(call: Call): (name: string) => { id: string; text: string } | undefined {
  return (name) => {
    const user = userCalled(call.world, name);
    return user === undefined ? undefined : { id: user.accountId, text: `@${user.displayName}` };
  };
}

function mentionText(call: Call): (id: string) => string {
  return (id) => {
    if (call.site.face === "cloud") return `[~accountid:${id}]`;
    return `[~${userCalled(call.world, id)?.name ?? id}]`;
  };
}

/** A stored text as the version asks for it; `document` is how it was written, where it was written as one. */
export function richTextOut(call: Call, stored: Json | undefined, document?: Json): Json {
  if (!call.adf) return isDocument(stored) ? documentToWiki(stored, mentionText(call)) : (stored ?? null);
  if (isDocument(document)) return document as unknown as Json;
  if (isDocument(stored) || stored === null || stored === undefined) return (stored ?? null) as Json;
  return wikiToDocument(String(stored), mentionLookup(call)) as unknown as Json;
}

export type RichTextIn = { readonly wiki: string; readonly document: Json | undefined };

/**
 * A text that is being written. Version 3 takes documents only, version 2 strings only; anything else is refused
 * with `message` where the version is 3.
 */
export function richTextIn(call: Call, value: unknown, field: string, message: string): RichTextIn {
  if (call.adf) {
    if (!isDocument(value)) throw new JiraError(400, [], { [field]: message });
    return { wiki: documentToWiki(value, mentionText(call)), document: value as unknown as Json };
  }
  if (typeof value !== "string")
    throw new JiraError(400, [], { [field]: "Operation value must be a string" });
  return { wiki: value, document: undefined };
}

/** The HTML of a stored text. */
export function htmlOf(call: Call, stored: Json | undefined, document?: Json): string {
  if (isDocument(document)) return documentToHtml(document);
  if (isDocument(stored)) return documentToHtml(stored);
  return documentToHtml(wikiToDocument(String(stored ?? ""), mentionLookup(call)));
}

/** `renderedFields`: rich text as HTML, comments likewise, everything else null. */
export function renderedHtml(call: Call, issue: Issue, ids: readonly string[]): JiraRecord {
  const raw = isObject(issue.raw.fields) ? issue.raw.fields : {};
  const shown: JiraRecord = {};
  for (const id of ids) {
    shown[id] =
      isRichField(call, id) && typeof raw[id] !== "undefined" && raw[id] !== null
        ? htmlOf(call, raw[id])
        : null;
  }
  if (ids.includes("comment")) {
    const comments = issue.comments.map((comment) => ({
      id: comment.id ?? null,
      body: htmlOf(call, comment.body),
    }));
    shown.comment = { comments, maxResults: comments.length, total: comments.length, startAt: 0 };
  }
  return shown;
}
