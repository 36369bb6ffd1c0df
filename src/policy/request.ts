/** What may be asked: parameters of the query and of the path, and single values of the body, each by its rule. */
import type { LatchkeyError } from "../errors.ts";
import { type Asking, denied, personOf } from "./asking.ts";
import type { Operation } from "./fields.ts";
import { namesSomeone } from "./forms.ts";
import { fits } from "./guards.ts";
import { admitJql } from "./jql.ts";
import { readToken } from "./pseudonym.ts";
import type { Parameter, Parameters } from "./rules.ts";
import { admitWords } from "./writing.ts";

const GROUPS: ReadonlySet<string> = new Set(["group"]);
const ISSUE_KEY = /^[A-Za-z][A-Za-z0-9_]{0,254}-\d{1,12}$/;

/** The query to send, encoded anew. Each name at most once, and only names that have a rule. */
export function admitQuery(raw: string, rules: Parameters, asking: Asking): string {
  const given = new URLSearchParams(raw);
  const out = new URLSearchParams();
  for (const [name, value] of given) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) throw unknown("parameter", name, Object.keys(rules));
    if (out.has(name)) throw denied(`The parameter ${name} is given twice.`, "Give it once.");
    out.set(name, admitText(name, value, rule, asking));
  }
  return out.toString();
}

/** One value by its rule, as the text it is or would be. */
export function admitText(name: string, value: string, rule: Parameter, asking: Asking): string {
  if (typeof rule === "object") return admitDetailed(name, value, rule);
  switch (rule) {
    case "any":
      return value;
    case "text":
    case "rich":
      return admitWords(name, value, asking);
    case "issue":
      return fits("id", value) || ISSUE_KEY.test(value) ? value : refuse(name, rule);
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
    const fine = kinds.some((kind) => fits(kind, value)) || ISSUE_KEY.test(value);
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

export function unfit(name: string, rule: Parameter): LatchkeyError {
  const wanted =
    typeof rule === "string"
      ? rule
      : rule.type === "list"
        ? `list of ${rule.of?.join(", ")}`
        : "integer in range";
  return denied(`${name} is not what the policy allows there.`, `Send: ${wanted}.`);
}

export function unknown(what: string, name: string, known: Iterable<string>): LatchkeyError {
  const names = [...known].join(", ") || "none";
  return denied(
    `The ${what} ${JSON.stringify(name.slice(0, 60))} is not allowed.`,
    `Allowed here: ${names}.`,
  );
}
