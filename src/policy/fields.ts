/**
 * What each operation of Jira answers, field by field: the table that `tools/fields.ts` compiles, read when a
 * policy is first compiled.
 */
import { FIELDS } from "./data/fields.ts";

/** `@Name` a shape, another string a kind, a list its item, an object its members; `*` any technical name. */
export type Node = string | readonly [Node] | { readonly [name: string]: Node };
export type Flavor = "cloud" | "datacenter";
export type Operation = {
  /** `GET /rest/api/3/issue/{issueIdOrKey}` */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly segments: readonly string[];
  /** What it answers; null where it answers nothing, or nothing that is known. */
  readonly answer: Node | null;
};

type Table = {
  readonly words: readonly string[];
  readonly system: readonly string[];
  readonly shapes: Readonly<Record<string, Node>>;
  readonly operations: Readonly<Record<Flavor, Readonly<Record<string, Node | null>>>>;
};
type Loaded = {
  readonly shapes: ReadonlyMap<string, Node>;
  readonly operations: Readonly<Record<Flavor, readonly Operation[]>>;
  readonly vocabulary: Vocabulary;
};
export type Vocabulary = {
  /** Every word the documents list for some field. */
  readonly words: ReadonlySet<string>;
  /** Ids of the fields every Jira has. */
  readonly system: ReadonlySet<string>;
  /** Literal segments of the paths of all operations. */
  readonly segments: ReadonlySet<string>;
};

let loaded: Loaded | undefined;

function load(): Loaded {
  if (loaded !== undefined) return loaded;
  const table = JSON.parse(FIELDS) as Table;
  const operations = {
    cloud: Object.entries(table.operations.cloud).map(operation),
    datacenter: Object.entries(table.operations.datacenter).map(operation),
  };
  const segments = [...operations.cloud, ...operations.datacenter].flatMap((one) => one.segments);
  loaded = {
    shapes: new Map(Object.entries(table.shapes)),
    operations,
    vocabulary: {
      words: new Set(table.words),
      system: new Set(table.system),
      segments: new Set([
        ...segments.filter((segment) => !segment.includes("{") && segment !== "user" && segment !== "people"),
        ..."jira secure attachment thumbnail browse projects ex latest servicedesk customer portal attachments".split(
          " ",
        ),
      ]),
    },
  };
  return loaded;
}

function operation([name, answer]: [string, Node | null]): Operation {
  const [method = "", path = ""] = name.split(" ");
  return { name, method, path, segments: path.split("/").slice(1), answer };
}

export function vocabulary(): Vocabulary {
  return load().vocabulary;
}

/** The shape a reference names. */
export function shape(name: string): Node | undefined {
  return load().shapes.get(name);
}

/** All operations of a flavor of Jira. */
export function operations(flavor: Flavor): readonly Operation[] {
  return load().operations[flavor];
}

/** The path as the table has it: on Cloud version 2 and `latest` are read as 3, on Data Center `latest` as 2. */
export function versioned(flavor: Flavor, path: string): string {
  return flavor === "cloud"
    ? path.replace(/^\/rest\/api\/(2|latest)(?=\/)/, "/rest/api/3")
    : path
        .replace(/^\/rest\/api\/latest(?=\/)/, "/rest/api/2")
        .replace(/^\/rest\/agile\/latest(?=\/)/, "/rest/agile/1.0");
}

/** The operation a path asks for: the one with the most literal segments of those that fit. */
export function findOperation(flavor: Flavor, method: string, path: string): Operation | undefined {
  const segments = versioned(flavor, path).split("/").slice(1);
  let best: Operation | undefined;
  for (const one of operations(flavor)) {
    if (one.method !== method || one.segments.length !== segments.length) continue;
    if (
      !one.segments.every((part, i) => part === segments[i] || (part.startsWith("{") && segments[i] !== ""))
    )
      continue;
    if (best === undefined || literals(one) > literals(best)) best = one;
  }
  return best;
}

/** The operation a template names, whatever its parameters are called. */
export function operationOf(flavor: Flavor, method: string, template: string): Operation | undefined {
  const wanted = bare(versioned(flavor, template));
  return operations(flavor).find((one) => one.method === method && bare(one.path) === wanted);
}

function bare(template: string): string {
  return template.replaceAll(/\{[^}]*\}/g, "{}");
}

function literals(one: Operation): number {
  return one.segments.reduce((sum, part, i) => sum + (part.startsWith("{") ? 0 : 1000 - i), 0);
}
