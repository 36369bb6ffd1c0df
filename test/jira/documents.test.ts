import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scopesFor } from "../../src/jira/operations.ts";
import { personOf } from "../../src/jira/people.ts";
import { plainText, richTextFor } from "../../src/jira/richtext.ts";
import { FLAVORS } from "../../src/protocol/flavors.ts";
import { failure, fakeJira } from "./fake.ts";

const adf = (text: Parameters<typeof richTextFor>[1]) =>
  richTextFor(FLAVORS.cloud, text) as { content: unknown[] };
const wiki = (text: Parameters<typeof richTextFor>[1]) => richTextFor(FLAVORS["datacenter-oauth2"], text);

describe("text for people", () => {
  it("plain becomes paragraphs and line breaks on Cloud, and stays as it is on Data Center", () => {
    expect(adf("a\nb\n\n*c*")).toEqual({
      type: "doc",
      version: 1,
      content: [
        {
          type: "paragraph",
          content: [{ type: "text", text: "a" }, { type: "hardBreak" }, { type: "text", text: "b" }],
        },
        { type: "paragraph", content: [{ type: "text", text: "*c*" }] },
      ],
    });
    expect(wiki("a\n*c*")).toBe("a\n*c*");
    expect(adf("").content).toEqual([{ type: "paragraph", content: [] }]);
  });

  it("plain comes back as it was, through ADF", () => {
    const line = fc.stringMatching(/^[!-~]([ -~]*[!-~])?$/);
    fc.assert(
      fc.property(fc.array(fc.array(line, { minLength: 1 }), { minLength: 1 }), (paragraphs) => {
        const text = paragraphs.map((lines) => lines.join("\n")).join("\n\n");
        expect(plainText(adf(text))).toBe(text);
      }),
    );
  });

  it("never makes an empty text node, which Jira refuses", () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), (text, markdown) => {
        expect(JSON.stringify(adf(markdown ? { markdown: text } : text))).not.toContain('"text":""');
      }),
    );
  });

  const markdown = [
    "# Title",
    "",
    "Some **bold**, *slanted*, ~~gone~~, `co*de` and a [link](https://a.example/x_y).",
    "snake_case_word and 2 * 3 * 4",
    "",
    "- one",
    "- two **x**",
    "",
    "1. first",
    "2. second",
    "",
    "> said",
    "",
    "```js",
    "const a = '**';",
    "```",
    "---",
  ].join("\n");

  it("Markdown becomes ADF", () => {
    const { content } = adf({ markdown });
    expect(content.map((node) => (node as { type: string }).type)).toEqual([
      "heading",
      "paragraph",
      "bulletList",
      "orderedList",
      "blockquote",
      "codeBlock",
      "rule",
    ]);
    expect(JSON.stringify(content[1])).toContain('{"type":"text","text":"bold","marks":[{"type":"strong"}]}');
    expect(JSON.stringify(content[1])).toContain(
      '{"type":"text","text":"link","marks":[{"type":"link","attrs":{"href":"https://a.example/x_y"}}]}',
    );
    expect(JSON.stringify(content[1])).toContain("snake_case_word and 2 * 3 * 4");
    expect(content[5]).toEqual({
      type: "codeBlock",
      attrs: { language: "js" },
      content: [{ type: "text", text: "const a = '**';" }],
    });
  });

  it("Markdown becomes wiki text", () => {
    const text = wiki({ markdown }) as string;
    expect(text.split("\n\n")[0]).toBe("h1. Title");
    expect(text).toContain("Some *bold*, _slanted_, -gone-, {{co*de}} and a [link|https://a.example/x_y].");
    expect(text).toContain("* one\n* two *x*");
    expect(text).toContain("# first\n# second");
    expect(text).toContain("{quote}\nsaid\n{quote}");
    expect(text).toContain("{code:js}\nconst a = '**';\n{code}");
  });

  it("Markdown never becomes a link that runs a script, and never fails", () => {
    expect(JSON.stringify(adf({ markdown: "[x](javascript:alert(1)) [y](data:text/html,z)" }))).not.toContain(
      '"link"',
    );
    fc.assert(
      fc.property(
        fc.string({ maxLength: 300 }),
        (text) => void [adf({ markdown: text }), wiki({ markdown: text })],
      ),
    );
  });

  it("hostile Markdown takes no more than a moment", () => {
    const started = performance.now();
    for (const text of [
      "*".repeat(3_000),
      "_a".repeat(2_000),
      "[".repeat(3_000),
      "**a ".repeat(1_000),
      "`".repeat(3_000),
      "# #".repeat(2_000),
    ]) {
      adf({ markdown: text });
    }
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  it("ADF is refused where it means nothing", () => {
    expect(() => wiki({ adf: {} })).toThrow(expect.objectContaining({ code: "bad_request" }));
    expect(adf({ adf: { type: "doc" } })).toEqual({ type: "doc" });
  });

  it("ADF is read as text: mentions, cards, lists, tables, dates", () => {
    const text = (value: string) => ({ type: "text", text: value });
    const p = (...content: unknown[]) => ({ type: "paragraph", content });
    const doc = {
      type: "doc",
      content: [
        p(
          text("Hi "),
          { type: "mention", attrs: { id: "1", text: "@Alana" } },
          { type: "hardBreak" },
          { type: "inlineCard", attrs: { url: "https://a.example/" } },
        ),
        {
          type: "bulletList",
          content: [
            { type: "listItem", content: [p(text("one"))] },
            { type: "listItem", content: [p(text("two"))] },
          ],
        },
        { type: "orderedList", content: [{ type: "listItem", content: [p(text("first"))] }] },
        {
          type: "table",
          content: [
            {
              type: "tableRow",
              content: [
                { type: "tableCell", content: [p(text("a"))] },
                { type: "tableCell", content: [p(text("b"))] },
              ],
            },
          ],
        },
        p({ type: "date", attrs: { timestamp: "0" } }, { type: "status", attrs: { text: " DONE" } }),
        { type: "unknownNode", content: [p(text("kept"))] },
      ],
    };
    expect(plainText(doc)).toBe(
      "Hi @Alana\nhttps://a.example/\n\n- one\n- two\n\n1. first\n\na\tb\n1970-01-01 DONE\n\nkept",
    );
    expect([plainText(null), plainText(undefined), plainText(5), plainText("wiki *x*")]).toEqual([
      "",
      "",
      "",
      "wiki *x*",
    ]);
  });

  it("ADF of any depth is read without falling", () => {
    let node: unknown = { type: "text", text: "deep" };
    for (let i = 0; i < 20_000; i++) node = { type: "panel", content: [node] };
    expect(plainText(node)).toBe("");
  });
});

