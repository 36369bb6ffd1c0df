/** What stands before and after a change: kinds by the field that changed. */
import type { CustomFields } from "./custom.ts";
import type { Flavor, Node } from "./fields.ts";
import type { Kind } from "./kinds.ts";

/** Kinds of `from` and `to`, and of `fromString` and `toString`. */
export type Changed = { readonly id: Kind; readonly words: Kind };

const THING: Changed = { id: "id", words: "label" };
const CHOICE: Changed = { id: "id", words: "option" };
const TITLED: Changed = { id: "id", words: "title" };
const WORDS: Changed = { id: "text", words: "text" };
const DATE: Changed = { id: "date", words: "date" };
const NUMBER: Changed = { id: "duration", words: "duration" };

const SYSTEM: Readonly<Record<string, Changed>> = {
  status: THING,
  issuetype: THING,
  priority: THING,
  resolution: THING,
  project: TITLED,
  sprint: TITLED,
  security: { id: "id", words: "group" },
  fixversions: CHOICE,
  "fix version": CHOICE,
  versions: CHOICE,
  version: CHOICE,
  components: CHOICE,
  component: CHOICE,
  labels: { id: "option", words: "option" },
  summary: WORDS,
  description: WORDS,
  environment: WORDS,
  comment: WORDS,
  attachment: { id: "id", words: "fileName" },
  duedate: DATE,
  resolutiondate: DATE,
  timeestimate: NUMBER,
  timeoriginalestimate: NUMBER,
  timespent: NUMBER,
  "story points": NUMBER,
  "story point estimate": NUMBER,
  worklogid: { id: "id", words: "id" },
  worklogtimespent: NUMBER,
  workratio: NUMBER,
  key: { id: "key", words: "key" },
  parent: { id: "id", words: "key" },
  issueparentassociation: { id: "id", words: "key" },
  "epic link": { id: "id", words: "key" },
  "epic child": { id: "id", words: "key" },
  link: { id: "key", words: "text" },
};
const OF_PEOPLE: ReadonlySet<string> = new Set(["assignee", "reporter", "creator", "archivedby"]);

/** Undefined where the field is not known; then neither side leaves. */
export function changedKinds(item: object, custom: CustomFields, flavor: Flavor): Changed | undefined {
  const { field, fieldId, fieldtype } = item as { field?: unknown; fieldId?: unknown; fieldtype?: unknown };
  const id = typeof fieldId === "string" ? fieldId : "";
  const name = typeof field === "string" ? field : "";
  if (fieldtype === "custom" || id.startsWith("customfield_")) {
    const node = custom.byId.get(id) ?? (id === "" ? custom.byName.get(name) : undefined);
    return node === undefined ? software(name) : ofNode(node, flavor);
  }
  const known = (id || name).toLowerCase();
  if (OF_PEOPLE.has(known)) return person(flavor);
  return Object.hasOwn(SYSTEM, known) ? SYSTEM[known] : undefined;
}

/** Fields of Jira Software are custom fields that every site has under one name. */
function software(name: string): Changed | undefined {
  const known = name.toLowerCase();
  return ["sprint", "epic link", "story points", "story point estimate"].includes(known)
    ? SYSTEM[known]
    : undefined;
}

function person(flavor: Flavor): Changed {
  return { id: flavor === "cloud" ? "accountId" : "userKey", words: "displayName" };
}

function ofNode(node: Node, flavor: Flavor): Changed {
  const one = Array.isArray(node) ? node[0] : node;
  switch (one) {
    case "@User":
      return person(flavor);
    case "@Option":
    case "@Version":
    case "@Component":
      return CHOICE;
    case "option":
      return { id: "option", words: "option" };
    case "@Group":
    case "@Organization":
    case "@Team":
      return { id: "group", words: "group" };
    case "@Sprint":
    case "@Project":
      return TITLED;
    case "number":
      return NUMBER;
    case "date":
      return DATE;
    case "key":
      return { id: "id", words: "key" };
    case "@Status":
    case "@Priority":
    case "@Resolution":
    case "@IssueType":
      return THING;
    default:
      return WORDS;
  }
}
