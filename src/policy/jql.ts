/**
 * A query can ask what the answer does not show, so it is allowed clause by clause. People may be named only by
 * tokens, which are put back in here; texts cannot be searched; what is not understood is denied. The query that is
 * sent is written anew from what was understood.
 */
import { LatchkeyError } from "../errors.ts";
import { namesSomeone } from "./forms.ts";
import { type Clause, NotUnderstood, type Operand, type Order, readJql } from "./jql-read.ts";
import { readToken } from "./pseudonym.ts";
import type { JqlRule } from "./rules.ts";

/** Gives the value a token of a person stands for; undefined where nobody is known by it. */
export type ResolvePerson = (token: string) => string | undefined;

export const CLAUSES: readonly string[] = (
  "project issuetype type status statuscategory resolution priority created createddate updated updateddate " +
  "resolved resolutiondate due duedate key issue issuekey id sprint fixversion affectedversion component labels parent"
).split(" ");
export const FUNCTIONS: readonly string[] = (
  "startofday endofday startofweek endofweek startofmonth endofmonth startofyear endofyear now opensprints " +
  "closedsprints futuresprints releasedversions unreleasedversions latestreleasedversion earliestunreleasedversion " +
  "standardissuetypes subtaskissuetypes"
).split(" ");
export const ORDER: readonly string[] =
  "created createddate updated updateddate resolved resolutiondate due duedate key issuekey id priority status rank".split(
    " ",
  );
const MAX_CLAUSES = 30;
const TEXT_OPERATORS = ["~", "!~"];

/**
 * The query to send.
 *
 * @throws LatchkeyError `policy_denied`, with the clause that is not allowed
 */
export function admitJql(text: string, rule: JqlRule, resolve: ResolvePerson): string {
  try {
    const query = readJql(text);
    const writer = new Writer(rule, resolve);
    const where = query.where === undefined ? "" : writer.clause(query.where);
    const order = query.order.map((one) => writer.order(one)).join(", ");
    return [where, order === "" ? "" : `ORDER BY ${order}`].filter((part) => part !== "").join(" ");
  } catch (thrown) {
    if (thrown instanceof NotUnderstood)
      throw denied(`The query ${thrown.message}.`, "Write a simpler query.");
    throw thrown;
  }
}

class Writer {
  private readonly clauses: ReadonlySet<string>;
  private readonly people: ReadonlySet<string>;
  private readonly functions: ReadonlySet<string>;
  private readonly orders: ReadonlySet<string>;
  private readonly most: number;
  private readonly resolve: ResolvePerson;
  private count = 0;

  constructor(rule: JqlRule, resolve: ResolvePerson) {
    const set = (words: readonly string[]) => new Set(words.map((word) => word.toLowerCase()));
    this.clauses = set(rule.clauses ?? CLAUSES);
    this.people = set(rule.people ?? []);
    this.functions = set(rule.functions ?? FUNCTIONS);
    this.orders = set(rule.order ?? ORDER);
    this.most = rule.max_clauses ?? MAX_CLAUSES;
    this.resolve = resolve;
  }

  clause(clause: Clause): string {
    if (clause.type === "not") return `NOT (${this.clause(clause.part)})`;
    if (clause.type === "term") return this.term(clause);
    return `(${clause.parts.map((part) => this.clause(part)).join(clause.type === "and" ? " AND " : " OR ")})`;
  }

  order({ field, direction }: Order): string {
    if (!this.orders.has(field.toLowerCase())) {
      throw denied(
        "The query orders by a field that is not allowed.",
        `Order by one of: ${[...this.orders].join(", ")}.`,
      );
    }
    return direction === undefined ? quoted(field) : `${quoted(field)} ${direction}`;
  }

  private term(term: Extract<Clause, { type: "term" }>): string {
    this.count += 1;
    if (this.count > this.most) throw denied("The query has too many clauses.", `Use at most ${this.most}.`);
    const field = term.field.toLowerCase();
    const person = this.people.has(field);
    if (!person && !this.clauses.has(field)) {
      const allowed = [...this.clauses, ...this.people].join(", ");
      throw denied("The query compares a field that is not allowed.", `Compare one of: ${allowed}.`);
    }
    if (TEXT_OPERATORS.includes(term.operator)) {
      throw denied(
        "The query searches in text.",
        "Compare with = or in; searching a text tells what is in it.",
      );
    }
    if (person && /[<>]/.test(term.operator))
      throw denied("The query compares people by order.", "Use = or in.");
    const operand = term.operand === undefined ? "" : ` ${this.operand(term.operand, person)}`;
    const predicates = term.predicates.map(({ word, operand: value }) => {
      const someone = word === "by" || (person && (word === "from" || word === "to"));
      if (word === "by" && this.people.size === 0)
        throw denied("The query asks who changed something.", "Leave BY out.");
      return ` ${word.toUpperCase()} ${this.operand(value, someone)}`;
    });
    return `${quoted(term.field)} ${term.operator.toUpperCase()}${operand}${predicates.join("")}`;
  }

  private operand(operand: Operand, person: boolean): string {
    if (operand.type === "empty") return "EMPTY";
    if (operand.type === "list")
      return `(${operand.items.map((item) => this.operand(item, person)).join(", ")})`;
    if (operand.type === "function") return this.call(operand.name, operand.args);
    return quoted(person ? this.person(operand.text) : impersonal(operand.text));
  }

  private call(name: string, args: readonly string[]): string {
    if (!this.functions.has(name.toLowerCase()) || !/^[A-Za-z]+$/.test(name)) {
      throw denied(
        "The query uses a function that is not allowed.",
        `Use one of: ${[...this.functions].join(", ")}.`,
      );
    }
    return `${name}(${args.map((arg) => quoted(impersonal(arg))).join(", ")})`;
  }

  private person(text: string): string {
    const token = readToken(text);
    if (token === undefined) {
      throw denied("The query names a person.", "Name people by the tokens that stand for them in answers.");
    }
    const value = this.resolve(text);
    if (value === undefined)
      throw denied("The query names a token that nobody is known by.", "Use a token of this policy.");
    return value;
  }
}

function impersonal(text: string): string {
  if (namesSomeone(text) || readToken(text) !== undefined) {
    throw denied(
      "The query names a person in a field that is none.",
      "Name people only in fields of people.",
    );
  }
  return text;
}

function quoted(text: string): string {
  if (/^cf\[\d{1,10}\]$/i.test(text)) return text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\u0000-\u001f\u007f]/.test(text))
    throw denied("The query holds a control character.", "Leave it out.");
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function denied(what: string, fix: string): LatchkeyError {
  return new LatchkeyError("policy_denied", what, { details: { what }, fix });
}