describe("people", () => {
  it.each([
    [
      "Cloud",
      {
        accountId: "5b1",
        displayName: "Mia",
        emailAddress: "m@a.example",
        key: "",
        name: "",
        timeZone: "Europe/Berlin",
        avatarUrls: { "16x16": "https://a/16", "48x48": "https://a/48" },
      },
      {
        account_id: "5b1",
        display_name: "Mia",
        email: "m@a.example",
        time_zone: "Europe/Berlin",
        avatar_url: "https://a/48",
      },
    ],
    [
      "Data Center",
      { key: "JIRAUSER1", name: "mia", displayName: "Mia" },
      { account_id: "JIRAUSER1", name: "mia", display_name: "Mia" },
    ],
    [
      "Data Center without a key",
      { name: "mia", displayName: "Mia" },
      { account_id: "mia", name: "mia", display_name: "Mia" },
    ],
    [
      "the identity API",
      {
        account_id: "5b1",
        name: "Mia Krystof",
        nickname: "mk",
        email: "m@a.example",
        zoneinfo: "UTC",
        picture: "https://a/p",
      },
      {
        account_id: "5b1",
        name: "mk",
        display_name: "Mia Krystof",
        email: "m@a.example",
        time_zone: "UTC",
        avatar_url: "https://a/p",
      },
    ],
    [
      "a hidden e-mail and a bad picture",
      { accountId: "5b1", emailAddress: null, avatarUrls: { "48x48": "javascript:alert(1)" } },
      { account_id: "5b1" },
    ],
  ])("of %s", (_name, json, expected) => {
    expect(personOf(json)).toEqual(expected);
  });

  it("are not made of what is none", () => {
    for (const value of [null, undefined, "x", 5, [], {}, { accountId: "" }])
      expect(personOf(value)).toBeUndefined();
  });
});

