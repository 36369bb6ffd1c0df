import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { safeHref, safeReturn, spoken } from "../../src/gateway/addresses.ts";
import { renderAdf } from "../../src/gateway/adf.ts";
import { lifeInWords, lifeline } from "../../src/gateway/drawings/lifeline.ts";
import { drawSequence, sequenceInWords } from "../../src/gateway/drawings/sequence.ts";
import { html, plain } from "../../src/gateway/html.ts";
import { causeWords } from "../../src/gateway/words/causes.ts";
import { healthOf } from "../../src/gateway/words/health.ts";
import { initials, personName } from "../../src/gateway/words/person.ts";
import { day, jiraTime, relative, span } from "../../src/gateway/words/time.ts";
import { UNTOLD } from "../../src/vault/causes.ts";
import type { Connection } from "../../src/vault/index.ts";

const NOW = Date.parse("2026-11-20T15:20:00Z");
const DAY = 86_400_000;

describe("text from elsewhere", () => {
  it("never becomes markup, whatever it holds", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const shown = `${html`<p title="${plain(text)}">${plain(text)}</p>`}`;
        const inside = shown.slice('<p title="'.length, -"</p>".length);
        expect(inside.replace('">', "")).not.toMatch(/[<>"']/);
      }),
    );
  });

  it("is text even when an object pretends to be finished markup", () => {
    const pretender = { isEscaped: true, toString: () => "<script>alert(1)</script>" };
    expect(`${html`<p>${plain(pretender)}</p>`}`).toBe("<p></p>");
    expect(`${html`<p>${plain(["<b>"])}</p>`}`).toBe("<p></p>");
  });

  it("loses control characters and the marks that reorder writing, and is cut where it is long", () => {
    expect(plain("a\u0000b\u202ec\nd")).toBe("abc\nd");
    expect(plain("x".repeat(50), 10)).toBe(`${"x".repeat(10)}…`);
  });
});

describe("addresses from elsewhere", () => {
  it.each(["javascript:alert(1)", "data:text/html,x", "//host", "file:///etc/passwd", "", 7, undefined])(
    "%s never becomes a link",
    (value) => expect(safeHref(value)).toBeUndefined(),
  );

  it("are spoken without scheme and closing slash", () => {
    expect(spoken("https://jira.example.com/jira/")).toBe("jira.example.com/jira");
  });

  it.each([
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "http://localhost:8080.evil.example/",
    "/a b",
    "/a\u0000",
  ])("%s is no place to return to", (value) => {
    expect(safeReturn(value, "http://localhost:8080", ["https://app.example"])).toBeUndefined();
  });

  it("are not returned to when they are longer than any address", () => {
    expect(safeReturn(`/${"x".repeat(3000)}`, "http://localhost:8080")).toBeUndefined();
  });

  it("return only to our own origin or an allowed one, whatever is asked", () => {
    expect(safeReturn("/dances?x=1", "http://localhost:8080")).toBe("http://localhost:8080/dances?x=1");
    expect(safeReturn("/.//evil.example", "http://localhost:8080")).toBe(
      "http://localhost:8080//evil.example",
    );
    expect(safeReturn("https://app.example/done", "http://localhost:8080", ["https://app.example"])).toBe(
      "https://app.example/done",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl(),
          fc.string(),
          fc.string().map((text) => `/${text}`),
        ),
        (value) => {
          const target = safeReturn(value, "http://localhost:8080");
          if (target !== undefined) expect(new URL(target).origin).toBe("http://localhost:8080");
        },
      ),
    );
  });
});

