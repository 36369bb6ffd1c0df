import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FLAVORS, type House, IDS, newBrowser, openHouse, walk } from "./house.ts";

const folder = fileURLToPath(new URL("../fixtures/recorded/data", import.meta.url));
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
  .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
  .sort();

type Json = Record<string, unknown>;

/** Every issue in a recorded document, however it is wrapped. */
function issuesIn(value: unknown): Json[] {
  if (Array.isArray(value)) return value.flatMap(issuesIn);
  if (typeof value !== "object" || value === null) return [];
  const document = value as Json;
  if (/^[A-Z]+-\d+$/.test(String(document.key)) && typeof document.fields === "object") return [document];
  return Array.isArray(document.issues) ? document.issues.flatMap(issuesIn) : [];
}

/** Records that carry their own address, with the path it names. */
function resourcesIn(value: unknown): { path: string; body: Json }[] {
  if (Array.isArray(value)) return value.flatMap(resourcesIn);
  const body = value as Json;
  // One recording gives status categories the addresses of resolutions.
  const self = typeof body?.self === "string" && !("colorName" in body) ? body.self : "";
  return /\/rest\/api\/2\/(status|priority|resolution|issuetype|component)\/\d+$/.test(self)
    ? [{ path: self.slice(self.indexOf("/rest/")), body }]
    : [];
}

let house: House;
const read: Record<string, (path: string) => Promise<unknown>> = {};

beforeAll(async () => {
  house = await openHouse();
  const browser = newBrowser();
  for (const flavor of FLAVORS) {
    await walk(house, browser, flavor);
    const [connection] = await house.hall.vault.connections.list("local", { registration_id: IDS[flavor] });
    const { key } = await house.handles.create({
      owner: "local",
      name: "recorded",
      connection_ids: [connection!.id],
      limits: { methods: ["GET"], path_prefixes: ["/rest/"], policy: "raw" },
    });
    read[flavor] = async (path) => {
      const answer = await fetch(`${house.url}/jira/${connection!.id}${path}`, {
        headers: { authorization: `Bearer ${key.reveal()}` },
      });
      expect([path, answer.status]).toEqual([path, 200]);
      return answer.json();
    };
  }
});

afterAll(() => house.close());

describe("what a real Jira once answered comes back through the gateway with no leaf lost or changed", () => {
  const documents = files.map((file) => ({
    file,
    value: JSON.parse(readFileSync(join(folder, file), "utf8")) as unknown,
  }));

  it("over every recorded issue, on every flavor", async () => {
    let seen = 0;
    for (const { file, value } of documents) {
      const issues = issuesIn(value);
      if (issues.length === 0) continue;
      house.hall.sandbox.control.world(value, { name: file });
      for (const issue of issues) {
        for (const flavor of FLAVORS)
          expect(await read[flavor]!(`/rest/api/2/issue/${issue.key}`)).toEqual(issue);
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(20);
  });

  it("over the records around them: statuses, priorities, types, resolutions, components", async () => {
    let seen = 0;
    for (const { file, value } of documents) {
      const resources = resourcesIn(value);
      if (resources.length === 0) continue;
      house.hall.sandbox.control.world(value, { name: file });
      for (const { path, body } of resources) expect(await read["datacenter-oauth1"]!(path)).toEqual(body);
      seen += resources.length;
    }
    expect(seen).toBeGreaterThan(20);
  });
});
