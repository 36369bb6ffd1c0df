/** Every answer of docs/questions.md names tests that are there; those that no other file had stand here. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decideAt, FLAVORS, type House, IDS, jiraFor, newBrowser, openHouse } from "../gateway/house.ts";
import { root, textOf } from "./blocks.ts";

const PAGE = "docs/questions.md";

/** The question, and the tests its answer cites as `[title](file)`. */
type Answered = { readonly question: string; readonly says: string; readonly proof: string };

const answers: readonly Answered[] = textOf(PAGE)
  .split(/^### /m)
  .slice(1)
  .map((part) => {
    const [question = "", ...rest] = part.split("\n");
    const [says = "", proof = ""] = rest
      .join("\n")
      .split(/^#+ /m)[0]!
      .split(/^Proof: /m);
    return { question, says: says.trim(), proof };
  });

/** What was asked so often that it must not be missing. */
const ASKED = [
  /token expires.*approval screen/,
  /know that it has expired/,
  /Who am I\?.*name and e-mail/,
  /How is the key made/,
  /works on my machine.*live server/,
  /send the person into Jira after the dance/,
  /application link be automated/,
  /Jira answer 304/,
];

describe("docs/questions.md", () => {
  it("has what was asked most", () => {
    const missing = ASKED.filter((asked) => !answers.some(({ question }) => asked.test(question)));
    expect(missing).toEqual([]);
  });

  it.each(answers)("$question", ({ says, proof }) => {
    expect(says.length).toBeGreaterThan(100);
    const cited = [...proof.matchAll(/\[([^\]]+)\]\((\.\.\/test\/[^)]+)\)/g)];
    expect(cited.length).toBeGreaterThan(0);
    for (const [, title = "", link = ""] of cited) {
      const path = join(root, dirname(PAGE), link);
      expect(existsSync(path), link).toBe(true);
      expect(titlesIn(readFileSync(path, "utf8")), link).toContain(title.replaceAll(/\s+/g, " "));
    }
  });
});

/** The whole titles of `it`, `test` and `describe`, plain strings alone. */
function titlesIn(source: string): readonly string[] {
  const calls = source.matchAll(/\b(?:it|test|describe)(?:\.[a-z]+(?:\([^)]*\))?)*\(\s*"((?:[^"\\]|\\.)*)"/g);
  return [...calls].map(([, title = ""]) => title.replaceAll(/\\(.)/g, "$1"));
}

describe("a person who connects", { timeout: 30_000 }, () => {
  const return_origins: string[] = [];
  let house: House;
  beforeAll(async () => {
    house = await openHouse({ parts: { return_origins } });
    const { cloudUrl, dataCenterUrl } = house.hall.sandbox;
    return_origins.push(new URL(cloudUrl).origin, new URL(dataCenterUrl).origin);
  });
  afterAll(() => house.close());

  it("ends in Jira itself, and is known by name and e-mail address", async () => {
    const { cloudUrl, dataCenterUrl } = house.hall.sandbox;
    for (const flavor of FLAVORS) {
      const jira = flavor === "cloud" ? `${cloudUrl}/sites/acme` : dataCenterUrl;
      const return_to = `${jira}/browse/JJ-2`;
      const browser = newBrowser();
      const page = await browser.open(`${house.url}/connect?${new URLSearchParams({ return_to })}`);
      const form = page.forms.findIndex(({ fields }) => fields.some(([, value]) => value === IDS[flavor]));
      const end = await decideAt(browser, await browser.submit(page, { form }));
      expect(end.visited, flavor).toContain(return_to);

      const [connection] = await house.hall.vault.connections.list("local");
      expect(connection?.flavor).toBe(flavor);
      const client = await jiraFor(house.hall, house.recorder, "local", connection!.id);
      const person = await client.myself();
      expect([person.display_name, person.email], flavor).toEqual(["Alana Example", "alana@example.com"]);
      await house.hall.vault.connections.remove("local", connection!.id);
    }
  });
});
