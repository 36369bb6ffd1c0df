import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { shape, vocabulary } from "../../src/policy/fields.ts";
import { findOperation, KINDS, type Node, operations } from "../../src/policy/index.ts";

function* leaves(node: Node | null, seen = new Set<string>()): Generator<string> {
  if (node === null) return;
  if (Array.isArray(node)) yield* leaves(node[0], seen);
  else if (typeof node === "object") for (const member of Object.values(node)) yield* leaves(member, seen);
  else if (!(node as string).startsWith("@")) yield node as string;
  else if (!seen.has(node as string)) {
    seen.add(node as string);
    const found = shape((node as string).slice(1));
    expect(found, node as string).toBeDefined();
    yield* leaves(found!, seen);
  }
}

describe("the table of fields", () => {
  it("knows the operations of both dialects, and a kind for every field of each", () => {
    expect(operations("cloud").length).toBeGreaterThan(700);
    expect(operations("datacenter").length).toBeGreaterThan(400);
    for (const one of [...operations("cloud"), ...operations("datacenter")]) {
      for (const kind of leaves(one.answer)) expect(Object.keys(KINDS), one.name).toContain(kind);
    }
  });

  it("finds the operation with the most literal segments, whatever version of the interface is named", () => {
    const name = (flavor: "cloud" | "datacenter", path: string) => findOperation(flavor, "GET", path)?.name;
    expect(name("cloud", "/rest/api/3/issue/JJ-2")).toBe("GET /rest/api/3/issue/{issueIdOrKey}");
    expect(name("cloud", "/rest/api/2/issue/createmeta")).toBe("GET /rest/api/3/issue/createmeta");
    expect(name("cloud", "/rest/api/latest/search/jql")).toBe("GET /rest/api/3/search/jql");
    expect(name("datacenter", "/rest/api/latest/search")).toBe("GET /rest/api/2/search");
    expect(name("datacenter", "/rest/agile/latest/board/1/sprint")).toBe(
      "GET /rest/agile/1.0/board/{boardId}/sprint",
    );
    expect(name("cloud", "/rest/api/3/issue/")).toBeUndefined();
    expect(name("cloud", "/rest/api/9/issue/JJ-2")).toBeUndefined();
  });

  it("counts no word of the interface that could be somebody's account, key, mention or address", () => {
    for (const word of vocabulary().words) expect(word).not.toMatch(/@|\[~|JIRAUSER\d|[0-9a-f]{24}/);
  });

  // Only where the documents are: a clone has none beside it.
  if (process.env.LATCHKEY_SPECS_DIR !== undefined) {
    it("is what the documents give", () => {
      const tool = fileURLToPath(new URL("../../tools/fields.ts", import.meta.url));
      execFileSync(process.execPath, [tool, "--check"], { stdio: "pipe" });
    });
  }
});
