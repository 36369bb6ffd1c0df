/**
 * Compiles what an operation answers and the rules over it into a plan: a walker that is made once and then only
 * looks names up. Whatever has no place in the plan is left out.
 */
import { changedKinds } from "./changed.ts";
import type { CustomFields } from "./custom.ts";
import { type Flavor, type Node, shape } from "./fields.ts";
import { fits } from "./guards.ts";
import { isKind, KINDS, type Kind, type Treatment } from "./kinds.ts";
import { covering, type Pattern, type States, start, step } from "./select.ts";
import { sprintsOf } from "./sprint.ts";
import { type Leaf, leafFor, type Tools } from "./treat.ts";

export type Walk = (value: unknown, depth: number) => unknown;
export type Plan = {
  walk: Walk;
  /** For a value: what it is, what is done, and the rule that says so. */
  readonly leaf?: { readonly kind: Kind; readonly treatment: Treatment; readonly rule: number };
  readonly members?: Map<string, Plan>;
  readonly rest?: { plan: Plan | undefined };
};
export type AnswerRule = { readonly pattern: Pattern; readonly treat: Treatment | undefined };
export type Setting = {
  readonly flavor: Flavor;
  readonly custom: CustomFields;
  readonly tools: Tools;
};
/**
 * What each rule covers, for the check: fields it has, those of them that leave, fields an earlier rule had before
 * it, and kinds that cannot be treated as it says.
 */
export type Coverage = {
  readonly has: number[];
  readonly leaves: number[];
  readonly lost: number[];
  readonly impossible: Map<number, Set<Kind>>;
};

/** Deeper values are left out; Jira's own answers stay far below. */
const DEEPEST = 64;

export function planFor(
  node: Node,
  rules: readonly AnswerRule[],
  setting: Setting,
): { plan: Plan | undefined; coverage: Coverage } {
  const builder = new Builder(rules, setting);
  const plan = builder.plan(node, start(builder.patterns));
  builder.prune();
  return { plan, coverage: builder.coverage };
}

class Builder {
  readonly patterns: readonly Pattern[];
  readonly coverage: Coverage;
  private readonly rules: readonly AnswerRule[];
  private readonly setting: Setting;
  private readonly made = new Map<string, Plan>();
  private readonly names = new Map<object, string>();

  constructor(rules: readonly AnswerRule[], setting: Setting) {
    this.rules = rules;
    this.setting = setting;
    this.patterns = rules.map((rule) => rule.pattern);
    this.coverage = {
      has: rules.map(() => 0),
      leaves: rules.map(() => 0),
      lost: rules.map(() => 0),
      impossible: new Map(),
    };
  }

  plan(node: Node, states: States): Plan | undefined {
    if (states.length === 0) return undefined;
    if (Array.isArray(node)) return this.plan(node[0], states);
    if (typeof node === "string" && !node.startsWith("@")) return this.leaf(node, states);
    const key = `${this.nameOf(node as string | object)} ${states.join(" ")}`;
    const known = this.made.get(key);
    if (known !== undefined) return known;
    const members = new Map<string, Plan>();
    const rest: { plan: Plan | undefined } = { plan: undefined };
    const plan: Plan = { walk: () => undefined, members, rest };
    this.made.set(key, plan);
    this.fill(node, states, members, rest);
    plan.walk = this.walkOf(node, members, rest);
    return plan;
  }

  private walkOf(node: Node, members: Map<string, Plan>, rest: { plan: Plan | undefined }): Walk {
    if (node === "@ChangelogItem") return this.itemWalk(members);
    if (node === "@RequestField") return fieldWalk(members);
    const walk = objectWalk(members, rest);
    return node === "@Sprint" ? (value, depth) => walk(sprintsOf(value), depth) : walk;
  }

  /** Leaves out every thing of which nothing can leave, so that not even its place is told. */
  prune(): void {
    const plans = [...this.made.values()];
    const fruitful = new Set<Plan>();
    const bears = (plan: Plan | undefined) =>
      plan !== undefined && (plan.leaf !== undefined || fruitful.has(plan));
    for (let before = -1; before < fruitful.size; ) {
      before = fruitful.size;
      for (const plan of plans) {
        if ([...plan.members!.values(), plan.rest!.plan].some(bears)) fruitful.add(plan);
      }
    }
    for (const { members, rest } of plans) {
      for (const [name, member] of members!) if (!bears(member)) members!.delete(name);
      if (!bears(rest!.plan)) rest!.plan = undefined;
    }
  }

  private fill(
    node: Node,
    states: States,
    members: Map<string, Plan>,
    rest: { plan: Plan | undefined },
  ): void {
    const object = typeof node === "string" ? shape(node.slice(1)) : node;
    if (typeof object !== "object" || Array.isArray(object)) return;
    const entries = Object.entries(object);
    if (node === "@IssueFields") entries.push(...this.setting.custom.byId);
    for (const [name, member] of entries) {
      const plan = this.plan(member, step(this.patterns, states, name));
      if (plan === undefined) continue;
      if (name === "*") rest.plan = plan;
      else members.set(name, plan);
    }
  }

