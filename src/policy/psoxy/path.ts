/**
 * Paths into JSON, in the part of Jayway's language that rule files use: names, lists of names, `*`, places in lists,
 * `..` for any depth, and simple conditions. Compiled once, then only walked.
 */
import { compileRegex, LONGEST_TEXT } from "./regex.ts";

/** A place that a path selects: the thing that holds it, and its name or number there. */
export type Place = { readonly holder: Record<string, unknown> | unknown[]; readonly key: string | number };
export type JsonPath = {
  readonly text: string;
  /** Everything it selects, in the order of the document; the whole document has no place. */
  select(root: unknown): Place[];
  /** Names that stand in it, for reports. */
  readonly names: readonly string[];
};

type Test = (value: unknown) => boolean;
type Step = {
  readonly deep: boolean;
  readonly pick:
    | { readonly kind: "names"; readonly names: readonly string[] }
    | { readonly kind: "all" }
    | { readonly kind: "places"; readonly places: readonly number[] }
    | { readonly kind: "range"; readonly from: number | undefined; readonly to: number | undefined }
    | { readonly kind: "where"; readonly test: Test };
};

const LONGEST = 1000;
const MOST_STEPS = 50;
/** Answers nested more deeply are refused before any path is walked. */
export const DEEPEST = 200;

/** @throws Error that says what is not understood, and where */
export function compilePath(text: string): JsonPath {
  if (text.length > LONGEST) throw new Error(`is longer than ${LONGEST} characters`);
  if (!text.startsWith("$")) throw new Error("does not begin with $");
  const steps: Step[] = [];
  for (let at = 1; at < text.length; ) {
    const [step, next] = stepAt(text, at);
    steps.push(step);
    at = next;
  }
  if (steps.length === 0) throw new Error("selects the whole answer, which has no place");
  if (steps.length > MOST_STEPS) throw new Error(`has more than ${MOST_STEPS} steps`);
  return {
    text,
    select: (root) => selected(steps, root),
    names: steps.flatMap(({ pick }) => (pick.kind === "names" ? pick.names : [])),
  };
}

const NAME = /[A-Za-z_\u0080-\uffff][\w\u0080-\uffff$-]*/y;

function stepAt(text: string, start: number): [Step, number] {
  let at = start;
  const deep = text.startsWith("..", at);
  if (deep) at += 2;
  else if (text[at] === ".") at++;
  else if (text[at] !== "[") throw wrong(text, at, "a step begins with a dot or a bracket");
  if (text[at] === "[") return bracket(text, at, deep);
  if (text[at] === "*") return [{ deep, pick: { kind: "all" } }, at + 1];
  NAME.lastIndex = at;
  const name = NAME.exec(text)?.[0];
  if (name === undefined) throw wrong(text, at, "a name was expected");
  if (text[at + name.length] === "(") throw wrong(text, at, "functions are not read");
  return [{ deep, pick: { kind: "names", names: [name] } }, at + name.length];
}

const BRACKETS: readonly [RegExp, (found: RegExpExecArray) => Step["pick"]][] = [
  [/\[\s*\*\s*\]/y, () => ({ kind: "all" })],
  [
    /\[\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?:\s*,\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))*\s*\]/y,
    ([whole]) => ({
      kind: "names",
      names: [...new Set([...whole!.matchAll(QUOTED)].map(([quoted]) => unquoted(quoted)))],
    }),
  ],
  [
    /\[\s*-?\d{1,6}(?:\s*,\s*-?\d{1,6})*\s*\]/y,
    ([whole]) => ({
      kind: "places",
      places: [...whole!.matchAll(/-?\d+/g)].map(([digits]) => Number(digits)),
    }),
  ],
  [
    /\[\s*(-?\d{1,6})?\s*:\s*(-?\d{1,6})?\s*\]/y,
    ([, from, to]) => ({ kind: "range", from: numberOf(from), to: numberOf(to) }),
  ],
  [/\[\?\((.{1,300}?)\)\]/y, ([, condition]) => ({ kind: "where", test: conditionOf(condition!) })],
];
const QUOTED = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g;

function bracket(text: string, at: number, deep: boolean): [Step, number] {
  for (const [form, pick] of BRACKETS) {
    form.lastIndex = at;
    const found = form.exec(text);
    if (found) return [{ deep, pick: pick(found) }, at + found[0].length];
  }
  throw wrong(text, at, "what stands in the bracket is not read");
}

const CONDITION =
  /^\s*@((?:\.[\w-]+)*)\s*(?:(==|!=|<=|>=|<|>|=~)\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\/.*\/i?|-?\d+(?:\.\d+)?|true|false|null))?\s*$/;

