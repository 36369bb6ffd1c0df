/** The policy document, read with every mistake listed at once. */
import type { Flavor } from "./fields.ts";
import type { Kind, Treatment } from "./kinds.ts";
import { type JsonSchema, POLICY_SCHEMA } from "./schema.ts";

export type Parameter =
  | "integer"
  | "boolean"
  | "id"
  | "key"
  | "issue"
  | "date"
  | "text"
  | "rich"
  | "person"
  | "group"
  | "cursor"
  | "jql"
  | "any"
  | { readonly type: "integer" | "list"; readonly max?: number; readonly of?: readonly string[] };
export type Parameters = Readonly<Record<string, Parameter>>;
export type EndpointRule = {
  readonly path: string;
  readonly methods?: readonly string[];
  readonly query?: Parameters;
  readonly body?: Parameters;
  readonly answer: readonly (string | { readonly path: string; readonly treat?: Treatment })[];
};
export type JqlRule = {
  readonly clauses?: readonly string[];
  readonly people?: readonly string[];
  readonly functions?: readonly string[];
  readonly order?: readonly string[];
  readonly max_clauses?: number;
};
export type PolicyDocument = {
  readonly latchkey_policy: 1;
  readonly name?: string;
  readonly flavor: Flavor;
  /** Whose tokens it makes; unless said, each owner's are its own. */
  readonly tenant?: string;
  readonly kinds?: Readonly<Partial<Record<Kind, Treatment>>>;
  readonly jql?: JqlRule;
  readonly endpoints: readonly EndpointRule[];
};
/** One mistake of a policy. */
export type Mistake = {
  /** `endpoints[0].answer[2].path` */
  readonly path: string;
  readonly what: string;
  readonly fix: string;
};

/** The mistakes of form; none means that the value is a policy document. */
export function mistakesOfForm(value: unknown): Mistake[] {
  return compare(value, POLICY_SCHEMA, "");
}

function compare(value: unknown, schema: JsonSchema, path: string): Mistake[] {
  if (schema.oneOf !== undefined) return oneOf(value, schema.oneOf, path);
  if (schema.type !== undefined && !isOf(value, schema.type)) {
    return [
      mistake(
        path,
        `is ${typeOf(value)}, not ${article(schema.type)}`,
        `Write ${article(schema.type)} here.`,
      ),
    ];
  }
  const found: Mistake[] = [];
  if (schema.enum !== undefined && !schema.enum.includes(value as string)) {
    const words = schema.enum.join(", ");
    found.push(mistake(path, `is ${shown(value)}`, `Write one of: ${words}.`));
  }
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value as string)) {
    found.push(mistake(path, `is ${shown(value)}`, `Write a text that fits ${schema.pattern}.`));
  }
  if (schema.minimum !== undefined && (value as number) < schema.minimum) {
    found.push(mistake(path, `is ${shown(value)}`, `Write at least ${schema.minimum}.`));
  }
  if (Array.isArray(value)) found.push(...listMistakes(value, schema, path));
  else if (typeof value === "object" && value !== null) found.push(...memberMistakes(value, schema, path));
  return found;
}

function oneOf(value: unknown, choices: readonly JsonSchema[], path: string): Mistake[] {
  const choice = choices.find((one) => one.type !== undefined && isOf(value, one.type));
  if (choice !== undefined) return compare(value, choice, path);
  const types = choices.map((one) => article(one.type!)).join(" or ");
  return [mistake(path, `is ${typeOf(value)}`, `Write ${types} here.`)];
}

function listMistakes(values: readonly unknown[], schema: JsonSchema, path: string): Mistake[] {
  if (schema.minItems !== undefined && values.length < schema.minItems) {
    return [mistake(path, "is empty", "Name at least one.")];
  }
  const { items } = schema;
  return items === undefined ? [] : values.flatMap((value, i) => compare(value, items, `${path}[${i}]`));
}

function memberMistakes(value: object, schema: JsonSchema, path: string): Mistake[] {
  const below = (name: string) => (path === "" ? name : `${path}.${name}`);
  const missing = (schema.required ?? [])
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => mistake(below(name), "is missing", `Add ${name}.`));
  const members = Object.entries(value).flatMap(([name, member]) => {
    const known = schema.properties !== undefined && Object.hasOwn(schema.properties, name);
    if (known) return compare(member, schema.properties![name]!, below(name));
    if (typeof schema.additionalProperties === "object")
      return compare(member, schema.additionalProperties, below(name));
    const names = Object.keys(schema.properties ?? {}).join(", ");
    return [mistake(below(name), "is not known here", `Remove it, or use one of: ${names}.`)];
  });
  return [...missing, ...members];
}

function mistake(path: string, what: string, fix: string): Mistake {
  return { path: path === "" ? "(the policy)" : path, what, fix };
}

function isOf(value: unknown, type: NonNullable<JsonSchema["type"]>): boolean {
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isSafeInteger(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "missing";
  return Array.isArray(value) ? "a list" : article(typeof value);
}

function article(type: string): string {
  if (type === "array") return "a list";
  return /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`;
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? "missing";
}
