import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { pages } from "../../tools/reference.ts";

describe("the reference pages", () => {
  it.each(Object.entries(pages()))(
    "%s says what the code says (else run: node tools/docs.ts)",
    (path, text) => {
      expect(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")).toBe(text);
    },
  );
});
