/**
 * Compiles Atlassian's OpenAPI documents into `src/policy/data/fields.ts`: what each operation answers, field by
 * field, with the kind of each. Run `LATCHKEY_SPECS_DIR=… node tools/fields.ts` with the folder of the documents;
 * without it the program says so and changes nothing. With `--check` it only compares.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isPerson, kindOf, type Schema } from "./fields-kinds.ts";
import { ANSWERS, type Node, READ_AS, SYSTEM_FIELDS, WORDS, WRITTEN } from "./fields-written.ts";

type Media = { readonly schema?: Schema; readonly example?: unknown };
type Operation = { readonly responses?: Record<string, { readonly content?: Record<string, Media> }> };
type Document = {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, Schema> };
};

const DOCUMENTS = [
  { file: "jira-cloud-platform-v3", letter: "p", flavor: "cloud", prefix: "" },
  { file: "jira-cloud-service-management", letter: "s", flavor: "cloud", prefix: "" },
  { file: "jira-cloud-software", letter: "a", flavor: "cloud", prefix: "" },
  { file: "jira-dc-10.3", letter: "d", flavor: "datacenter", prefix: "/rest" },
] as const;
const METHODS = ["get", "post", "put", "delete", "patch"];

const shapes = new Map<string, Node>(Object.entries(WRITTEN));
const words = new Set<string>(WORDS);

class Reader {
  readonly document: Document;
  readonly letter: string;

  constructor(document: Document, letter: string) {
    this.document = document;
    this.letter = letter;
  }

  node(schema: Schema, owner: string, name: string, person: boolean): Node | undefined {
    if (schema.$ref !== undefined) return this.reference(schema.$ref.split("/").at(-1)!);
    for (const word of schema.enum ?? []) if (typeof word === "string") words.add(word);
    const parts = schema.allOf ?? schema.anyOf ?? schema.oneOf;
    if (parts !== undefined)
      return this.together(
        [{ ...schema, allOf: undefined, anyOf: undefined, oneOf: undefined }, ...parts],
        owner,
        name,
        person,
      );
    if (schema.type === "array" || schema.items !== undefined) {
      const item = schema.items && this.node(schema.items, owner, name, person);
      return item === undefined ? undefined : [item];
    }
    if (schema.properties !== undefined || typeof schema.additionalProperties === "object") {
      return this.object(schema, owner, person && name === "avatarUrls");
    }
    return schema.type === "object" ? undefined : kindOf(owner, name, schema, person);
  }

  /** Several schemas of one value: one of them if only one says something, else their members together. */
  private together(parts: readonly Schema[], owner: string, name: string, person: boolean): Node | undefined {
    const found = parts
      .filter((part) => part.type !== undefined || part.$ref || part.properties || part.allOf || part.enum)
      .map((part) => this.node(part, owner, name, person))
      .filter((node) => node !== undefined);
    if (found.length <= 1)
      return found[0] ?? (parts.length > 1 ? undefined : kindOf(owner, name, parts[0]!, person));
    const members = found.map((node) =>
      typeof node === "string" && node.startsWith("@") ? shapes.get(node.slice(1)) : node,
    );
    if (members.some((node) => node === undefined || typeof node === "string" || Array.isArray(node)))
      return undefined;
    return Object.assign({}, ...(members as object[]).reverse());
  }

  private object(schema: Schema, owner: string, avatars: boolean): Node | undefined {
    const properties = Object.entries(schema.properties ?? {});
    const person = avatars || isPerson(properties.map(([name]) => name));
    const out: Record<string, Node> = {};
    for (const [name, property] of properties) {
      const at =
        property.properties !== undefined || property.items !== undefined ? `${owner}.${name}` : owner;
      const node = name.startsWith("__") ? undefined : this.node(property, at, name, person);
      if (node !== undefined) out[name] = node;
    }
    if (typeof schema.additionalProperties === "object") {
      const rest = this.node(schema.additionalProperties, owner, "*", false);
      if (rest !== undefined) out["*"] = rest;
    }
    return Object.keys(out).length > 0 ? out : undefined;
  }

  private reference(schema: string): Node | undefined {
    const written = READ_AS[schema];
    if (written !== undefined) return `@${written}`;
    const shape = `${this.letter}.${schema}`;
    if (!shapes.has(shape)) {
      shapes.set(shape, {});
      const node = this.node(this.document.components.schemas[schema]!, shape, schema, false);
      if (node === undefined) shapes.delete(shape);
      else shapes.set(shape, node);
    }
    return shapes.has(shape) ? `@${shape}` : undefined;
  }
}

/** The shape of an example, where a document gives nothing else. */
function byExample(value: unknown, owner: string, name: string, person = false): Node | undefined {
  if (Array.isArray(value)) {
    const item = value.length > 0 ? byExample(value[0], owner, name, person) : undefined;
    return item === undefined ? undefined : [item];
  }
  if (typeof value !== "object" || value === null) {
    return kindOf(owner, name, { type: typeof value === "object" ? "string" : typeof value }, person);
  }
  const names = Object.keys(value);
  if (names.includes("fields") && names.includes("key")) return "@Issue";
  if (names.includes("originBoardId") || names.includes("completeDate")) return "@Sprint";
  if (isPerson(names)) return "@User";
  const out: Record<string, Node> = {};
  for (const [key, member] of Object.entries(value)) {
    const node = byExample(member, `${owner}.${key}`, key, false);
    if (node !== undefined) out[key] = node;
  }
  return out;
}

