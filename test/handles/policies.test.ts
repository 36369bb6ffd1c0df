import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readPolicies } from "../../src/config/index.ts";
import { createPolicies, type NamedPolicy } from "../../src/handles/index.ts";
import { createPolicyKeys } from "../../src/handles/policy-keys.ts";
import { createLog } from "../../src/log.ts";
import { newKeyText } from "../../src/vault/index.ts";
import { loadKeyring } from "../../src/vault/keyring.ts";
import { temporaryDirectory } from "../store/temporary.ts";
import { openAt } from "../vault/elsewhere.ts";
import { makeWorld, random, type World } from "../vault/world.ts";

const GOOD = `latchkey_policy: 1
flavor: cloud
endpoints:
  - path: /rest/api/3/issue/{issueIdOrKey}
    answer: [key]
`;

function directory(files: Readonly<Record<string, string>>): string {
  const path = join(temporaryDirectory(), "policies");
  mkdirSync(path);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

function read(files: Readonly<Record<string, string>>) {
  const problems: string[] = [];
  const path = directory(files);
  const found = readPolicies(path, problems);
  return { found, problems: problems.map((one) => one.replaceAll(`${path}/`, "")) };
}

describe("a directory of policies", () => {
  it("gives each file's document under its name, YAML and JSON alike, and leaves other files alone", () => {
    const { found, problems } = read({
      "analyst.yaml": GOOD,
      "report.json": JSON.stringify({ latchkey_policy: 1 }),
      "README.md": "# words",
      ".hidden.yaml": "{",
    });
    expect(problems).toEqual([]);
    expect(found.map(({ name }) => name)).toEqual(["analyst", "report"]);
    expect(found[0]!.document).toMatchObject({ latchkey_policy: 1, flavor: "cloud" });
    expect(found[0]!.lineOf("endpoints[0].answer[0]")).toBe(5);
    expect(found[0]!.lineOf("endpoints[0].nothing.there")).toBe(4);
  });

  it("is empty where it is not there", () => {
    expect(readPolicies(join(temporaryDirectory(), "none"), [])).toEqual([]);
  });

  it.each([
    ["a name twice", { "a.yaml": "x: 1\nx: 2\n" }, "a.yaml:2: Map keys must be unique"],
    ["a tag of its own", { "a.yaml": "x: !js 1\n" }, "a.yaml:1: Unresolved tag"],
    ["broken JSON", { "a.json": '{"x": [1,\n' }, "a.json:2"],
    ["two documents", { "a.yaml": "x: 1\n---\ny: 2\n" }, "a.yaml:2"],
    [
      "one policy in two files",
      { "a.yaml": GOOD, "a.json": "{}" },
      "a.json and a.yaml are both the policy a",
    ],
    ["a name that means something else", { "raw.yaml": GOOD }, "raw.yaml cannot be the name of a policy"],
    ["a name that no handle could write", { "Über uns.yaml": GOOD }, "cannot be the name of a policy"],
    ["more than a policy needs", { "a.yaml": `x: ${"y".repeat(600_000)}` }, "a.yaml is larger than"],
    ["lists without end", { "a.yaml": "[".repeat(100_000) }, "a.yaml"],
    [
      "aliases that unfold without end",
      {
        "a.yaml": `a: &a [x,x,x,x,x,x,x,x,x]\n${[..."bcdefgh"]
          .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdefg"[i]}`).join(",")}]`)
          .join("\n")}\n`,
      },
      "a.yaml is not a policy",
    ],
  ])("tells of %s with file and line", (_what, files, expected) => {
    const { problems } = read(files);
    expect(problems.join("\n")).toContain(expected);
  });
});

function policiesOf(world: World, named: readonly NamedPolicy[], store = world.store, vault = world.vault) {
  const log = createLog({ write: () => {}, level: "error" });
  const reader = () => Promise.reject(new Error("nobody is asked"));
  return createPolicies({ named, store, vault, now: () => world.clock.now, random, log, reader });
}

const policy = (name: string, more: object = {}): NamedPolicy => ({
  name,
  document: {
    latchkey_policy: 1,
    flavor: "cloud",
    endpoints: [{ path: "/rest/api/3/issue/{issueIdOrKey}", answer: ["key"] }],
    ...more,
  },
});

describe("named policies", () => {
  it("stop the start with every mistake of every policy, each at its place as it was written", async () => {
    const world = await makeWorld();
    const answer = ["fields.customfield_10001", "nothing", "key", "nothing.else"];
    const bad = policy("bad", { endpoints: [{ path: "/rest/api/3/issue/{issueIdOrKey}", answer }] });
    const worse = { ...policy("worse", { flavor: "server" }), path: "worse.yaml", lineOf: () => 7 };
    expect(() => policiesOf(world, [bad, worse, policy("good")])).toThrow(
      expect.objectContaining({
        code: "config_invalid",
        details: {
          problems: [
            expect.stringMatching(/^policy bad: endpoints\[0\]\.answer\[1\] /),
            expect.stringMatching(/^policy bad: endpoints\[0\]\.answer\[3\] /),
            expect.stringMatching(/^worse\.yaml:7: flavor /),
          ],
        },
      }),
    );
  });

  it("make the tokens of each owner its own, unless they name a tenant", async () => {
    const world = await makeWorld();
    const policies = policiesOf(world, [policy("own"), policy("ours", { tenant: "team" })]);
    const token = async (name: string, owner: string) =>
      (await policies.pseudonyms(policies.tenantOf(name, owner))).pseudonym("email", "a@example.com");
    expect(await token("own", "alice")).not.toBe(await token("own", "bob"));
    expect(await token("ours", "alice")).toBe(await token("ours", "bob"));
    expect(await token("own", "team")).not.toBe(await token("ours", "team"));
  });
});

describe("the key of pseudonyms", () => {
  it("is made once, however many ask first at once", async () => {
    const world = await makeWorld();
    const parts = { store: world.store, vault: world.vault, now: () => world.clock.now, random };
    const keyrings = await Promise.all(Array.from({ length: 8 }, () => createPolicyKeys(parts).current()));
    expect(new Set(keyrings.map(([{ id }]) => id)).size).toBe(1);
    expect(await world.store.policyKeys.listForOperator()).toHaveLength(1);
  });

  it("outlives the key that seals it, and a newer one still reads the tokens of the older", async () => {
    const old = newKeyText(random);
    const next = newKeyText(random);
    const world: World = { ...(await makeWorld()), keyring: await loadKeyring({ current: old }) };
    const url = `sqlite:${join(temporaryDirectory(), "latchkey.db")}`;
    Object.assign(world, await openAt(world, url));
    const before = await policiesOf(world, []).pseudonyms("t");
    const both = await loadKeyring({ current: next, older: [old] });
    const renewed = await openAt(world, url, both);
    await renewed.vault.upkeep.rekey();
    const after = policiesOf(world, [], renewed.store, renewed.vault);
    const token = before.seal("email", "a@example.com");
    expect((await after.pseudonyms("t")).seal("email", "a@example.com")).toBe(token);
    await after.renewKeys();
    const newest = await after.pseudonyms("t");
    expect(newest.seal("email", "a@example.com")).not.toBe(token);
    expect(newest.open("email", token)).toBe("a@example.com");
    await renewed.store.close();
  });
});
