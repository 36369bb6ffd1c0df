/** Bodies as Jira answers them, with somebody or something planted at every place, to see what comes through rules. */
import { type Flavor, type Node, type Operation, shape } from "../fields.ts";
import { isKind, type Kind } from "../kinds.ts";

export type Planted = {
  readonly body: unknown;
  readonly leaves: readonly Leaf[];
};
export type Leaf = {
  /** Names and numbers from the top. */
  readonly place: readonly (string | number)[];
  /** `issues[].fields.assignee.displayName` */
  readonly path: string;
  readonly kind: Kind;
  readonly value: unknown;
};

/** What Jira tells of an issue inside another. */
const INNER = ["summary", "status", "priority", "issuetype", "assignee"];
const DEEPEST = 14;
/** Answers that are lists, where the table has the item. */
const LISTS = /^GET \/rest\/api\/2\/(project|user\/search)$/;
/** Fields that sites make themselves; these two stand on most boards. */
const OWN: Readonly<Record<string, Node>> = {
  customfield_10016: "number",
  customfield_10020: ["@Sprint"],
};

export function plantedAnswer(operation: Operation, flavor: Flavor): Planted {
  const leaves: Leaf[] = [];
  const plant = new Planter(leaves, flavor);
  const listed = LISTS.test(operation.name) && operation.answer !== null && !Array.isArray(operation.answer);
  const node = (listed ? [operation.answer] : operation.answer) as Node | null;
  const body = node === null ? {} : plant.node(node, [], new Map());
  return { body, leaves };
}

class Planter {
  private count = 0;
  private readonly leaves: Leaf[];
  private readonly flavor: Flavor;

  constructor(leaves: Leaf[], flavor: Flavor) {
    this.leaves = leaves;
    this.flavor = flavor;
  }

  node(node: Node, place: readonly (string | number)[], shapes: ReadonlyMap<string, number>): unknown {
    if (place.length > DEEPEST) return null;
    if (Array.isArray(node)) return [this.node(node[0], [...place, 0], shapes)];
    if (typeof node !== "string") return this.members(node as Readonly<Record<string, Node>>, place, shapes);
    if (!node.startsWith("@")) return this.leaf(isKind(node) ? node : "text", place);
    const name = node.slice(1);
    const before = shapes.get(name) ?? 0;
    const found = shape(name);
    const most = name === "IssueFields" ? 2 : 1;
    if (found === undefined || before >= most) return null;
    return this.node(fieldsAt(name, found, before), place, new Map(shapes).set(name, before + 1));
  }

  private members(
    node: Readonly<Record<string, Node>>,
    place: readonly (string | number)[],
    shapes: ReadonlyMap<string, number>,
  ) {
    const entries = Object.entries(node).flatMap(([name, member]) => {
      const named = name === "*" ? "planted" : name;
      const value = this.node(member, [...place, named], shapes);
      return value === null ? [] : [[named, value]];
    });
    return Object.fromEntries(entries) as unknown;
  }

  private leaf(kind: Kind, place: readonly (string | number)[]): unknown {
    if (kind === "rich" && this.flavor === "cloud") return this.document(place);
    return this.put(kind, place);
  }

  private put(kind: Kind, place: readonly (string | number)[]): unknown {
    const value = sampleOf(kind, ++this.count);
    this.leaves.push({ place, path: pathOf(place), kind, value });
    return value;
  }

  /** Rich text with something in each place where a person, a name or an address can hide. */
  private document(at: readonly (string | number)[]) {
    const inner = [...at, "content", 0, "content"];
    const one = (
      index: number,
      node: Record<string, unknown>,
      ...parts: readonly [readonly (string | number)[], Kind][]
    ) => {
      for (const [place, kind] of parts) set(node, place, this.put(kind, [...inner, index, ...place]));
      return node;
    };
    return {
      type: "doc",
      version: 1,
      content: [
        {
          type: "paragraph",
          content: [
            one(0, { type: "mention" }, [["attrs", "id"], "accountId"], [["attrs", "text"], "displayName"]),
            one(
              1,
              { type: "text", marks: [{ type: "link", attrs: {} }] },
              [["text"], "text"],
              [["marks", 0, "attrs", "href"], "url"],
            ),
            one(2, { type: "inlineCard" }, [["attrs", "url"], "url"]),
            one(3, { type: "mediaInline" }, [["attrs", "alt"], "fileName"], [["attrs", "id"], "id"]),
            one(4, { type: "emoji" }, [["attrs", "shortName"], "title"]),
            one(5, { type: "expand" }, [["attrs", "title"], "title"]),
          ],
        },
      ],
    };
  }
}

function fieldsAt(name: string, found: Node, before: number): Node {
  if (name !== "IssueFields") return found;
  const fields = found as Readonly<Record<string, Node>>;
  if (before === 0) return { ...fields, ...OWN };
  return Object.fromEntries(INNER.flatMap((field) => (fields[field] ? [[field, fields[field]]] : [])));
}

function set(node: Record<string, unknown>, place: readonly (string | number)[], value: unknown): void {
  let holder = node as Record<string | number, unknown>;
  for (const step of place.slice(0, -1)) {
    holder[step] ??= {};
    holder = holder[step] as Record<string | number, unknown>;
  }
  holder[place.at(-1)!] = value;
}

/** One value of each kind, told from all others by its number. */
function sampleOf(kind: Kind, n: number): unknown {
  const hex = n.toString(16).padStart(4, "0");
  switch (kind) {
    case "accountId":
      return `5b10ac8d82e05b22cc7d${hex}`;
    case "email":
      return `planted${n}@example.com`;
    case "userKey":
      return `JIRAUSER${10000 + n}`;
    case "number":
      return 1000 + n;
    case "boolean":
      return true;
    case "date":
      return `2026-01-02T03:${String(Math.floor(n / 60) % 60).padStart(2, "0")}:${String(n % 60).padStart(2, "0")}.000+0000`;
    case "id":
      return String(100_000 + n);
    case "key":
      return `PLANT-${n}`;
    case "url":
    case "link":
    case "icon":
    case "avatar":
    case "personLink":
      return `https://acme.example/${kind}/${n}`;
    default:
      return `planted ${kind} ${n}`;
  }
}

export function pathOf(place: readonly (string | number)[]): string {
  return place.reduce<string>(
    (path, step) => (typeof step === "number" ? `${path}[]` : path === "" ? step : `${path}.${step}`),
    "",
  );
}

/** What stands at a place of another body of the same build. */
export function valueAt(body: unknown, place: readonly (string | number)[]): unknown {
  return place.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, step)
        ? (value as Record<string | number, unknown>)[step]
        : undefined,
    body,
  );
}
