import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AdfNode,
  documentToHtml,
  documentToWiki,
  isDocument,
  wikiToDocument,
} from "../../src/sandbox/rest/richtext.ts";

const content = (wiki: string): AdfNode[] => wikiToDocument(wiki).content as AdfNode[];

describe("wiki text to documents", () => {
  it("reads blocks", () => {
    const text =
      "h2. Title\n\n* one\n** deeper\n# two\n\n{code:java}\nint *a;\n{code}\n----\nbq. said\n\n||h||\n|c|\n\n{panel:title=T}\nin\n{panel}\nend";
    expect(content(text).map((node) => node.type)).toEqual([
      "heading",
      "bulletList",
      "codeBlock",
      "rule",
      "blockquote",
      "table",
      "panel",
      "paragraph",
    ]);
    expect(content(text)[2]).toEqual({
      type: "codeBlock",
      attrs: { language: "java" },
      content: [{ type: "text", text: "int *a;" }],
    });
  });

  it("reads marks only around words", () => {
    expect(content("2*3*4 a_b_c -5 and *bold _both_*")[0]?.content).toEqual([
      { type: "text", text: "2*3*4 a_b_c -5 and " },
      { type: "text", text: "bold ", marks: [{ type: "strong" }] },
      { type: "text", text: "both", marks: [{ type: "strong" }, { type: "em" }] },
    ]);
  });

  it("reads links with and without words, bare addresses, and leaves other brackets alone", () => {
    const [paragraph] = content(
      "[docs|https://a.example/x?y=1] [https://b.example] https://c.example/. [not a link]",
    );
    const links = (paragraph?.content ?? []).filter((node) => node.marks !== undefined);
    expect(links.map((node) => [node.text, node.marks?.[0]?.attrs?.href])).toEqual([
      ["docs", "https://a.example/x?y=1"],
      ["https://b.example", "https://b.example"],
      ["https://c.example/", "https://c.example/"],
    ]);
    expect(documentToWiki(wikiToDocument("[not a link]"))).toBe("[not a link]");
  });

  it("leaves text that needs no markup unchanged on the way there and back", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-zA-Z0-9,.!?äé€ ]{1,30}$/), { minLength: 1, maxLength: 4 }),
        (lines) => {
          const text = lines
            .map((line) => line.trim())
            .filter((line) => line !== "" && !/^(h[1-6]\.|bq\.)/.test(line))
            .join("\n");
          expect(documentToWiki(wikiToDocument(text))).toBe(text);
        },
      ),
    );
  });

  it("makes a document of any text, and text of any document", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."ab *_-+^~{}[]|#\n\\codequtpanl:1.h!&<"), maxLength: 60 }),
        (text) => {
          const document = wikiToDocument(text);
          expect(isDocument(document)).toBe(true);
          expect(typeof documentToWiki(document)).toBe("string");
          expect(documentToHtml(document)).not.toMatch(
            /<(?!\/?(?:p|b|em|del|ins|tt|ul|ol|li|h\d|hr|br|div|pre|blockquote|table|tbody|tr|th|td|a)\b)/,
          );
        },
      ),
    );
  });
});

describe("documents to wiki text", () => {
  it("leaves the text of nodes it does not know", () => {
    const document = {
      type: "doc",
      version: 1,
      content: [
        { type: "galaxy", content: [{ type: "paragraph", content: [{ type: "text", text: "far away" }] }] },
        {
          type: "paragraph",
          content: [
            { type: "emoji", attrs: { shortName: ":tea:" } },
            { type: "status", attrs: { text: "DONE" } },
          ],
        },
        {
          type: "expand",
          attrs: { title: "More" },
          content: [{ type: "paragraph", content: [{ type: "text", text: "inside" }] }],
        },
      ],
    } as AdfNode;
    expect(documentToWiki(document)).toBe("far away\n\n:tea:DONE\n\nMore\n\ninside");
  });

  it("writes mentions as each face has them, and keeps scripts out of HTML", () => {
    const document = {
      type: "doc",
      version: 1,
      content: [
        {
          type: "paragraph",
          content: [
            { type: "mention", attrs: { id: "x", text: "@X" } },
            { type: "text", text: "<b>", marks: [{ type: "link", attrs: { href: "javascript:alert(1)" } }] },
          ],
        },
      ],
    } as AdfNode;
    expect(documentToWiki(document)).toContain("[~accountid:x]");
    expect(documentToWiki(document, (id) => `[~${id}]`)).toContain("[~x]");
    expect(documentToHtml(document)).toBe('<p><a class="user-hover">@X</a>&lt;b&gt;</p>');
  });
});
