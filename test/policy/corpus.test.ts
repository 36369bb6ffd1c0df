import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPolicyText } from "../../src/config/index.ts";
import {
  type CompiledPolicy,
  checkPolicy,
  compilePolicy,
  type Flavor,
  type Operation,
  operations,
} from "../../src/policy/index.ts";
import { FORMS, KEYS, NAMES, planted, traceOf } from "./people.ts";

const CUSTOM = (
  "select userpicker textfield float textarea labels gh-sprint sd-sla-field sd-request-participants " +
  "sd-customer-organizations sd-approvals vp-origin sd-request-feedback atlassian-team cascadingselect"
)
  .split(" ")
  .map((type, i) => ({
    id: `customfield_${10_000 + i}`,
    name: `Field ${i}`,
    schema: { type: "any", custom: `com.atlassian.jira.plugin.system.customfieldtypes:${type}` },
  }));
/** In place of what a person is: a token that can be opened, or how long it is. */
const OTHER_FORMS = {
  ...Object.fromEntries(
    "accountId userName userKey email displayName avatar personLink timeZone group title fileName url jql label option"
      .split(" ")
      .map((kind) => [kind, "reversible"]),
  ),
  text: "digest",
  rich: "digest",
  html: "digest",
};
const OUTLINES = {
  ...OTHER_FORMS,
  displayName: "digest",
  title: "digest",
  text: "pseudonymize",
  rich: "outline",
};

/** Everything an operation answers is let through, each value by what its kind is. */
function everything(flavor: Flavor, kinds: Record<string, string> = {}): CompiledPolicy {
  const byPath = new Map<string, string[]>();
  for (const one of operations(flavor)) {
    if (one.answer !== null && Object.keys(one.answer).length > 0) {
      byPath.set(one.path, [...(byPath.get(one.path) ?? []), one.method]);
    }
  }
  const endpoints = [...byPath].map(([path, methods]) => ({ path, methods, answer: ["**"] }));
  const document = { latchkey_policy: 1, flavor, kinds, endpoints };
  return compileWithoutEmpty(document);
}

/** Operations that answer only what is unknown have no field a rule could match. */
function compileWithoutEmpty(document: {
  endpoints: { path: string; methods: string[]; answer: string[] }[];
}) {
  try {
    return compilePolicy(document, { ...KEYS, custom_fields: CUSTOM });
  } catch (thrown) {
    const { mistakes } = (thrown as { details: { mistakes: { path: string; what: string }[] } }).details;
    const barren = new Set(mistakes.map(({ path }) => Number(/\[(\d+)\]/.exec(path)?.[1])));
    expect(mistakes.every(({ what }) => /matches no field|lets nothing through/.test(what))).toBe(true);
    return compilePolicy(
      { ...document, endpoints: document.endpoints.filter((_, i) => !barren.has(i)) },
      { ...KEYS, custom_fields: CUSTOM },
    );
  }
}

function turns(plants: readonly string[], from: number): () => string {
  let at = from;
  return () => plants[at++ % plants.length]!;
}

const FLAVORS: readonly Flavor[] = ["cloud", "datacenter"];
const names = new Map(FLAVORS.map((flavor) => [flavor, operations(flavor)] as const));