function answerOf(reader: Reader, operation: Operation, owner: string): Node | undefined {
  const media = Object.entries(operation.responses ?? {})
    .filter(([status]) => status.startsWith("2"))
    .flatMap(([, response]) => Object.values(response.content ?? {}));
  for (const { schema, example } of media) {
    const node = schema && reader.node(schema, owner, "", false);
    if (node !== undefined) return node;
    const read = typeof example === "string" ? parsed(example) : example;
    if (read !== undefined) return byExample(read, owner, "");
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function compile(directory: string): string {
  const operations: Record<string, [string, Node | null][]> = { cloud: [], datacenter: [] };
  for (const { file, letter, flavor, prefix } of DOCUMENTS) {
    const document: Document = JSON.parse(readFileSync(join(directory, `${file}.openapi.json`), "utf8"));
    const reader = new Reader(document, letter);
    for (const [path, item] of Object.entries(document.paths)) {
      for (const method of METHODS.filter((method) => item[method])) {
        const name = `${method.toUpperCase()} ${prefix}${path}`;
        // The Data Center document gives the item where the agile operations answer a page of them, and for some
        // operations nothing; both dialects answer the same there.
        const cloud = (prefix: string) =>
          operations.cloud!.find(([other]) => other === name.replace("/rest/api/2/", prefix))?.[1];
        const agile = flavor === "datacenter" && path.startsWith("/agile/") && method === "get";
        const node =
          (agile ? cloud("/rest/api/2/") : undefined) ??
          ANSWERS[name] ??
          answerOf(reader, item[method]!, `${letter}:${path}`) ??
          (flavor === "datacenter" ? cloud("/rest/api/3/") : undefined);
        operations[flavor]!.push([name, node ?? null]);
      }
    }
  }
  // The Data Center document leaves service desks out; both dialects answer the same there but for the assets.
  for (const row of operations.cloud!) {
    if (/ \/rest\/servicedeskapi\/(?!assets|insight|knowledgebase)/.test(row[0]))
      operations.datacenter!.push(row);
  }
  operations.cloud!.push(["GET /oauth/token/accessible-resources", ["@Site"]]);
  return written(operations);
}

function written(operations: Record<string, [string, Node | null][]>): string {
  const used = reachable(Object.values(operations).flatMap((rows) => rows.map(([, node]) => node)));
  const rows = (list: string[]) => list.sort().join(",\n");
  const body = `{"words":${JSON.stringify([...words].filter((word) => word.length < 80).sort())},
"system":${JSON.stringify(SYSTEM_FIELDS)},
"shapes":{
${rows([...shapes].filter(([name]) => used.has(name) || name in WRITTEN).map(([name, node]) => `${JSON.stringify(name)}:${JSON.stringify(node)}`))}
},
"operations":{
${Object.entries(operations)
  .map(
    ([flavor, list]) =>
      `"${flavor}":{\n${rows(list.map(([name, node]) => `${JSON.stringify(name)}:${JSON.stringify(node)}`))}\n}`,
  )
  .join(",\n")}
}}`;
  if (/[`\\]|\$\{/.test(body)) throw new Error("the table holds a character that a raw template cannot");
  JSON.parse(body);
  return `// Made by tools/fields.ts. What Jira's operations answer, field by field, with the kind of each: facts compiled from
// Atlassian's OpenAPI documents (Jira Cloud platform v3, Service Management and Software of 2026, Data Center 10.3)
// and from the recorded answers in test/fixtures/recorded. Text, so that it is parsed only when a policy is compiled.
export const FIELDS: string = String.raw\`${body}\`;
`;
}

function reachable(roots: readonly (Node | null)[]): Set<string> {
  const found = new Set<string>();
  const queue: (Node | null | undefined)[] = [...roots];
  for (const node of queue) {
    if (typeof node === "string" && node.startsWith("@") && !found.has(node.slice(1))) {
      found.add(node.slice(1));
      queue.push(shapes.get(node.slice(1)));
    } else if (typeof node === "object" && node !== null) queue.push(...Object.values(node));
  }
  return found;
}

const directory = process.env.LATCHKEY_SPECS_DIR;
if (directory === undefined) {
  console.error("Set LATCHKEY_SPECS_DIR to the folder of the OpenAPI documents.");
  process.exitCode = 2;
} else {
  const out = join(dirname(fileURLToPath(import.meta.url)), "../src/policy/data/fields.ts");
  const text = compile(directory);
  if (process.argv.includes("--check")) {
    if (readFileSync(out, "utf8") !== text) {
      console.error("src/policy/data/fields.ts is not what the documents give; run tools/fields.ts.");
      process.exitCode = 1;
    }
  } else {
    writeFileSync(out, text);
    console.error(`${out}: ${Math.round(text.length / 1024)} KB`);
  }
}
