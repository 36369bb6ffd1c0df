/**
 * Rich text in Jira's two languages: wiki text (version 2 of the API) and documents in the Atlassian Document
 * Format (version 3). Own converters: what a language lacks degrades to its text, and nothing throws.
 *
 * @see https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
 */
export type { AdfNode, Mark } from "./richtext/document.ts";
export { isDocument } from "./richtext/document.ts";
export { documentToHtml } from "./richtext/html.ts";
export { documentToWiki } from "./richtext/print.ts";
export { wikiToDocument } from "./richtext/wiki.ts";
