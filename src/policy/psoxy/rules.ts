/** A rule file in Psoxy's form, read with every mistake at its place, and compiled. */
import { LatchkeyError } from "../../errors.ts";
import type { Mistake } from "../rules.ts";
import { type Parameter, readParameters } from "./parameters.ts";
import { readTransform } from "./read-transform.ts";
import { below, type Members, Reading } from "./reading.ts";
import { compileRegex, LONGEST_TEXT, type Regex } from "./regex.ts";
import { type Definitions, definitionOf, type Schema } from "./schema.ts";
import type { Transform } from "./transform.ts";

export type Endpoint = {
  /** Its place in the file, from 0. */
  readonly at: number;
  readonly pathTemplate?: string;
  readonly pathRegex?: string;
  /** The values of the template's parameters; `undefined` where path and query are not this endpoint's. */
  match(path: string, query: string): Readonly<Record<string, string>> | undefined;
  /** Upper case. Absent: any. */
  readonly allowedMethods?: readonly string[];
  /** Lower case. Absent: any. */
  readonly allowedQueryParams?: readonly string[];
  /** Lower case; those that pass besides Accept. */
  readonly allowedRequestHeaders: readonly string[];
  readonly queryParamSchemas: Readonly<Record<string, Parameter>>;
  readonly pathParameterSchemas: Readonly<Record<string, Parameter>>;
  readonly responseSchema?: Schema;
  readonly transforms: readonly Transform[];
};

export type PsoxyRules = {
  readonly endpoints: readonly Endpoint[];
  readonly definitions: Definitions;
  /** The scope of pseudonyms of v0.3. */
  readonly defaultScopeIdForSource?: string;
};

const ROOT = ["endpoints", "definitions", "allowAllEndpoints", "defaultScopeIdForSource"];
const ENDPOINT = [
  "pathTemplate",
  "pathRegex",
  "allowedMethods",
  "allowedQueryParams",
  "allowedRequestHeaders",
  "queryParamSchemas",
  "pathParameterSchemas",
  "responseSchema",
  "transforms",
];
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
const TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"] as const;
const SCHEMA = ["type", "properties", "items", "anyOf", "$ref", "format", "description", "definitions"];

/** The mistakes of a rule file; none means that it compiles. */
export function checkPsoxyRules(document: unknown): Mistake[] {
  return read(document).mistakes;
}

/** @throws LatchkeyError `config_invalid`; `details.mistakes` lists every mistake with its place */
export function compilePsoxyRules(document: unknown): PsoxyRules {
  const { rules, mistakes } = read(document);
  const first = mistakes[0];
  if (!first) return rules;
  const count = mistakes.length === 1 ? "one mistake" : `${mistakes.length} mistakes`;
  throw new LatchkeyError(
    "config_invalid",
    `The rules have ${count}; the first: ${first.path} ${first.what}.`,
    {
      details: { mistakes },
      fix: first.fix,
    },
  );
}

function read(document: unknown): { readonly rules: PsoxyRules; readonly mistakes: Mistake[] } {
  const reading = new Reading();
  const root = reading.members(document, "", ROOT) ?? {};
  if (reading.flag(root.allowAllEndpoints, "allowAllEndpoints"))
    reading.wrong("allowAllEndpoints", "would let everything through", "Name the endpoints instead.");
  const scope = root.defaultScopeIdForSource;
  const definitions = definitionsOf(root.definitions, "definitions", reading);
  const endpoints = reading.list(
    root.endpoints,
    "endpoints",
    (item, path) => endpointOf(item, path, definitions, reading),
    500,
  );
  if (root.endpoints === undefined) reading.wrong("endpoints", "is missing", "Add endpoints.");
  checkReferences(definitions, "definitions", definitions, reading);
  return {
    rules: {
      endpoints: endpoints.map((endpoint, at) => ({ ...endpoint, at })),
      definitions: Object.assign({}, definitions, ...endpoints.map(({ own }) => own)) as Definitions,
      ...(typeof scope === "string" ? { defaultScopeIdForSource: scope } : {}),
    },
    mistakes: reading.mistakes,
  };
}

