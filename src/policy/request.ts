/** What may be asked: parameters of the query, of the path and of the body, each by its rule. */
import { LatchkeyError } from "../errors.ts";
import type { Operation } from "./fields.ts";
import { namesSomeone } from "./forms.ts";
import { fits } from "./guards.ts";
import { admitJql, type ResolvePerson } from "./jql.ts";
import { PEOPLE } from "./kinds.ts";
import { type Pseudonyms, readToken } from "./pseudonym.ts";
import type { JqlRule, Parameter, Parameters } from "./rules.ts";

export type Asking = {
  readonly pseudonyms: Pseudonyms;
  readonly jql: JqlRule;
  /** For one-way pseudonyms: who is known by a token. Reversible tokens need nobody. */
  readonly resolve: ResolvePerson;
};

/**
 * Opens a token of one of these kinds if it can be opened, and asks who is known by it if not. A token of another
 * kind (where a page begins, a title) stands for nobody.
 */
export function personOf(
  token: string,
  asking: Asking,
  kinds: ReadonlySet<string> = PEOPLE,
): string | undefined {
  const read = readToken(token);
  if (read === undefined || !kinds.has(read.kind)) return undefined;
  return read.reversible ? asking.pseudonyms.open(read.kind, token) : asking.resolve(token);
}

const GROUPS: ReadonlySet<string> = new Set(["group"]);

/** The query to send, encoded anew. Each name at most once, and only names that have a rule. */
export function admitQuery(raw: string, rules: Parameters, asking: Asking): string {
  const given = new URLSearchParams(raw);
  const out = new URLSearchParams();
  for (const [name, value] of given) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) throw unknown("parameter", name, rules);
    if (out.has(name)) throw denied(`The parameter ${name} is given twice.`, "Give it once.");
    out.set(name, admitText(name, value, rule, asking));
  }
  return out.toString();
}

/** The body to send: an object whose members have rules. */
export function admitBody(body: unknown, rules: Parameters, asking: Asking): Record<string, unknown> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw denied("The body is no JSON object.", "Send an object.");
  }
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) throw unknown("member", name, rules);
    out[name] = admitMember(name, value, rule, asking);
  }
  return out;
}

function admitMember(name: string, value: unknown, rule: Parameter, asking: Asking): unknown {
  if (Array.isArray(value)) {
    if (value.some((item) => typeof item !== "string" && typeof item !== "number")) throw unfit(name, rule);
    return value.map((item) => plain(item, admitText(name, String(item), rule, asking)));
  }
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
    throw unfit(name, rule);
  return plain(value, admitText(name, String(value), rule, asking));
}

/** What was no text stays none. */
function plain(given: unknown, admitted: string): unknown {
  return typeof given === "string" ? admitted : given;
}

function admitText(name: string, value: string, rule: Parameter, asking: Asking): string {
  if (typeof rule === "object") return admitDetailed(name, value, rule);
  switch (rule) {
    case "any":
      return value;
    case "jql":
      return admitJql(value, asking.jql, (token) => personOf(token, asking));
    case "cursor":
      return readToken(value)?.kind === "cursor"
        ? asking.pseudonyms.open("cursor", value)
        : refuse(name, rule);
    case "person":
      return personOf(value, asking) ?? refuse(name, rule);
    case "group":
      return personOf(value, asking, GROUPS) ?? refuse(name, rule);
    case "integer":
      return /^-?\d{1,15}$/.test(value) ? value : refuse(name, rule);
    case "boolean":
      return /^(true|false)$/.test(value) ? value : refuse(name, rule);
    default:
      return fits(rule, value) ? value : refuse(name, rule);
  }
}

function admitDetailed(name: string, value: string, rule: Extract<Parameter, object>): string {
  if (rule.type === "integer") {
    const fine = /^\d{1,15}$/.test(value) && Number(value) <= (rule.max ?? Number.MAX_SAFE_INTEGER);
    return fine ? value : refuse(name, rule);
  }
  const words = value.split(",").map((word) => word.trim());
  return words.every((word) => rule.of?.includes(word)) ? words.join(",") : refuse(name, rule);
}

/**
 * The path to send: each parameter is an id, a key, a technical word, or a token of a person, which is put back.
 *
 * @param path Decoded nowhere: as the table's template matched it.
 */
export function admitPath(operation: Operation, path: string, asking: Asking): string {
  const given = path.split("/").slice(1);
  const out = given.map((segment, i) => {
    const parameter = operation.segments[i] ?? "";
    if (!parameter.startsWith("{")) return segment;
    const value = decodeURIComponent(segment);
    if (readToken(value) !== undefined) {
      const person = personOf(value, asking);
      if (person === undefined)
        throw denied(`Nobody is known by the token in ${parameter}.`, "Use a token of this policy.");
      return encodeURIComponent(person);
    }
    const kinds = ["id", "key", "code"] as const;
    const fine =
      kinds.some((kind) => fits(kind, value)) || /^[A-Za-z][A-Za-z0-9_]{0,254}-\d{1,12}$/.test(value);
    if (!fine || namesSomeone(value)) {
      throw denied(
        `${parameter} in the path is no id and no key.`,
        "Name people by the tokens that stand for them.",
      );
    }
    return segment;
  });
  return `/${out.join("/")}`;
}

function refuse(name: string, rule: Parameter): never {
  throw unfit(name, rule);
}

function unfit(name: string, rule: Parameter): LatchkeyError {
  const wanted =
    typeof rule === "string"
      ? rule
      : rule.type === "list"
        ? `list of ${rule.of?.join(", ")}`
        : "integer in range";
  return denied(`${name} is not what the policy allows there.`, `Send: ${wanted}.`);
}

function unknown(what: string, name: string, rules: Parameters): LatchkeyError {
  const names = Object.keys(rules).join(", ") || "none";
  return denied(
    `The ${what} ${JSON.stringify(name.slice(0, 60))} is not allowed.`,
    `Allowed here: ${names}.`,
  );
}

export function denied(what: string, fix: string): LatchkeyError {
  return new LatchkeyError("policy_denied", what, { details: { what }, fix });
}