describe("Atlassian Document Format", () => {
  const doc = (...content: unknown[]) => `${renderAdf({ type: "doc", version: 1, content })}`;
  const text = (value: string, ...marks: unknown[]) => ({ type: "text", text: value, marks });

  it("is rendered by node type, and marks by theirs", () => {
    const shown = doc(
      { type: "heading", attrs: { level: 1 }, content: [text("Title")] },
      { type: "paragraph", content: [text("deep pink", { type: "strong" }, { type: "em" })] },
      {
        type: "bulletList",
        content: [{ type: "listItem", content: [{ type: "paragraph", content: [text("one")] }] }],
      },
      { type: "codeBlock", content: [text("a < b")] },
      { type: "panel", attrs: { panelType: "warning" }, content: [] },
    );
    expect(shown).toBe(
      "<h3>Title</h3><p><em><strong>deep pink</strong></em></p><ul><li><p>one</p></li></ul><pre><code>a &lt; b</code></pre>" +
        '<div class="panel warning"></div>',
    );
  });

  it("shows the text of what it does not know", () => {
    expect(doc({ type: "hologram", content: [{ type: "paragraph", content: [text("still here")] }] })).toBe(
      "<p>still here</p>",
    );
  });

  it("links only to http and https", () => {
    const link = (href: string) =>
      doc({ type: "paragraph", content: [text("x", { type: "link", attrs: { href } })] });
    expect(link("https://example.com/")).toContain('href="https://example.com/"');
    expect(link("javascript:alert(1)")).toBe("<p>x</p>");
    expect(doc({ type: "inlineCard", attrs: { url: "javascript:alert(1)" } })).not.toContain("href");
  });

  it("does not copy attributes, and ends at its bounds", () => {
    expect(doc({ type: "panel", attrs: { panelType: '"><script>' }, content: [] })).toBe(
      '<div class="panel info"></div>',
    );
    expect(doc({ type: "__proto__", content: [] })).toBe("");
    let deep: unknown = text("bottom");
    for (let level = 0; level < 5000; level++) deep = { type: "blockquote", content: [deep] };
    expect(doc(deep).length).toBeLessThan(5000);
  });

  it("gives only harmless markup for any document", () => {
    const leaf = fc.record({
      type: fc.oneof(
        fc.constantFrom("text", "mention", "media", "date", "status", "inlineCard"),
        fc.string(),
      ),
      text: fc.oneof(fc.string(), fc.anything()),
      attrs: fc.oneof(
        fc.dictionary(fc.constantFrom("url", "text", "alt", "timestamp"), fc.oneof(fc.string(), fc.webUrl())),
        fc.anything(),
      ),
      marks: fc.array(fc.oneof(MARK, fc.anything()), { maxLength: 3 }),
    });
    const inner = (inside: fc.Arbitrary<unknown>) =>
      fc.record({
        type: fc.oneof(
          fc.constantFrom("paragraph", "table", "tableCell", "expand", "panel", "heading"),
          fc.string(),
        ),
        attrs: fc.anything(),
        content: fc.array(inside, { maxLength: 4 }),
      });
    fc.assert(
      fc.property(inner(inner(leaf)), (document) => {
        for (const [, name, attributes] of `${renderAdf(document)}`.matchAll(/<\/?([^\s>]*)([^>]*)>/g)) {
          expect(HARMLESS).toContain(name);
          expect(attributes).toMatch(/^( (class|rel|colspan|rowspan|start)="[^"]*"| href="https?:[^"]*")*$/);
        }
      }),
    );
  });
});

const MARK = fc.record({
  type: fc.constantFrom("link", "strong", "subsup", "code"),
  attrs: fc.oneof(fc.record({ href: fc.oneof(fc.webUrl(), fc.string()) }), fc.anything()),
});
const HARMLESS =
  "p h3 h4 h5 h6 ul ol li blockquote pre code hr div table tbody tr th td details summary strong em s u sub sup a br span".split(
    " ",
  );

describe("times", () => {
  it("are said in words", () => {
    expect(day(NOW)).toBe("20\u00a0Nov\u00a02026");
    expect(span(27 * DAY + 5)).toBe("27 days");
    expect(relative(NOW - 120_000, NOW)).toBe("2 minutes ago");
    expect(relative(NOW + DAY, NOW)).toBe("in 24 hours");
  });

  it("are read as Jira writes them", () => {
    expect(jiraTime("2016-08-01T11:23:38.022+1000")).toBe(Date.parse("2016-08-01T01:23:38.022Z"));
    expect(jiraTime("2013-06-12")).toBe(Date.parse("2013-06-12"));
    expect(jiraTime("soon")).toBeUndefined();
    expect(jiraTime({})).toBeUndefined();
  });
});

describe("people", () => {
  it("have initials, and a name in every form Jira gives", () => {
    expect(initials("Alana Example")).toBe("AE");
    expect(initials("alana")).toBe("A");
    expect(initials("…")).toBe("?");
    expect(personName({ accountId: "abc" })).toBe("abc");
    expect(personName(null)).toBeUndefined();
  });
});