function endpointOf(value: unknown, path: string, definitions: Definitions, reading: Reading) {
  const members = reading.members(value, path, ENDPOINT);
  if (!members) return undefined;
  const where = (name: string) => below(path, name);
  const texts = (name: string, change: (text: string) => string) =>
    members[name] === undefined || members[name] === null
      ? undefined
      : reading.list(members[name], where(name), (item, at) => reading.text(item, at)).map(change);
  const methods = texts("allowedMethods", (text) => text.toUpperCase());
  for (const method of methods ?? []) reading.oneOf(method, where("allowedMethods"), METHODS);
  const own = definitionsOf(
    (members.responseSchema as Members | undefined)?.definitions,
    where("responseSchema.definitions"),
    reading,
  );
  const responseSchema =
    members.responseSchema === undefined
      ? undefined
      : schemaOf(members.responseSchema, where("responseSchema"), reading, 0);
  if (responseSchema) checkReferences({ responseSchema }, path, { ...definitions, ...own }, reading);
  const queries = texts("allowedQueryParams", (text) => text.toLowerCase());
  return {
    own,
    ...matcherOf(members, path, reading),
    ...(methods ? { allowedMethods: methods } : {}),
    ...(queries ? { allowedQueryParams: queries } : {}),
    allowedRequestHeaders: texts("allowedRequestHeaders", (text) => text.toLowerCase()) ?? [],
    queryParamSchemas: readParameters(members.queryParamSchemas, where("queryParamSchemas"), reading),
    pathParameterSchemas: readParameters(
      members.pathParameterSchemas,
      where("pathParameterSchemas"),
      reading,
    ),
    ...(responseSchema ? { responseSchema } : {}),
    transforms: reading.list(members.transforms, where("transforms"), (item, at) =>
      readTransform(item, at, reading),
    ),
  };
}

function matcherOf(
  members: Members,
  path: string,
  reading: Reading,
): Pick<Endpoint, "pathTemplate" | "pathRegex" | "match"> {
  const none = { match: () => undefined };
  const { pathTemplate, pathRegex } = members;
  if ((pathTemplate === undefined) === (pathRegex === undefined)) {
    reading.wrong(path, "has not exactly one of pathTemplate and pathRegex", "Write one of them.");
    return none;
  }
  if (pathTemplate !== undefined) {
    const match = reading.made(
      pathTemplate,
      below(path, "pathTemplate"),
      templateOf,
      "Write it like /rest/api/{version}/issue/{issueId}.",
    );
    return match ? { pathTemplate: pathTemplate as string, match } : none;
  }
  const regex = reading.made(
    pathRegex,
    below(path, "pathRegex"),
    (text) => compileRegex(text),
    "Write it without back-references and looking around.",
  );
  return regex
    ? { pathRegex: pathRegex as string, match: (asked, query) => byRegex(regex, asked, query) }
    : none;
}

function byRegex(regex: Regex, path: string, query: string) {
  const text = query === "" ? path : `${path}?${query}`;
  return text.length <= LONGEST_TEXT && regex.whole(text) ? {} : undefined;
}

type Segment = readonly (string | { readonly name: string; readonly optional: boolean })[];

