/**
 * The kinds of things a Jira answer holds, and what may be done with each. A field is treated by its kind unless a
 * rule of the policy says otherwise for that field.
 */

/** What becomes of a value. */
export type Treatment =
  /** The member is left out. */
  | "drop"
  /** A keyed hash stands for it: equal values give equal tokens, and nobody can turn one back. */
  | "pseudonymize"
  /** An encrypted token stands for it, which this policy, tenant and kind can open again. */
  | "reversible"
  /** `{"length": UTF-16 units, "words": runs of non-blanks}` stands for it. */
  | "digest"
  /** Rich text keeps its structure and the people it mentions, and loses its words. */
  | "outline"
  /** It passes, if it has the form of its kind. */
  | "keep";

export const TREATMENTS: readonly Treatment[] = [
  "drop",
  "pseudonymize",
  "reversible",
  "digest",
  "outline",
  "keep",
];

type Row = {
  /** What is done unless the policy says otherwise. */
  readonly usual: Treatment;
  readonly allowed: readonly Treatment[];
  readonly meaning: string;
};

const ANY: readonly Treatment[] = ["drop", "pseudonymize", "reversible", "digest", "keep"];
const FACT: readonly Treatment[] = ["drop", "pseudonymize", "reversible", "keep"];
const PLAIN: readonly Treatment[] = ["drop", "keep"];

// biome-ignore format: a table reads by its rows
const TABLE = {
  // people
  accountId: row("pseudonymize", ANY, "the account id of a person (Cloud)"),
  userName: row("pseudonymize", ANY, "the login of a person (Data Center)"),
  userKey: row("pseudonymize", ANY, "the key of a person (Data Center)"),
  email: row("pseudonymize", ANY, "an e-mail address"),
  displayName: row("drop", ANY, "the name a person is shown by"),
  avatar: row("drop", ANY, "the picture of a person"),
  personLink: row("drop", ANY, "a link to a person"),
  timeZone: row("drop", ANY, "the time zone or language of a person"),
  // names that people gave
  label: row("keep", ANY, "a word of the workflow: status, type, priority, resolution, field, link type"),
  option: row("keep", ANY, "an option, label, component or version"),
  title: row("drop", ANY, "the name of a project, board, sprint, filter or other thing"),
  group: row("pseudonymize", ANY, "the name of a group, role, security level or team"),
  fileName: row("drop", ANY, "the name of a file"),
  // words
  text: row("drop", ANY, "free text"),
  rich: row("drop", ["drop", "digest", "outline", "keep"], "rich text: an Atlassian document or wiki text"),
  html: row("drop", ["drop", "digest"], "rendered text"),
  jql: row("drop", ANY, "a query"),
  url: row("drop", ANY, "a web address"),
  message: row("keep", ["drop", "digest", "keep"], "a sentence of Jira to the caller; only known ones pass whole"),
  changed: row("keep", PLAIN, "a value before or after a change, treated as what its field is"),
  // facts
  id: row("keep", FACT, "an id"),
  key: row("keep", FACT, "a key of a project or an issue"),
  code: row("keep", FACT, "a technical word: the id or type of a field"),
  enum: row("keep", FACT, "one of the words Jira's interface has"),
  date: row("keep", FACT, "a date or time"),
  duration: row("keep", FACT, "a span of working time"),
  number: row("keep", PLAIN, "a number"),
  boolean: row("keep", PLAIN, "true or false"),
  mime: row("keep", FACT, "the type of a file"),
  color: row("keep", FACT, "a colour"),
  version: row("keep", FACT, "the version of a program"),
  icon: row("keep", FACT, "the picture of a thing, not of a person"),
  link: row("keep", FACT, "a link to a thing, by ids and keys alone"),
  cursor: row("reversible", ["drop", "reversible", "keep"], "where the next page begins"),
} as const satisfies Record<string, Row>;

export type Kind = keyof typeof TABLE;

export const KINDS: Readonly<Record<Kind, Row>> = TABLE;

/** The kinds whose values say who somebody is. */
export const PEOPLE: ReadonlySet<Kind> = new Set<Kind>([
  "accountId",
  "userName",
  "userKey",
  "email",
  "displayName",
  "avatar",
  "personLink",
]);

export function isKind(name: string): name is Kind {
  return Object.hasOwn(TABLE, name);
}

function row(usual: Treatment, allowed: readonly Treatment[], meaning: string): Row {
  return { usual, allowed, meaning };
}
