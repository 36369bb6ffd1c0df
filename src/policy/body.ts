/**
 * What may be written: a body whose every member has a rule. A rule names the member by its path, `jql` or
 * `fields.project.key`; lists are passed through, so `issueIdsOrKeys` says what each of its items is.
 */

import { type Asking, denied } from "./asking.ts";
import { admitText, unfit, unknown } from "./request.ts";
import type { Parameter, Parameters } from "./rules.ts";
import { admitDocument } from "./writing.ts";

type Tree = { parameter: Parameter | undefined; readonly members: Map<string, Tree> };

/** Jira's own bodies stay far below. */
const DEEPEST = 30;

const trees = new WeakMap<Parameters, Tree>();

/**
 * The body to send.
 *
 * @throws LatchkeyError `policy_denied`, with the member that is not allowed
 */
export function admitBody(body: unknown, rules: Parameters, asking: Asking): Record<string, unknown> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw denied("The body is no JSON object.", "Send an object.");
  }
  return members(body, treeOf(rules), "", asking, 0);
}

/** Paths that are said to be a value and to hold others. */
export function ambiguousPaths(rules: Parameters): string[] {
  const paths = Object.keys(rules).map((path) => [path, namesOf(path).join(".")] as const);
  return paths
    .filter(([, path]) => paths.some(([, other]) => other.startsWith(`${path}.`)))
    .map(([name]) => name);
}

function treeOf(rules: Parameters): Tree {
  const known = trees.get(rules);
  if (known !== undefined) return known;
  const root: Tree = { parameter: undefined, members: new Map() };
  for (const [path, parameter] of Object.entries(rules)) {
    let at = root;
    for (const name of namesOf(path)) {
      const next = at.members.get(name) ?? { parameter: undefined, members: new Map() };
      at.members.set(name, next);
      at = next;
    }
    at.parameter = parameter;
  }
  trees.set(rules, root);
  return root;
}

function namesOf(path: string): string[] {
  return path.split(".").map((name) => name.replace(/(\[\])+$/, ""));
}

function members(
  body: object,
  tree: Tree,
  above: string,
  asking: Asking,
  depth: number,
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    const rule = tree.members.get(name);
    if (rule === undefined) throw unknown("member", `${above}${name}`, tree.members.keys());
    out[name] = member(`${above}${name}`, value, rule, asking, depth + 1);
  }
  return out;
}

function member(path: string, value: unknown, rule: Tree, asking: Asking, depth: number): unknown {
  if (depth > DEEPEST) throw denied("The body is nested too deeply.", "Send a flatter one.");
  // Null empties a field, and says nothing.
  if (value === null) return null;
  if (Array.isArray(value)) {
    return value.map((item) => {
      if (Array.isArray(item)) throw denied(`${path} holds a list in a list.`, "Send one list.");
      return member(path, item, rule, asking, depth + 1);
    });
  }
  const { parameter } = rule;
  if (typeof value === "object") {
    if (parameter === "rich") return admitDocument(path, value, asking);
    if (rule.members.size === 0) throw unfit(path, parameter!);
    return members(value, rule, `${path}.`, asking, depth);
  }
  if (parameter === undefined) throw denied(`${path} is no object.`, "Send an object there.");
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
    throw unfit(path, parameter);
  const admitted = admitText(path, String(value), parameter, asking);
  // What was no text stays none.
  return typeof value === "string" ? admitted : value;
}
