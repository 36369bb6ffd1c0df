import fc from "fast-check";
import { expect, it } from "vitest";
import { searchJql } from "../../src/sandbox/jql/index.ts";
import { matchesText, textQuery } from "../../src/sandbox/jql/words.ts";
import type { Site } from "../../src/sandbox/world/model.ts";
import { seedWorld } from "../../src/sandbox/world/seed.ts";

const NOW = Date.UTC(2026, 10, 20);
const world = seedWorld(1, NOW);
const context = {
  site: world.sites.acme as Site,
  world,
  me: ["alana"],
  now: NOW,
  timeZone: "UTC",
  locale: "en_US",
};
const search = (jql: string) => searchJql({ jql, user: "alana", context, visible: () => true });

const quote = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;

it("searches for any text behind ~ without failing", async () => {
  const text = fc.string({ unit: fc.constantFrom(..."ab é+-*?\"'\\/&|!(){}[]^~:,;.#@%$€") });
  await fc.assert(
    fc.asyncProperty(text, async (sought) => {
      expect(await search(`text ~ ${quote(sought)}`)).toMatchObject({ ok: true });
    }),
    { numRuns: 150 },
  );
});

it("finds a text by each of its own words, whatever stands between them", () => {
  const word = fc.stringMatching(/^[a-zäéß0-9]{1,8}$/);
  const gap = fc.constantFrom(" ", "+", " - ", "&", "/", ", ", "*x* ", "…");
  fc.assert(
    fc.property(fc.array(fc.tuple(word, gap), { minLength: 1, maxLength: 6 }), (parts) => {
      const text = parts.flat().join("");
      for (const [own] of parts) expect(matchesText(textQuery(own), [text])).toBe(true);
    }),
  );
});

it("answers any query at all with a result or a message, never by throwing", async () => {
  const token = fc.constantFrom(
    ..."project key status = != ~ in ( ) JJ , and or not \" ' order by created desc -1d startOfDay() EMPTY is was + \\ [ ] cf[1] 2026-13-45".split(
      " ",
    ),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.array(token, { maxLength: 12 }).map((words) => words.join(" ")),
        fc.string(),
      ),
      async (jql) => {
        const result = await search(jql);
        if (!result.ok) expect(result.errors[0]).toMatch(/\S/);
      },
    ),
    { numRuns: 300 },
  );
});

it("keeps a result until the world changes", async () => {
  const first = await search("project = JJ");
  expect(await search("project = JJ")).toBe(first);
  world.seq += 1;
  expect(await search("project = JJ")).not.toBe(first);
});