describe.each(FLAVORS)("every operation of %s, with people planted in every place", (flavor) => {
  const usual = everything(flavor);
  const strict = everything(flavor, { label: "drop", option: "drop" });
  const covered = (policy: CompiledPolicy): Operation[] =>
    policy.endpoints.map((endpoint) => endpoint.operation);

  it("covers nearly all operations that answer something, those of service desks too", () => {
    const desks = covered(usual).filter(({ path }) => path.startsWith("/rest/servicedeskapi/"));
    expect(desks.length).toBeGreaterThan(30);
    expect(covered(usual).length).toBeGreaterThan(
      names.get(flavor)!.filter((one) => one.answer !== null).length * 0.9,
    );
  });

  it("nothing with the form of a person passes as anything", () => {
    for (const [i, one] of covered(usual).entries()) {
      const body = planted(one.answer, turns(FORMS, i));
      expect(traceOf(body), one.name).toBeDefined();
      expect(traceOf(usual.answer(one.name, 200, body)), one.name).toBeUndefined();
    }
  });

  it("no name passes either, where a policy keeps no names that people gave", () => {
    for (const [i, one] of covered(strict).entries()) {
      const body = planted(one.answer, turns([...NAMES, ...FORMS], i));
      expect(traceOf(strict.answer(one.name, 200, body)), one.name).toBeUndefined();
    }
  });

  it.each([
    ["can be opened again, and digests", OTHER_FORMS],
    ["are digests, and outlines of documents", OUTLINES],
  ])("no name passes where what stands for people %s", (_, kinds) => {
    const other = everything(flavor, kinds);
    for (const [i, one] of covered(other).entries()) {
      const body = planted(one.answer, turns([...NAMES, ...FORMS], i));
      expect(traceOf(other.answer(one.name, 200, body)), one.name).toBeUndefined();
    }
  });

  it("the corpus would notice: each kind of people or words that is kept shows a trace", () => {
    for (const kind of ["displayName", "accountId", "email", "text", "title", "group", "personLink"]) {
      const leaky = everything(flavor, { [kind]: "keep" });
      const found = covered(leaky).some(
        (one) => traceOf(leaky.answer(one.name, 200, planted(one.answer, turns(NAMES, 0)))) !== undefined,
      );
      expect(found, kind).toBe(true);
    }
  });

  it("an error tells nobody's name, whatever the operation", () => {
    for (const [i, one] of covered(usual).slice(0, 100).entries()) {
      const plant = turns([...NAMES, ...FORMS], i);
      const body = {
        errorMessages: [plant(), `The value '${plant()}' does not exist for the field 'assignee'.`],
        errors: { assignee: `User '${plant()}' does not exist.`, [plant()]: plant() },
        message: plant(),
        i18nErrorMessage: { i18nKey: plant(), parameters: [plant()] },
        detail: plant(),
      };
      expect(traceOf(usual.answer(one.name, 400, body))).toBeUndefined();
      expect(traceOf(usual.answer(one.name, 404, plant()))).toBeUndefined();
    }
  });

  it("whatever the people and wherever the strings stand, none leaves", () => {
    const list = covered(strict);
    fc.assert(
      fc.property(
        fc.nat(list.length - 1),
        fc.array(
          fc.constantFrom<unknown>(...NAMES, ...FORMS, 17, true, null, ["monalisa"], { name: "monalisa" }),
          {
            minLength: 1,
            maxLength: 7,
          },
        ),
        (index, plants) => {
          let at = 0;
          const body = planted(list[index]!.answer, () => plants[at++ % plants.length]);
          return traceOf(strict.answer(list[index]!.name, 200, body)) === undefined;
        },
      ),
      { numRuns: 300 },
    );
  });

  it("a body of another shape than promised tells nothing", () => {
    const list = covered(strict);
    const word = fc.constantFrom(
      "fields",
      "values",
      "items",
      "name",
      "id",
      "issues",
      "self",
      "*",
      "toString",
      "__proto__",
    );
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom<unknown>(...NAMES, ...FORMS),
        fc.array(tie("node"), { maxLength: 3 }),
        fc.dictionary(word, tie("node"), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).node;
    fc.assert(
      fc.property(fc.nat(list.length - 1), tree, (index, body) => {
        return traceOf(strict.answer(list[index]!.name, 200, body)) === undefined;
      }),
      { numRuns: 500 },
    );
  });
});

describe("the policies of examples/policies", () => {
  const directory = new URL("../../examples/policies/", import.meta.url);
  const named = readdirSync(directory).map((name) => {
    const problems: string[] = [];
    const text = readFileSync(new URL(name, directory), "utf8");
    const file = readPolicyText(text, name, problems);
    expect(problems).toEqual([]);
    return [name, file!.document as { kinds: object; flavor: Flavor }] as const;
  });

  it.each(named)("%s has no mistake, and names nobody whatever is answered", (_, document) => {
    expect(checkPolicy(document)).toEqual([]);
    const usual = compilePolicy(document, KEYS);
    const names = { title: "drop", label: "drop", option: "drop" };
    const fitting = { ...document, kinds: { ...document.kinds, ...names } };
    const { endpoints } = usual;
    const strict = compilePolicy(withoutSilent(fitting), KEYS);
    expect(endpoints.length).toBeGreaterThan(8);
    for (const [i, { operation }] of endpoints.entries()) {
      const formed = planted(operation.answer, turns(FORMS, i));
      expect(traceOf(usual.answer(operation.name, 200, formed)), operation.name).toBeUndefined();
      const body = planted(operation.answer, turns([...NAMES, ...FORMS], i));
      expect(traceOf(strict.answer(operation.name, 200, body)), operation.name).toBeUndefined();
    }
  });

  it("are there for both kinds of Jira", () => {
    expect(new Set(named.map(([, { flavor }]) => flavor))).toEqual(new Set(FLAVORS));
  });
});

/** With names dropped, rules that only let names through let nothing through. */
function withoutSilent(document: object): unknown {
  const silent = new Set(checkPolicy(document).map(({ path }) => path));
  const { endpoints } = document as { endpoints: { answer: unknown[] }[] };
  return {
    ...document,
    endpoints: endpoints.map((endpoint, at) => ({
      ...endpoint,
      answer: endpoint.answer.filter((_, rule) => !silent.has(`endpoints[${at}].answer[${rule}]`)),
    })),
  };
}