const connection = (change: Partial<Connection> = {}): Connection => ({
  id: "con_1",
  owner: "local",
  family_id: "fam_1",
  registration_id: "cloud",
  kind: "oauth2",
  flavor: "cloud",
  site: { id: "1", url: "https://acme.atlassian.net", name: "acme", api_base_url: "x", deployment: "cloud" },
  state: "active",
  scope_asked: [],
  consented_at: NOW - 8 * DAY,
  last_rotated_at: NOW,
  created_at: NOW,
  updated_at: NOW,
  ...change,
});

describe("the health of a connection", () => {
  it("is well while every end is far", () => {
    const health = healthOf(
      connection({ idle_expires_at: NOW + 90 * DAY, absolute_expires_at: NOW + 357 * DAY }),
      NOW,
    );
    expect(health).toMatchObject({ shape: "well", word: "Well" });
    expect(health.sentence).toContain("Nothing needs doing.");
  });

  it("warns before an end that has a date", () => {
    expect(healthOf(connection({ idle_expires_at: NOW + 27 * DAY }), NOW)).toMatchObject({
      shape: "soon",
      word: "Ends in 27 days",
      reconnect: true,
    });
    expect(healthOf(connection({ absolute_expires_at: NOW + 59 * DAY }), NOW).shape).toBe("soon");
  });

  it("names the cause of a death and asks to reconnect", () => {
    const dead = { cause: "lost_answer", evidence: {}, at: NOW - DAY, next_step: "Reconnect." };
    const health = healthOf(connection({ state: "dead", dead }), NOW);
    expect(health).toMatchObject({ shape: "dead", word: "Reconnect needed", reconnect: true });
    expect(health.sentence).toContain("was lost");
  });
});

describe("the life line", () => {
  const life = {
    now: NOW,
    consented_at: NOW - 8 * DAY,
    idle_expires_at: NOW + 90 * DAY,
    absolute_expires_at: NOW + 357 * DAY,
  };

  it("is to scale, and says in words what it draws", () => {
    const drawn = `${lifeline(life, 940)}`;
    const at = Number(/M([\d.]+) /.exec(drawn)?.[1]);
    expect(at).toBeCloseTo(12 + (98 / 365) * (940 - 24), 0);
    expect(lifeInWords(life)).toMatch(
      /consent 12.Nov.2026, today 20.Nov.2026, .*18.Feb.2027, consent ends 12.Nov.2027/,
    );
    expect(drawn).toContain(`aria-label="${lifeInWords(life)}"`);
  });

  it("is not drawn where nothing has an end", () => {
    expect(lifeline({ now: NOW, consented_at: NOW - DAY }, 940)).toBeUndefined();
  });

  it("has no inline style, which the policy of the page would drop", () => {
    expect(`${lifeline(life, 310)}`).not.toContain("style=");
  });
});

describe("the picture of a dance", () => {
  const steps = [
    { n: 1, from: "person", to: "latchkey", label: "Connect to Jira", at: NOW },
    {
      n: 2,
      from: "latchkey",
      to: "jira",
      label: "Ask for a request token",
      at: NOW,
      duration_ms: 214,
      request: { method: "POST", url: "https://tracker.test/plugins/servlet/oauth/request-token" },
      response: { status: 401, headers: {} },
      problem: "signature_invalid",
    },
  ] as const;

  it("marks the arrow at which it stopped, once", () => {
    const drawn = `${drawSequence({ steps, stopped_at: 2, not_reached: ["Connected"], application: "Idea Board" }, 940)}`;
    expect(drawn.match(/class="arrow bad"/g)).toHaveLength(1);
    expect(drawn).toContain("401 signature_invalid");
    expect(drawn).toContain("Not reached: Connected.");
  });

  it("says in words what it draws", () => {
    const said = sequenceInWords({ steps, stopped_at: 2, not_reached: [], application: "Latchkey" });
    expect(said).toContain("Jira to Latchkey: 401 signature_invalid after 214\u00a0ms (it stopped here)");
  });

  it("escapes what Jira said", () => {
    const evil = [{ ...steps[1], problem: "<script>" }];
    expect(`${drawSequence({ steps: evil, not_reached: [], application: "x" }, 310)}`).not.toContain(
      "<script>",
    );
  });
});

describe("what may have ended a connection", () => {
  it("has a sentence for every cause that goes unproven, and shows any other as its code", () => {
    for (const cause of UNTOLD) expect(causeWords(cause)).toMatch(/^[A-Z].+\.$/);
    expect(causeWords("some_new_cause")).toBe("some_new_cause");
    expect(causeWords("constructor")).toBe("constructor");
  });
});
