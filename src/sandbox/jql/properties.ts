/** Issue properties in JQL: `issue.property[idea].customer.id = 7`. */
import type { Field as Written } from "@atlaskit/jql-ast";
import type { Issue } from "../world/model.ts";
import { EMPTY, EQUAL, type Field, ORDERED, ops } from "./field-kinds.ts";
import { unquoted } from "./parse.ts";
import { plainText } from "./words.ts";

/** The field of a property, undefined where the name before the brackets is not that of issue properties. */
export function propertyField({ text, properties }: Written): Field | undefined {
  const name = unquoted(text).toLowerCase();
  const [property] = properties || [];
  if (!property?.key || (name !== "issue.property" && name !== "comment.property")) return undefined;
  const key = unquoted(property.key.text);
  const path = (property.path || []).flatMap(({ text }) => text.split(".")).filter((part) => part !== "");
  const values = (issue: Issue): unknown[] => {
    if (name !== "issue.property" || !Object.hasOwn(issue.properties, key)) return [];
    return leaves(issue.properties[key], path);
  };
  const plain = (issue: Issue): string[] => values(issue).map((value) => String(value));
  return {
    id: `issue.property[${key}]`,
    name: `issue.property[${key}]${path.map((part) => `.${part}`).join("")}`,
    kind: "option",
    operators: ops(EQUAL, ORDERED, EMPTY, ["~", "!~"]),
    keys: (issue) => plain(issue).map((value) => value.toLowerCase()),
    number: (issue) => {
      const [value] = values(issue);
      const number = Number(value);
      return value === undefined || value === "" || Number.isNaN(number) ? undefined : number;
    },
    texts: (issue) => values(issue).map((value) => (typeof value === "string" ? value : plainText(value))),
    sort: (issue) => plain(issue)[0]?.toLowerCase(),
  };
}

/** The values at a path; lists on the way stand for each of their members. */
function leaves(value: unknown, path: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((one) => leaves(one, path));
  if (value === null || value === undefined) return [];
  const [next, ...rest] = path;
  if (next === undefined) return typeof value === "object" ? [] : [value];
  if (typeof value !== "object" || !Object.hasOwn(value, next)) return [];
  return leaves((value as Record<string, unknown>)[next], rest);
}
