import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blocksOfAdf } from "../../src/jira/adf-read.ts";
import { adfOf } from "../../src/jira/adf-write.ts";
import { markdownOf } from "../../src/jira/index.ts";
import { type Block, type Inline, parseMarkdown } from "../../src/jira/markdown.ts";
import { markdownText } from "../../src/jira/markdown-write.ts";
import { wikiOf } from "../../src/jira/wiki.ts";
import { blocksOfWiki } from "../../src/jira/wiki-read.ts";

/** Words full of what could be a mark, without white space at the edges. */
const words = fc
  .stringMatching(/^[!-~éł漢]([ -~éł漢]{0,12}[!-~éł漢])?$/)
  .filter((text) => !/^\s|\s$/.test(text));
const code = fc.stringMatching(/^[a-z.*_#=()-]{1,8}$/);
const href = fc.constantFrom("https://a.example/x_y?z=*1*", "http://b.example/-c-", "mailto:a@b.example");
const flag = fc.constantFrom(undefined, true as const);

type Text = Extract<Inline, { kind: "text" }>;
const run: fc.Arbitrary<Text> = fc.oneof(
  words.map((text) => ({ kind: "text" as const, text })),
  code.map((text) => ({ kind: "text" as const, text, code: true as const })),
  fc
    .tuple(words, flag, flag, flag, fc.option(href, { nil: undefined }))
    .map(([text, strong, em, strike, link]) => ({
      kind: "text" as const,
      text,
      ...(strong ? { strong } : {}),
      ...(em ? { em } : {}),
      ...(strike ? { strike } : {}),
      ...(link === undefined ? {} : { href: link }),
    })),
);

const marked = ({ strong, em, strike, code, href }: Text) =>
  strong || em || strike || code || href !== undefined;

/** Runs with a space between them; neighbours without marks are one run, as every reader sees them. */
const line = fc.array(run, { minLength: 1, maxLength: 4 }).map((runs) => {
  const out: Text[] = [];
  for (const one of runs.flatMap((each, at) =>
    at === 0 ? [each] : [{ kind: "text" as const, text: " " }, each],
  )) {
    const last = out.at(-1);
    if (last && !marked(last) && !marked(one))
      out[out.length - 1] = { kind: "text", text: last.text + one.text };
    else out.push(one);
  }
  return out as Inline[];
});
const lines = fc
  .array(line, { minLength: 1, maxLength: 3 })
  .map((all) => all.flatMap((one, at) => (at === 0 ? one : [{ kind: "break" as const }, ...one])));
const list = fc
  .tuple(fc.boolean(), fc.array(fc.tuple(line, fc.nat(3)), { minLength: 1, maxLength: 5 }))
  .map(([ordered, all]): Block => {
    let before = -1;
    const levels = all.map(([, level]) => {
      before = Math.min(level, before + 1);
      return before;
    });
    const items = all.map(([item]) => item);
    return { kind: "list", ordered, items, ...(levels.some((level) => level > 0) ? { levels } : {}) };
  });
const block: fc.Arbitrary<Block> = fc.oneof(
  lines.map((inline) => ({ kind: "paragraph" as const, inline })),
  lines.map((inline) => ({ kind: "quote" as const, inline })),
  fc
    .tuple(fc.integer({ min: 1, max: 6 }), line)
    .map(([level, inline]) => ({ kind: "heading" as const, level, inline })),
  list,
  fc
    .tuple(fc.stringMatching(/^[a-z `*{}#\n-]{0,20}$/), fc.constantFrom(undefined, "js", "c++"))
    .filter(([text]) => !/^\s*$/m.test(text) && !text.includes("{code"))
    .map(([text, language]) => ({ kind: "code" as const, text, ...(language ? { language } : {}) })),
  fc.constant({ kind: "rule" as const }),
);
const document = fc.array(block, { minLength: 1, maxLength: 4 });

describe("text for people comes back as it went, whatever is in it", () => {
  it("as Markdown", () => {
    fc.assert(
      fc.property(document, (blocks) => void expect(parseMarkdown(markdownText(blocks))).toEqual(blocks)),
      {
        numRuns: 300,
      },
    );
  });
  it("as ADF", () => {
    fc.assert(
      fc.property(document, (blocks) => void expect(blocksOfAdf(adfOf(blocks))).toEqual(blocks)),
      { numRuns: 150 },
    );
  });
  it("as wiki text", () => {
    fc.assert(
      fc.property(document, (blocks) => void expect(blocksOfWiki(wikiOf(blocks))).toEqual(blocks)),
      {
        numRuns: 300,
      },
    );
  });
  it("and any text at all is read without a failure, on either side", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), fc.anything({ maxDepth: 4 }), (text, value) => {
        for (const one of [text, value]) expect(typeof markdownOf(one)).toBe("string");
        expect(parseMarkdown(markdownOf(text))).toBeInstanceOf(Array);
      }),
    );
  });
});

describe("what Jira's own editors write reads as Markdown", () => {
  const paragraph = (...content: unknown[]) => ({ type: "paragraph", content });
  const word = (text: string, ...marks: string[]) => ({
    type: "text",
    text,
    marks: marks.map((type) => ({ type })),
  });
  it("from Cloud: nested lists, tables, mentions, cards, tasks, panels, media", () => {
    const item = (...content: unknown[]) => ({ type: "listItem", content });
    const cell = (text: string) => ({ type: "tableCell", content: [paragraph(word(text))] });
    const content = [
      { type: "panel", content: [paragraph(word("Mind the "), word("gap ", "strong"), word("here"))] },
      {
        type: "bulletList",
        content: [item(paragraph(word("a")), { type: "bulletList", content: [item(paragraph(word("b")))] })],
      },
      {
        type: "table",
        content: [
          { type: "tableRow", content: [cell("x"), cell("y")] },
          { type: "tableRow", content: [cell("1"), cell("2")] },
        ],
      },
      {
        type: "taskList",
        content: [{ type: "taskItem", attrs: { state: "DONE" }, content: [word("done")] }],
      },
      paragraph(
        { type: "mention", attrs: { id: "5b", text: "@Alana" } },
        word(" sees "),
        { type: "inlineCard", attrs: { url: "https://a.example/1" } },
        word(" on "),
        { type: "date", attrs: { timestamp: "1772323200000" } },
      ),
      { type: "mediaSingle", content: [{ type: "media", attrs: { alt: "logo.png" } }] },
    ];
    expect(markdownOf({ type: "doc", version: 1, content }).split("\n\n")).toEqual([
      "Mind the **gap** here",
      "- a\n  - b",
      "x | y\n1 | 2",
      "- \\[x\\] done",
      "@Alana sees [https://a.example/1](https://a.example/1) on 2026-03-01",
      "logo.png",
    ]);
  });
  it("from Data Center: headings, macros, colours, mentions, links, line breaks", () => {
    const text = [
      "h2. A _slanted_ title",
      "{color:red}*Mind*{color} the -gap- [here|https://a.example/x] and [https://b.example] by [~alana]\\\\",
      "next, a-b-c 2020-01-02",
      "# one",
      "## deeper",
      "{code:java|title=X.java}",
      "int a = 1; // *not bold*",
      "{code}",
      "bq. said",
      "||a||b||",
    ].join("\r\n");
    expect(markdownOf(text).split("\n\n")).toEqual([
      "## A _slanted_ title",
      "**Mind** the ~~gap~~ [here](https://a.example/x) and [https://b.example](https://b.example) by @alana\nnext, a-b-c 2020-01-02",
      "1. one\n   1. deeper",
      "```java\nint a = 1; // *not bold*\n```",
      "> said",
      "||a||b||",
    ]);
    expect([markdownOf(null), markdownOf(undefined), markdownOf("")]).toEqual(["", "", ""]);
  });
});
