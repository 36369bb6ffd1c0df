import { describe, expect, it } from "vitest";
import { compilePolicy } from "../../src/policy/index.ts";
import { ACCOUNT_ID, FORMS, KEYS, NAMES, plantedDocument, traceOf } from "./people.ts";

const OPERATION = "GET /rest/api/3/issue/{issueIdOrKey}/comment/{id}";

function treated(body: unknown, rich: string, kinds: Record<string, string> = {}): unknown {
  const policy = compilePolicy(
    {
      latchkey_policy: 1,
      flavor: "cloud",
      kinds: { rich, ...kinds },
      endpoints: [{ path: OPERATION.slice(4), answer: ["body"] }],
    },
    KEYS,
  );
  const out = policy.answer(OPERATION, 200, { body }) as { body?: unknown };
  return out.body;
}

const doc = (...content: unknown[]) => ({ type: "doc", version: 1, content });
const text = (words: string, ...marks: unknown[]) => ({
  type: "text",
  text: words,
  ...(marks.length > 0 ? { marks } : {}),
});
const paragraph = (...content: unknown[]) => ({ type: "paragraph", content });
const MENTION = {
  type: "mention",
  attrs: { id: ACCOUNT_ID, text: "@Monalisa Octocat", localId: "x", accessLevel: "CONTAINER" },
};

describe("rich text", () => {
  it("leaves in no form unless a policy says so, and digested as its length and words", () => {
    const body = doc(paragraph(text("Hello "), MENTION, text(" two words")));
    const policy = compilePolicy(
      {
        latchkey_policy: 1,
        flavor: "cloud",
        endpoints: [{ path: OPERATION.slice(4), answer: ["id", { path: "body", treat: "digest" }] }],
      },
      KEYS,
    );
    expect(policy.answer(OPERATION, 200, { id: "1", body })).toEqual({
      id: "1",
      body: { length: 16, words: 3 },
    });
    expect(treated("three plain words", "digest")).toEqual({ length: 17, words: 3 });
  });

  it("in outline keeps structure and who is mentioned, as a token, and no word", () => {
    const body = doc(paragraph(text("Ask "), MENTION), {
      type: "expand",
      attrs: { title: "About Monalisa" },
      content: [paragraph(text("x"))],
    });
    expect(treated(body, "outline")).toEqual(
      doc(
        {
          type: "paragraph",
          content: [
            {
              type: "mention",
              attrs: { id: expect.stringMatching(/^lkp_accountId_k1_/), accessLevel: "CONTAINER" },
            },
          ],
        },
        { type: "expand", content: [{ type: "paragraph", content: [] }] },
      ),
    );
  });

  it("kept keeps words and replaces who has a form: mentions, addresses, profiles", () => {
    const link = { type: "link", attrs: { href: `https://acme.atlassian.net/jira/people/${ACCOUNT_ID}` } };
    const out = treated(
      doc(paragraph(text("Mail monalisa@example.com or see "), text("here", link))),
      "keep",
    );
    expect(traceOf(out)).toBeUndefined();
    expect(JSON.stringify(out)).toContain("Mail lkp_email_k1_");
    expect(out).toMatchObject({ content: [{ content: [{}, { text: "here" }] }] });
    const wiki = treated(
      `Thanks [~monalisa] and [~accountid:${ACCOUNT_ID}], see https://jira.example/secure/ViewProfile.jspa?name=monalisa`,
      "keep",
    );
    expect(wiki).toMatch(/^Thanks lkp_userName_k1_\S+ and lkp_accountId_k1_\S+, see $/);
  });

  it("an address that is kept loses sign-in, query and fragment", () => {
    const card = {
      type: "inlineCard",
      attrs: { url: "https://mona:pw@docs.example.com/a/b?author=monalisa#x", data: { name: "monalisa" } },
    };
    expect(treated(doc(paragraph(card)), "outline", { url: "keep" })).toEqual(
      doc(paragraph({ type: "inlineCard", attrs: { url: "https://docs.example.com/a/b" } })),
    );
    expect(treated(doc(paragraph(card)), "outline")).toEqual(doc(paragraph()));
  });

  it.each(["outline", "digest"])("in %s no one leaves from any attribute of any node or mark", (mode) => {
    for (const plants of [[...FORMS], [...NAMES]]) {
      let at = 0;
      const body = plantedDocument(() => plants[at++ % plants.length]!);
      expect(traceOf(treated(body, mode))).toBeUndefined();
    }
  });

  it("kept, no one with a form leaves from any attribute of any node or mark", () => {
    let at = 0;
    const body = plantedDocument(() => FORMS[at++ % FORMS.length]!);
    expect(traceOf(treated(body, "keep", { url: "keep", fileName: "keep" }))).toBeUndefined();
  });

  it("a document nested without end is cut, not followed", () => {
    let node: unknown = paragraph(text("deep"));
    for (let i = 0; i < 5000; i++) node = { type: "blockquote", content: [node] };
    expect(JSON.stringify(treated(doc(node), "keep"))).not.toContain("deep");
  });

  it("long texts made to be slow are read in time", () => {
    const began = performance.now();
    for (const unit of ["a", "http://a/", "[~", "1:", "%40%", "5b10ac8d82e05b22cc7d4ef5:"]) {
      treated(`~ ${unit.repeat(100_000 / unit.length)}`, "keep");
    }
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});