describe("the operations table", () => {
  it.each([
    ["GET", "/rest/api/3/issue/JJ-2", "/rest/api/3/issue/{issueIdOrKey}", ["read:jira-work"]],
    ["GET", "/rest/api/2/issue/JJ-2?fields=x", "/rest/api/3/issue/{issueIdOrKey}", ["read:jira-work"]],
    ["get", "/rest/api/latest/myself/", "/rest/api/3/myself", ["read:jira-user"]],
    ["GET", "/rest/api/3/issue/picker", "/rest/api/3/issue/picker", ["read:jira-work"]],
    ["GET", "/rest/api/3/group/member", "/rest/api/3/group/member", ["manage:jira-configuration"]],
    ["GET", "/rest/servicedeskapi/request", "/rest/servicedeskapi/request", ["read:servicedesk-request"]],
    ["GET", "/rest/api/3/serverInfo", "/rest/api/3/serverInfo", []],
  ])("%s %s", (method, path, template, classic) => {
    expect(scopesFor(method, path)).toMatchObject({ path: template, classic });
  });

  it("knows nothing of other paths", () => {
    expect(scopesFor("GET", "/rest/agile/1.0/board")).toBeUndefined();
    expect(scopesFor("POST", "/rest/api/3/myself")).toBeUndefined();
    expect(scopesFor("GET", "/rest/api/3/issue/")).toBeUndefined();
  });

  it("names granular scopes as the other way", () => {
    expect(scopesFor("DELETE", "/rest/api/3/issue/A-1/remotelink")?.granular).toContain(
      "delete:issue.remote-link:jira",
    );
  });
});

describe("the everyday calls", () => {
  it("write in the form each flavor stores", async () => {
    const fake = await fakeJira((seen) =>
      seen.path.endsWith("/issue") ? [201, { id: "1", key: "A-1" }] : [201, { id: "9" }],
    );
    const input = {
      project: "A",
      issuetype: "10001",
      summary: "s",
      description: "d",
      fields: { priority: { name: "High" } },
    };
    expect(await fake.jira().createIssue(input)).toEqual({ id: "1", key: "A-1" });
    await fake.jira({ flavor: "datacenter-oauth2", base_path: "/jira" }).createIssue(input);
    await fake.jira().addComment("A-1", { markdown: "**x**" });
    await fake
      .jira()
      .createRequest({ service_desk_id: "1", request_type_id: "2", fields: { description: "plain" } });
    const bodies = fake.seen.map(({ path, body }) => [path, JSON.parse(body)]);
    expect(bodies[0]).toEqual([
      "/ex/jira/c1/rest/api/3/issue",
      {
        fields: {
          project: { key: "A" },
          issuetype: { id: "10001" },
          summary: "s",
          description: adf("d"),
          priority: { name: "High" },
        },
      },
    ]);
    expect(bodies[1]![0]).toBe("/jira/rest/api/2/issue");
    expect(bodies[1]![1].fields.description).toBe("d");
    expect(bodies[2]![1].body.content[0].content[0].marks).toEqual([{ type: "strong" }]);
    expect(bodies[3]![1]).toEqual({
      serviceDeskId: "1",
      requestTypeId: "2",
      requestFieldValues: { description: "plain" },
    });
    for (const { headers } of fake.seen) expect(headers["x-atlassian-token"]).toBe("no-check");
  });

  it("refuse an answer of another form", async () => {
    const fake = await fakeJira(() => [200, [1, 2]]);
    const jira = fake.jira();
    for (const call of [jira.issue("A-1"), jira.myself(), jira.transitions("A-1"), jira.serverInfo()]) {
      expect((await failure(call)).code).toBe("jira_answer_unreadable");
    }
    expect((await failure(jira.issue(".."))).code).toBe("bad_request");
  });
});
