import type { JiraRecord, Json } from "../world/model.ts";

/** A JSON object, empty where the value is none. */
export function asRecord(value: Json | undefined): JiraRecord {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
}

/** Plain text of a field; of a rich document the text in it. */
export function words(value: Json | undefined): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.map(words).join("\n\n");
  const node = asRecord(value);
  if (typeof node.text === "string") return node.text;
  return Array.isArray(node.content)
    ? node.content.map(words).join(node.type === "paragraph" ? "" : "\n\n")
    : "";
}

/** The name of a person or an option. */
export function nameOf(value: Json | undefined): string {
  const named = asRecord(value);
  return words(named.displayName) || words(named.name);
}
