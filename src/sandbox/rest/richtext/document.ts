/** Nodes of the Atlassian Document Format. */
import type { Json } from "../../world/model.ts";

export type Mark = { type: string; attrs?: { [name: string]: Json } };
export type AdfNode = {
  type: string;
  version?: number;
  text?: string;
  attrs?: { [name: string]: Json };
  marks?: Mark[];
  content?: AdfNode[];
};

/** Who is meant by a mention: an account id and the text to show, or undefined for nobody known. */
export type MentionLookup = (nameOrId: string) => { id: string; text: string } | undefined;

/** Whether a value is a document, as version 3 wants it. */
export function isDocument(value: unknown): value is AdfNode {
  if (typeof value !== "object" || value === null) return false;
  const node = value as AdfNode;
  return node.type === "doc" && node.version === 1 && Array.isArray(node.content);
}

/** The children of a node, or none where it has none or is malformed. */
export function childrenOf(node: AdfNode): AdfNode[] {
  return Array.isArray(node.content)
    ? node.content.filter((child) => typeof child === "object" && child !== null)
    : [];
}

/** An attribute as text, `""` when absent. */
export function attribute(node: { attrs?: { [name: string]: Json } }, name: string): string {
  const value = node.attrs?.[name];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
