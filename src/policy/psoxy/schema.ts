/** The filter of `responseSchema`: what it does not name is left out. */

export type Schema = {
  readonly type?: "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  /** `#`: the schema of the endpoint; `#/definitions/Name`: one that the rules define. */
  readonly $ref?: string;
};
export type Definitions = Readonly<Record<string, Schema>>;
export type Filter = (value: unknown) => unknown;

/** Marks what a schema has no place for, apart from a null that it has. */
const NOTHING = Symbol("nothing");
const DEEPEST = 200;

export function filterOf(root: Schema, definitions: Definitions): Filter {
  return (value) => {
    const filtered = apply(root, value, { root, definitions }, 0);
    return filtered === NOTHING ? null : filtered;
  };
}

type Known = { readonly root: Schema; readonly definitions: Definitions };

/**
 * A wrong type leaves null at its key, an item that comes to null leaves its list, and an absent yes-or-no is no.
 */
function apply(given: Schema, value: unknown, known: Known, depth: number): unknown {
  const schema = resolve(given, known);
  if (!schema || depth > DEEPEST) return NOTHING;
  if (schema.anyOf) {
    for (const choice of schema.anyOf) {
      const filtered = apply(choice, value, known, depth + 1);
      if (filtered !== NOTHING && filtered !== null) return filtered;
    }
    return NOTHING;
  }
  const type = schema.type ?? (schema.properties ? "object" : schema.items ? "array" : undefined);
  if (type === "object") return isObject(value) ? members(schema, value, known, depth) : NOTHING;
  if (type === "array") {
    if (!Array.isArray(value)) return NOTHING;
    const items = value.map((item) => (schema.items ? apply(schema.items, item, known, depth + 1) : NOTHING));
    return items.filter((item) => item !== NOTHING && item !== null);
  }
  if (type === "boolean") return typeof value === "boolean" ? value : value === null ? false : NOTHING;
  return isLeafOf(type, value) ? value : NOTHING;
}

function members(schema: Schema, value: Record<string, unknown>, known: Known, depth: number) {
  const kept: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    const wanted =
      schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (!wanted) continue;
    const filtered = apply(wanted, member, known, depth + 1);
    kept.push([name, filtered === NOTHING ? null : filtered]);
  }
  return Object.fromEntries(kept);
}

function resolve(schema: Schema, { root, definitions }: Known): Schema | undefined {
  let found: Schema | undefined = schema;
  for (let hops = 0; found?.$ref !== undefined; hops++) {
    if (hops > 20) return undefined;
    found = found.$ref === "#" ? root : definitionOf(found.$ref, definitions);
  }
  return found;
}

export function definitionOf(ref: string, definitions: Definitions): Schema | undefined {
  const name = /^#\/definitions\/([^/]+)$/.exec(ref)?.[1];
  return name !== undefined && Object.hasOwn(definitions, name) ? definitions[name] : undefined;
}

function isLeafOf(type: Schema["type"], value: unknown): boolean {
  if (type === "string") return typeof value === "string" || value === null;
  if (type === "number") return typeof value === "number" || value === null;
  if (type === "integer") return Number.isInteger(value) || value === null;
  if (type === "null") return value === null;
  return typeof value !== "object" || value === null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
