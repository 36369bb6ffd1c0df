/** Rule files in Psoxy's form: read with every mistake at its line, applied as they say, slow for nobody. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readPsoxyRuleText } from "../../../src/config/index.ts";
import { emailOf } from "../../../src/policy/psoxy/email.ts";
import {
  checkPsoxyRules,
  compilePsoxyRules,
  createPsoxyPseudonyms,
  createPsoxySanitizer,
} from "../../../src/policy/psoxy/index.ts";
import { compilePath } from "../../../src/policy/psoxy/path.ts";
import { compileRegex, matchesOf } from "../../../src/policy/psoxy/regex.ts";

const EXAMPLES = join(import.meta.dirname, "../../../examples/psoxy/rules");
const pseudonyms = createPsoxyPseudonyms({ salt: "salt", encryption_key: "secret" });

function read(text: string) {
  const problems: string[] = [];
  const file = readPsoxyRuleText(text, "rules.yaml", problems);
  if (!file) return { problems, mistakes: [] };
  const mistakes = checkPsoxyRules(file.document).map(
    ({ path, what }) => `${file.lineOf(path)}: ${path} ${what}`,
  );
  return { problems, mistakes, document: file.document };
}

const endpoint = (rest: string) =>
  `endpoints:\n  - pathTemplate: /thing/{id}\n${rest.replace(/^/gm, "    ")}`;
function left(rest: string, json: unknown): unknown {
  const { document, problems, mistakes } = read(endpoint(rest));
  expect([...problems, ...mistakes]).toEqual([]);
  const rules = compilePsoxyRules(document);
  return createPsoxySanitizer(rules, pseudonyms).answer(rules.endpoints[0]!, 200, structuredClone(json));
}

describe("mistakes", () => {
  test.each(["jira-cloud.yaml", "jira-datacenter.yaml"])("%s has none", (name) => {
    const { problems, mistakes } = read(readFileSync(join(EXAMPLES, name), "utf8"));
    expect([problems, mistakes]).toEqual([[], []]);
  });

  test("all are told at once, each at its line", () => {
    const { mistakes } = read(`endpoints:
  - pathTemplate: /a/{x}/{x}
    allowedMethod: [GET]
  - pathRegex: ^/(a+)\\1$
    allowedMethods: [GET, STEAL]
    transforms:
      - !<redakt> { jsonPaths: ["$..name"] }
      - !<redact> { jsonPath: ["$..name"] }
      - !<pseudonymize> { jsonPaths: ["$..length()", "name", "$"], encoding: ROT13 }
      - !<filterTokenByRegex> { jsonPaths: ["$.a"], filters: ["(?=x)", "(((a{99}){99}){99})", "[z-a]"] }
  - responseSchema: { type: obiect, items: { $ref: "#/definitions/Nobody" } }
allowAllEndpoints: true
extra: 1
`);
    expect(mistakes.map((one) => one.slice(0, 60))).toMatchInlineSnapshot(`
      [
        "13: extra is not known here",
        "12: allowAllEndpoints would let everything through",
        "3: endpoints[0].allowedMethod is not known here",
        "2: endpoints[0].pathTemplate names {x} twice",
        "5: endpoints[1].allowedMethods is "STEAL"",
        "4: endpoints[1].pathRegex cannot be read at character 9: \\1 ",
        "7: endpoints[1].transforms[0].method is "redakt"",
        "8: endpoints[1].transforms[1].jsonPath is not known here",
        "8: endpoints[1].transforms[1].jsonPaths names no path",
        "9: endpoints[1].transforms[2].jsonPaths[0] cannot be read at",
        "9: endpoints[1].transforms[2].jsonPaths[1] does not begin wi",
        "9: endpoints[1].transforms[2].jsonPaths[2] selects the whole",
        "9: endpoints[1].transforms[2].encoding is "ROT13"",
        "10: endpoints[1].transforms[3].filters[0] cannot be read at ",
        "10: endpoints[1].transforms[3].filters[1] is too large: its ",
        "10: endpoints[1].transforms[3].filters[2] cannot be read at ",
        "11: endpoints[2].responseSchema.type is "obiect"",
        "11: endpoints[2].responseSchema.items.$ref is "#/definitions",
        "11: endpoints[2] has not exactly one of pathTemplate and pat",
      ]
    `);
  });

  test.each([
    ["not YAML", "endpoints: [", /rules\.yaml:\d+: /],
    ["a name twice", "endpoints: []\nendpoints: []", /rules\.yaml:2: /],
    ["a tag before no transform", "endpoints: !<redact> text", /stands before no transform/],
    [
      "aliases that unfold without end",
      `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefg"
        .split("")
        .map((n, i) => `${n}: &${n} [${`*${"abcdef"[i]},`.repeat(9)}]`)
        .join("\n")}`,
      /rules/,
    ],
    ["lists in lists without end", `endpoints: ${"[".repeat(20_000)}`, /nested too deeply|rules\.yaml/],
  ])("%s is refused", (_, text, wanted) => {
    const { problems, mistakes } = read(text);
    expect([...problems, ...mistakes].join("\n")).toMatch(wanted);
  });
});

describe("transforms", () => {
  test.each([
    [
      "redact",
      '!<redact> { jsonPaths: ["$..name", "$.list[1]"] }',
      { name: 1, a: { name: { name: 2 }, b: 3 }, list: [1, 2, 3] },
      { a: { b: 3 }, list: [1, 3] },
    ],
    [
      "redact in everything of a list",
      '!<redact> { jsonPaths: ["$[*].x"] }',
      [{ x: 1, y: 2 }, { y: 3 }],
      [{ y: 2 }, { y: 3 }],
    ],
    [
      "pseudonymize",
      '!<pseudonymize> { jsonPaths: ["$..id"] }',
      { id: "JIRAUSER10000", a: { id: " " }, b: { id: null } },
      { id: "t~XFMcGkt3HwABpThFffmg84wAjV_V-7EYXA2C4uBCDss", a: { id: null }, b: { id: null } },
    ],
    [
      "only where a path selects something",
      '!<redact> { jsonPaths: ["$.a"], applyOnlyWhen: "$.b" }',
      { a: 1 },
      { a: 1 },
    ],
    [
      "pseudonymizeRegexMatches",
      '!<pseudonymizeRegexMatches> { jsonPaths: ["$.*"], regex: "user/(.+)" }',
      { a: "https://x/user/JIRAUSER10000", b: "none" },
      { a: "https://x/user/t~XFMcGkt3HwABpThFffmg84wAjV_V-7EYXA2C4uBCDss", b: null },
    ],
    [
      "redactRegexMatches",
      '!<redactRegexMatches> { jsonPaths: ["$.a"], redactions: ["\\\\d+", "(?i)secret "] }',
      { a: "Secret 12 of 3" },
      { a: " of " },
    ],
    [
      "redactExceptPhrases",
      '!<redactExceptPhrases> { jsonPaths: ["$.a"], allowedPhrases: ["1:1", "Planning", "plan"] }',
      { a: "planning our 1:1 with Bob" },
      { a: "1:1,Planning" },
    ],
    [
      "redactExceptSubstringsMatchingRegexes",
      '!<redactExceptSubstringsMatchingRegexes> { jsonPaths: ["$.*"], exceptions: ["[A-Z]+-\\\\d+", "DONE"] }',
      { a: "see JJ-2 or LONG-123", b: "Bob" },
      { a: "LONG-123", b: "" },
    ],
    [
      "filterTokenByRegex",
      '!<filterTokenByRegex> { jsonPaths: ["$.a"], filters: ["[A-Z]+-\\\\d+"] }',
      { a: "see JJ-2  and\tJJ-3, Bob" },
      { a: "JJ-2" },
    ],
    [
      "textDigest",
      '!<textDigest> { jsonPaths: ["$.a"], keywords: ["bob"] }',
      { a: "Bob and\u00a0alice 👋" },
      { a: '{"length":16,"word_count":3,"keywords":{"bob":1}}' },
    ],
    [
      "pseudonymizeEmailHeader",
      '!<pseudonymizeEmailHeader> { jsonPaths: ["$.to"] }',
      { to: '"Fake, A" <fake@contoso.com>, Bob, FAKE+1@contoso.com' },
      {
        to: "t~7fwD-7Ki3YuYHHeJgtXUw098eDrnFaTVAxcjy3ZcxVI@contoso.com,t~7fwD-7Ki3YuYHHeJgtXUw098eDrnFaTVAxcjy3ZcxVI@contoso.com",
      },
    ],
  ])("%s", (_, transform, given, wanted) => {
    expect(left(`transforms:\n  - ${transform}`, given)).toEqual(wanted);
  });

  test("addresses of the network in one writing each", () => {
    const rule = (method: string) =>
      left(`transforms:\n  - !<${method}> { jsonPaths: ["$[*]"] }`, [
        "10.0.0.1",
        "::ffff:10.0.0.1",
        "2001:DB8::1",
        "2001:db8:0:0:0:0:0:1",
        "bob",
      ]) as string[];
    const [four, mapped, short, long, none] = rule("hashIp");
    expect([four, short, none]).toEqual([mapped, long, null]);
    expect(four).toBe(pseudonyms.address("10.0.0.1", false));
    expect(rule("encryptIp")[2]).toBe(pseudonyms.address("2001:db8:0:0:0:0:0:1", true));
  });

  test("tokenize: a piece of a text, that opens again", () => {
    const { a } = left('transforms:\n  - !<tokenize> { jsonPaths: ["$.a"], regex: "/user/([^/]+)" }', {
      a: "/user/7/x",
    }) as { a: string };
    const token = /^\/user\/(p~[^/]+)\/x$/.exec(a)![1]!;
    expect(pseudonyms.open(token)).toBe("7");
  });
});

describe("responseSchema", () => {
  test("keeps what it names, null for a wrong type, no item that comes to nothing", () => {
    const schema = `responseSchema:
  type: object
  properties:
    n: { type: integer }
    wrong: { type: integer }
    yes: { type: boolean }
    any: {}
    list: { type: array, items: { type: string } }
    self: { $ref: "#" }
    either: { anyOf: [{ type: integer }, { type: object, properties: { a: { type: string } } }] }`;
    const given = {
      n: 1,
      wrong: "2026",
      yes: null,
      any: "x",
      list: ["a", 1, null],
      self: { n: 2, more: 1 },
      either: { a: "b", c: 1 },
      more: 1,
      __proto__: 1,
    };
    expect(left(schema, given)).toEqual({
      n: 1,
      wrong: null,
      yes: false,
      any: "x",
      list: ["a"],
      self: { n: 2 },
      either: { a: "b" },
    });
  });
});

describe("paths", () => {
  const json = { a: [{ b: 1, c: "x" }, { b: 2, c: "y" }, { d: { b: 3 } }], "e f": { b: 4 }, g: null };
  test.each([
    ["$.a[*].b", [1, 2]],
    ["$..b", [1, 2, 3, 4]],
    ["$.a[0,-1]..b", [1, 3]],
    ["$.a[:2].b", [1, 2]],
    ["$['e f','g']", [{ b: 4 }, null]],
    ["$..['b','c']", [1, "x", 2, "y", 3, 4]],
    ["$.a[?(@.c == 'y')].b", [2]],
    ["$.a[?(@.c =~ /X|Z/i)].b", [1]],
    ["$.a[?(@.d.b)].d.b", [3]],
    ["$..a..b", [1, 2, 3]],
    ["$.nothing.at.all", []],
  ])("%s", (path, wanted) => {
    const found = compilePath(path).select(json);
    expect(found.map(({ holder, key }) => (holder as Record<string, unknown>)[key])).toEqual(wanted);
  });
});

describe("regular expressions", () => {
  const piece = fc.constantFrom(
    "a",
    "b",
    ".",
    "\\d",
    "[ab]",
    "[^a]",
    "(a|b)",
    "(?:ab)*",
    "(a+)",
    "b?",
    "a{1,2}",
    "(|a)",
    "\\b",
    "b*?",
  );
  test("find what JavaScript's find", () => {
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 5 }),
        fc.string({ unit: fc.constantFrom("a", "b", "1", " ") }),
        (parts, text) => {
          const source = parts.join("");
          const wanted = [...text.matchAll(new RegExp(source, "g"))].map((found) => [found.index, found[0]]);
          const found = [...matchesOf(compileRegex(source), text)].map(({ index, end }) => [
            index,
            text.slice(index, end),
          ]);
          expect(found).toEqual(wanted);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("that would keep others busy for years answer about a long text", () => {
    for (const source of ["(a+)+$", "(a|a)*b", "(.*)(.*)(.*)(.*)x", "(a?){30}a{30}b"])
      expect(compileRegex(source).whole(`${"a".repeat(20_000)}!`)).toBe(false);
    expect(emailOf(`${"a.".repeat(400)}@`)).toBeUndefined();
  });
});