  private leaf(kind: string, states: States): Plan | undefined {
    if (!isKind(kind)) return undefined;
    const [rule, ...later] = covering(this.patterns, states);
    for (const other of later) this.coverage.lost[other]! += 1;
    if (rule === undefined) return undefined;
    this.coverage.has[rule]! += 1;
    const asked = this.rules[rule]!.treat;
    const possible = asked === undefined || (KINDS[kind].allowed as readonly Treatment[]).includes(asked);
    if (!possible) {
      const kinds = this.coverage.impossible.get(rule) ?? new Set();
      this.coverage.impossible.set(rule, kinds.add(kind));
    }
    const treatment = possible ? (asked ?? this.setting.tools.usual(kind)) : "drop";
    if (treatment === "drop") return undefined;
    this.coverage.leaves[rule]! += 1;
    const treat: Leaf = leafFor(kind, treatment, this.setting.tools);
    return { walk: treat, leaf: { kind, treatment, rule } };
  }

  /** An item of a changelog: what is before and after depends on the field beside it. */
  private itemWalk(members: ReadonlyMap<string, Plan>): Walk {
    const { custom, flavor, tools } = this.setting;
    const plain = new Map([...members].filter(([, plan]) => plan.leaf?.kind !== "changed"));
    const sides = [...members.keys()].filter((name) => !plain.has(name));
    const leaves = new Map<Kind, Leaf>();
    const leafOf = (kind: Kind) => {
      const leaf = leaves.get(kind) ?? leafFor(kind, tools.usual(kind), tools);
      leaves.set(kind, leaf);
      return leaf;
    };
    const generic = objectWalk(plain, { plan: undefined });
    const one: Walk = (value, depth) => {
      const out = generic(value, depth) as Record<string, unknown> | undefined;
      if (typeof out !== "object" || out === null) return out;
      const kinds = changedKinds(value as object, custom, flavor);
      if (kinds === undefined) return out;
      for (const side of sides) {
        const given = (value as Record<string, unknown>)[side];
        if (!Object.hasOwn(value as object, side)) continue;
        const got = leafOf(side.endsWith("String") ? kinds.words : kinds.id)(given);
        if (got !== undefined) out[side] = got;
      }
      return out;
    };
    return (value, depth) => (Array.isArray(value) ? eachOf(value, one, depth) : one(value, depth));
  }

  private nameOf(node: string | object): string {
    if (typeof node === "string") return node;
    const name = this.names.get(node) ?? `#${this.names.size}`;
    this.names.set(node, name);
    return name;
  }
}

/** A field of a request: its value is what the field of that id is in an issue. */
function fieldWalk(members: ReadonlyMap<string, Plan>): Walk {
  const one: Walk = (value, depth) => {
    if (typeof value !== "object" || value === null) return undefined;
    const { fieldId } = value as { fieldId?: unknown };
    const field = members.get("value")?.members?.get(typeof fieldId === "string" ? fieldId : "");
    const own = new Map([...members].filter(([name]) => name !== "value"));
    if (field !== undefined) own.set("value", field);
    return objectWalk(own, { plan: undefined })(value, depth);
  };
  return (value, depth) => (Array.isArray(value) ? eachOf(value, one, depth) : one(value, depth));
}

/** Walkers of members are looked up when it runs: a shape may hold things of its own sort. */
function objectWalk(members: ReadonlyMap<string, Plan>, rest: { readonly plan: Plan | undefined }): Walk {
  const one: Walk = (value, depth) => {
    if (typeof value !== "object") return undefined;
    if (value === null) return null;
    if (depth > DEEPEST) return undefined;
    const out: Record<string, unknown> = {};
    for (const name in value) {
      const plan =
        members.get(name) ?? (rest.plan !== undefined && isTechnical(name) ? rest.plan : undefined);
      if (plan === undefined) continue;
      const given = (value as Record<string, unknown>)[name];
      // That there is nothing may be told of whatever may leave.
      const got = given === null ? null : plan.walk(given, depth + 1);
      if (got !== undefined) out[name] = got;
    }
    return out;
  };
  return (value, depth) => (Array.isArray(value) ? eachOf(value, one, depth) : one(value, depth));
}

function eachOf(values: readonly unknown[], one: Walk, depth: number): unknown[] | undefined {
  if (depth > DEEPEST) return undefined;
  const out: unknown[] = [];
  for (const value of values) {
    // A list in a list is nothing that Jira answers.
    const got = Array.isArray(value) ? undefined : one(value, depth + 1);
    if (got !== undefined) out.push(got);
  }
  return out;
}

/** Names of members that are free in the documents must be words of the interface: a name can be a person too. */
function isTechnical(name: string): boolean {
  return name !== "__proto__" && (fits("code", name) || fits("id", name) || /^[A-Z]+(_[A-Z]+)+$/.test(name));
}