/** `{x}` stands for one segment or a part of one, `{x?}` for nothing as well; everything else for itself in any case. */
function templateOf(template: string): Endpoint["match"] {
  if (!template.startsWith("/")) throw new Error("does not begin with /");
  if (template.length > 1000) throw new Error("is longer than 1000 characters");
  const names = new Set<string>();
  const segments = template
    .split("/")
    .slice(1)
    .map((text): Segment => {
      const parts = text.split(/(\{[A-Za-z][A-Za-z0-9]*\??\})/).filter((part) => part !== "");
      return parts.map((part) => {
        if (!part.startsWith("{") || !part.endsWith("}")) {
          if (/[{}]/.test(part))
            throw new Error(`has a parameter that cannot be read in ${JSON.stringify(text)}`);
          return part.toLowerCase();
        }
        const optional = part.endsWith("?}");
        const name = part.slice(1, optional ? -2 : -1);
        if (names.has(name)) throw new Error(`names {${name}} twice`);
        names.add(name);
        return { name, optional };
      });
    });
  for (const parts of segments) {
    if (parts.filter((part) => typeof part !== "string").length > 1)
      throw new Error("has two parameters in one segment");
  }
  return (path) => {
    const given = path.split("/").slice(1);
    if (given.length !== segments.length) return undefined;
    const found: Record<string, string> = {};
    return segments.every((parts, i) => segmentMatches(parts, given[i]!, found)) ? found : undefined;
  };
}

function segmentMatches(parts: Segment, given: string, found: Record<string, string>): boolean {
  const parameter = parts.findIndex((part) => typeof part !== "string");
  const one = parts[parameter];
  const before = (parameter < 0 ? parts : parts.slice(0, parameter)).join("");
  if (one === undefined || typeof one === "string") return given.toLowerCase() === before;
  const after = parts.slice(parameter + 1).join("");
  const lower = given.toLowerCase();
  if (given.length < before.length + after.length || !lower.startsWith(before) || !lower.endsWith(after))
    return false;
  const value = given.slice(before.length, given.length - after.length);
  found[one.name] = value;
  return value !== "" || one.optional;
}

function definitionsOf(value: unknown, path: string, reading: Reading): Definitions {
  if (value === undefined || value === null) return {};
  const entries = Object.entries(reading.thing(value, path) ?? {});
  return Object.fromEntries(
    entries.map(([name, schema]) => [name, schemaOf(schema, below(path, name), reading, 0) ?? {}]),
  );
}

function schemaOf(value: unknown, path: string, reading: Reading, depth: number): Schema | undefined {
  if (depth > 60) return reading.wrong(path, "is nested too deeply", "Use definitions.");
  const members = reading.members(value, path, SCHEMA);
  if (!members) return undefined;
  const inner = (one: unknown, at: string) => schemaOf(one, at, reading, depth + 1);
  const properties =
    members.properties === undefined
      ? undefined
      : reading.thing(members.properties, below(path, "properties"));
  const type =
    members.type === undefined ? undefined : reading.oneOf(members.type, below(path, "type"), TYPES);
  const items = members.items === undefined ? undefined : inner(members.items, below(path, "items"));
  const ref = members.$ref === undefined ? undefined : reading.text(members.$ref, below(path, "$ref"));
  return {
    ...(type ? { type } : {}),
    ...(properties
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, one]) => [
              name,
              inner(one, below(path, `properties.${name}`)) ?? {},
            ]),
          ),
        }
      : {}),
    ...(items ? { items } : {}),
    ...(members.anyOf === undefined
      ? {}
      : { anyOf: reading.list(members.anyOf, below(path, "anyOf"), inner) }),
    ...(ref === undefined ? {} : { $ref: ref }),
  };
}

function checkReferences(
  schemas: Definitions,
  path: string,
  definitions: Definitions,
  reading: Reading,
): void {
  const visit = (schema: Schema, at: string) => {
    if (schema.$ref !== undefined && schema.$ref !== "#" && !definitionOf(schema.$ref, definitions))
      reading.wrong(
        `${at}.$ref`,
        `is ${JSON.stringify(schema.$ref.slice(0, 80))}, which is not defined`,
        "Write # or #/definitions/ and a name that definitions has.",
      );
    for (const [name, one] of Object.entries(schema.properties ?? {})) visit(one, `${at}.properties.${name}`);
    if (schema.items) visit(schema.items, `${at}.items`);
    for (const [i, one] of (schema.anyOf ?? []).entries()) visit(one, `${at}.anyOf[${i}]`);
  };
  for (const [name, schema] of Object.entries(schemas)) visit(schema, below(path, name));
}
