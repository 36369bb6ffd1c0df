import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePolicy, type PreviewLine, previewLines } from "../../src/policy/index.ts";
import { KEYS } from "./people.ts";

/** One side as JSON again; commas are those of the original. */
function side(lines: readonly PreviewLine[], which: "original" | "outgoing"): unknown {
  const text = lines.map((line) => line[which]).filter((line) => line !== "");
  return JSON.parse(
    text
      .join("\n")
      .replaceAll(/,\n(?=[\]}])/g, "\n")
      .replace(/,$/, ""),
  );
}

describe("both sides of an answer", () => {
  const policy = compilePolicy(
    {
      latchkey_policy: 1,
      flavor: "cloud",
      endpoints: [
        {
          path: "/rest/api/3/issue/{issueIdOrKey}",
          answer: [
            "key",
            "fields.status",
            "fields.labels",
            "fields.assignee",
            { path: "fields.description", treat: "digest" },
            { path: "fields.summary", treat: "digest" },
          ],
        },
      ],
    },
    KEYS,
  );
  const original = {
    key: "JJ-2",
    id: "10300",
    fields: {
      summary: "Two words",
      description: { type: "doc", version: 1, content: [{ type: "text", text: "ask Mona" }] },
      labels: ["a", "mona@example.com", "b"],
      assignee: { accountId: "5b10ac8d82e05b22cc7d4ef5", active: true, avatarUrls: {} },
      status: { id: "3", name: "In Progress" },
      priority: null,
    },
  };
  const outgoing = policy.answer("GET /rest/api/3/issue/{issueIdOrKey}", 200, original);
  const lines = previewLines(original, outgoing);

  it("are both there in full: what was there, and what stands in its place", () => {
    expect(side(lines, "original")).toEqual(original);
    expect(side(lines, "outgoing")).toEqual(outgoing);
    const body = lines.find((line) => line.outgoing.startsWith('"description"'));
    expect(body).toMatchObject({ original: "", change: "changed" });
  });

  it("say of each line whether it stayed, changed or was left out", () => {
    const changeOf = (start: string) => lines.find((line) => line.original.startsWith(start))?.change;
    expect(changeOf('"key"')).toBe("same");
    expect(changeOf('"id": "10300"')).toBe("left-out");
    expect(changeOf('"accountId"')).toBe("changed");
    expect(changeOf('"priority"')).toBe("left-out");
    expect(lines.every((line) => line.change !== "same" || line.original === line.outgoing)).toBe(true);
  });

  it("whatever is left out or put in place of something", () => {
    const word = fc.constantFrom("a", "b", "c");
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom<unknown>("x", 1, null, true, "a,\n]", {}, []),
        fc.array(tie("node"), { maxLength: 3 }),
        fc.dictionary(word, tie("node"), { maxKeys: 3, noNullPrototype: true }),
      ),
    })).node;
    fc.assert(
      fc.property(value, value, (one, other) => {
        const both = previewLines(one, other);
        expect(side(both, "original")).toEqual(one);
        expect(sorted(side(both, "outgoing"))).toEqual(sorted(other));
      }),
      { numRuns: 500 },
    );
  });
});

/** Members stand in the order of the original. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}
