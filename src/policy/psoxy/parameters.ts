/** What a parameter of a path or a query may be, where the rules say so. */
import { below, type Reading } from "./reading.ts";
import { compileRegex, LONGEST_TEXT, type Regex } from "./regex.ts";

export type Parameter = {
  readonly type: "string" | "integer" | "number" | undefined;
  readonly format: "pseudonym" | "reversible-pseudonym" | undefined;
  readonly pattern: Regex | undefined;
  readonly enum: readonly string[] | undefined;
  readonly anyOf: readonly Parameter[] | undefined;
  readonly required: boolean;
};

const NAMES = ["type", "format", "pattern", "enum", "anyOf", "required", "description"];

export function readParameters(
  value: unknown,
  path: string,
  reading: Reading,
): Readonly<Record<string, Parameter>> {
  if (value === undefined || value === null) return {};
  const entries = Object.entries(reading.thing(value, path) ?? {});
  return Object.fromEntries(
    entries.flatMap(([name, one]) => {
      const parameter = readParameter(one, below(path, name), reading, 0);
      return parameter ? [[name.toLowerCase(), parameter]] : [];
    }),
  );
}

function readParameter(value: unknown, path: string, reading: Reading, depth: number): Parameter | undefined {
  const members = reading.members(value, path, NAMES);
  if (!members || depth > 10) return undefined;
  const at = (name: string) => below(path, name);
  const has = (name: string) => members[name] !== undefined && members[name] !== null;
  return {
    type: has("type")
      ? reading.oneOf(members.type, at("type"), ["string", "integer", "number"] as const)
      : undefined,
    format: has("format")
      ? reading.oneOf(members.format, at("format"), ["pseudonym", "reversible-pseudonym"] as const)
      : undefined,
    pattern: has("pattern")
      ? reading.made(
          members.pattern,
          at("pattern"),
          (text) => compileRegex(text),
          "Write it without back-references and looking around.",
        )
      : undefined,
    enum: has("enum")
      ? reading.list(members.enum, at("enum"), (item, place) =>
          typeof item === "number" ? String(item) : reading.text(item, place),
        )
      : undefined,
    anyOf: has("anyOf")
      ? reading.list(members.anyOf, at("anyOf"), (item, place) =>
          readParameter(item, place, reading, depth + 1),
        )
      : undefined,
    required: reading.flag(members.required, at("required")),
  };
}

const FORMATS = {
  pseudonym: /^[tp]~[A-Za-z0-9_-]{43,}(@[A-Za-z0-9_.~-]+)?$/,
  "reversible-pseudonym": /^p~[A-Za-z0-9_-]{43,}(@[A-Za-z0-9_.~-]+)?$/,
} as const;
const TYPES = { string: /^/, integer: /^[+-]?\d{1,18}$/, number: /^[+-]?\d{1,18}(\.\d{1,18})?$/ } as const;

/** Whether a value, decoded, is one that the rules let through. */
export function parameterFits(parameter: Parameter, value: string): boolean {
  const { type, format, pattern, anyOf } = parameter;
  if (value.length > LONGEST_TEXT) return false;
  if (type && !TYPES[type].test(value)) return false;
  if (format && !FORMATS[format].test(value)) return false;
  if (pattern && !pattern.whole(value)) return false;
  if (parameter.enum && !parameter.enum.includes(value)) return false;
  return !anyOf || anyOf.some((one) => parameterFits(one, value));
}