/** `@.name`, or one comparison of it with a literal. */
function conditionOf(text: string): Test {
  const found = CONDITION.exec(text);
  if (!found) throw new Error(`has a condition that is not read: ${text.slice(0, 60)}`);
  const names = found[1]!.split(".").slice(1);
  const operandOf = (item: unknown) => names.reduce<unknown>((value, name) => memberOf(value, name), item);
  const [, , sign, literal = ""] = found;
  if (sign === undefined) return (item) => operandOf(item) !== undefined;
  if (sign === "=~") {
    if (!literal.startsWith("/")) throw new Error("compares with =~, but not with /…/");
    const regex = compileRegex(literal.slice(1, literal.lastIndexOf("/")), {
      ignore_case: literal.endsWith("i"),
    });
    return (item) => {
      const value = operandOf(item);
      return typeof value === "string" && value.length <= LONGEST_TEXT && regex.whole(value);
    };
  }
  if (literal.startsWith("/")) throw new Error("compares with /…/, but not by =~");
  const wanted = /^['"]/.test(literal) ? unquoted(literal) : (JSON.parse(literal) as unknown);
  return (item) => compared(operandOf(item), sign, wanted);
}

function compared(value: unknown, sign: string, wanted: unknown): boolean {
  if (sign === "==") return value === wanted;
  if (sign === "!=") return value !== wanted;
  if (typeof value !== typeof wanted || (typeof value !== "number" && typeof value !== "string"))
    return false;
  const [a, b] = [value, wanted as typeof value];
  if (sign === "<") return a < b;
  if (sign === ">") return a > b;
  return sign === "<=" ? a <= b : a >= b;
}

function memberOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function selected(steps: readonly Step[], root: unknown): Place[] {
  // The document itself stands in a holder of one, so that every step goes from places to places.
  let places: Place[] = [{ holder: [root], key: 0 }];
  for (const step of steps) {
    const next: Place[] = [];
    const seen = new Set<unknown>();
    for (const place of places) {
      if (step.deep) descend(place, step, next, seen);
      else pick(place, step, next);
    }
    places = next;
    if (places.length === 0) break;
  }
  return places;
}

/** Every thing at and below a place, once, however many ways lead to it. */
function descend(start: Place, step: Step, out: Place[], seen: Set<unknown>): void {
  const stack: Place[] = [start];
  for (let place = stack.pop(); place; place = stack.pop()) {
    const value = at(place);
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    pick(place, step, out);
    const below = Array.isArray(value)
      ? value.map((_, key) => ({ holder: value, key }))
      : held(value as Holder);
    for (const one of below.reverse()) stack.push(one);
  }
}

type Holder = Record<string, unknown>;

function pick(place: Place, step: Step, out: Place[]): void {
  const value = at(place);
  const choice = step.pick;
  if (choice.kind === "names") {
    if (!isObject(value)) return;
    for (const name of choice.names) if (Object.hasOwn(value, name)) out.push({ holder: value, key: name });
  } else if (choice.kind === "where") {
    if (Array.isArray(value))
      each(value, (key) => choice.test(value[key]) && out.push({ holder: value, key }));
    // The items of a list were chosen with the list.
    else if (!(step.deep && Array.isArray(place.holder)) && isObject(value) && choice.test(value))
      out.push(place);
  } else if (Array.isArray(value)) {
    each(value, (key) => isPicked(key, value.length, choice) && out.push({ holder: value, key }));
  } else if (choice.kind === "all" && isObject(value)) {
    out.push(...held(value));
  }
}

function held(value: Record<string, unknown>): Place[] {
  return Object.keys(value).map((key) => ({ holder: value, key }));
}

function isPicked(
  key: number,
  length: number,
  choice: Exclude<Step["pick"], { kind: "names" | "where" }>,
): boolean {
  if (choice.kind === "all") return true;
  const from = (place: number) => (place < 0 ? length + place : place);
  if (choice.kind === "places") return choice.places.some((place) => from(place) === key);
  return key >= from(choice.from ?? 0) && key < from(choice.to ?? length);
}

function each(list: readonly unknown[], use: (key: number) => unknown): void {
  for (let key = 0; key < list.length; key++) use(key);
}

/** What stands at a place. */
export function at({ holder, key }: Place): unknown {
  return Array.isArray(holder) ? holder[key as number] : holder[key];
}

/** Puts a value there; `__proto__` is a name like any other. */
export function put({ holder, key }: Place, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
  else if (Array.isArray(holder)) holder[key as number] = value;
  else holder[key] = value;
}

/** Takes the places out, the last of a list first, so that the others stay where they are. */
export function remove(places: readonly Place[]): void {
  const inLists = new Map<unknown[], number[]>();
  for (const { holder, key } of places) {
    if (!Array.isArray(holder)) delete holder[key];
    else inLists.set(holder, [...(inLists.get(holder) ?? []), key as number]);
  }
  for (const [list, keys] of inLists) {
    const gone = new Set(keys);
    const kept = list.filter((_, key) => !gone.has(key));
    list.length = 0;
    for (const item of kept) list.push(item);
  }
}

/** Whether a value is nested more deeply than anything Jira answers. */
export function isTooDeep(value: unknown): boolean {
  const stack: [unknown, number][] = [[value, 0]];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const [one, depth] = next;
    if (typeof one !== "object" || one === null) continue;
    if (depth >= DEEPEST) return true;
    for (const member of Array.isArray(one) ? one : Object.values(one)) stack.push([member, depth + 1]);
  }
  return false;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/g, "$1");
}

function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

function wrong(text: string, place: number, what: string): Error {
  return new Error(
    `cannot be read at character ${place + 1} of ${JSON.stringify(text.slice(0, 80))}: ${what}`,
  );
}
