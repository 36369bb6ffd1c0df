/** Instances that answer in Psoxy's place: every mistake is told with its file, and secrets come from files. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig, readPsoxyInstances } from "../../src/config/index.ts";
import { createPsoxyInstances } from "../../src/gateway/psoxy/index.ts";

let home = "";
const write = (name: string, text: string, mode = 0o644) => {
  writeFileSync(join(home, "psoxy", name), text);
  chmodSync(join(home, "psoxy", name), mode);
};
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "latchkey-config-psoxy-"));
  mkdirSync(join(home, "psoxy/rules"), { recursive: true });
  write("rules/r.yaml", "endpoints:\n  - pathTemplate: /rest/api/{v}/myself\n");
  write("salt", "salt of the file\n");
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const read = (env: Record<string, string> = {}) => {
  const problems: string[] = [];
  return { found: readPsoxyInstances(join(home, "psoxy"), env, problems), problems };
};

test("an instance is a file; its secrets are of files, of the environment, or of a file that is its owner's alone", () => {
  write("a.yaml", "rules: rules/r.yaml\nsalt_file: salt\n");
  write("b.json", JSON.stringify({ rules: "rules/r.yaml", salt_env: "PSOXY_SALT" }));
  write("c.yml", "rules: rules/r.yaml\nsalt: salt of its own\nsource: mine\nconnections: [con_1]\n", 0o600);
  const { found, problems } = read({ PSOXY_SALT: "salt of the environment" });
  expect(problems).toEqual([]);
  const salts = found.map(({ name, secrets }) => [name, secrets.salt.reveal()]);
  expect(salts).toEqual([
    ["a", "salt of the file"],
    ["b", "salt of the environment"],
    ["c", "salt of its own"],
  ]);
  expect(inspect(found, { depth: 10 })).not.toContain("salt of");
  expect(found[2]).toMatchObject({
    source: "mine",
    connections: ["con_1"],
    pseudonym_implementation: "v0.4",
  });
  const config = loadConfig({ env: { LATCHKEY_HOME: home, PSOXY_SALT: "salt of the environment" } });
  expect(config.psoxy_instances.map(({ name }) => name)).toEqual(["a", "b", "c"]);
});

test.each([
  ["open.yaml", "rules: rules/r.yaml\nsalt: plain\n", /holds salt and can be read by others/],
  ["bare.yaml", "rules: rules/r.yaml\n", /salt_file is missing/],
  ["lost.yaml", "rules: rules/none.yaml\nsalt_file: salt\n", /none\.yaml cannot be read/],
  ["dark.yaml", "rules: rules/r.yaml\nsalt_file: none\n", /salt_file names .*none, which cannot be read/],
  ["away.yaml", "rules: rules/r.yaml\nsalt_env: NOBODY\n", /NOBODY, which is not in the environment/],
  ["both.yaml", "rules: rules/r.yaml\nsalt_file: salt\nsalt_env: X\n", /salt_file and salt_env are both set/],
  [
    "word.yaml",
    "rules: rules/r.yaml\nsalt_file: salt\nemail_domain_handling: HASH\n",
    /word\.yaml:3: .*must be one of/,
  ],
  ["odd.yaml", "rules: rules/r.yaml\nsalt_file: salt\nsaltt: 1\n", /odd\.yaml:3: saltt is not known here/],
  ["Big.yaml", "rules: rules/r.yaml\nsalt_file: salt\n", /cannot be the name of an instance/],
  ["list.yaml", "- 1\n", /must hold names and values/],
  ["none.yaml", "salt_file: salt\n", /rules is missing/],
])("%s is told", (name, text, wanted) => {
  write(name, text);
  const { found, problems } = read();
  expect(found).toEqual([]);
  expect(problems.join("\n")).toMatch(wanted);
  expect(() => loadConfig({ env: { LATCHKEY_HOME: home } })).toThrow(wanted);
});

test("rules with mistakes, and rules that ask for a key there is not, stop the start", () => {
  write("a.yaml", "rules: rules/r.yaml\nsalt_file: salt\n");
  write("rules/r.yaml", "endpoints:\n  - pathTemplate: rest\n    transforms:\n      - !<redakt> {}\n");
  const start = () => createPsoxyInstances(read().found);
  expect(start).toThrow(/r\.yaml:2: endpoints\[0\]\.pathTemplate does not begin/);
  expect(start).toThrow(/r\.yaml:4: endpoints\[0\]\.transforms\[0\]\.method is "redakt"/);
  write(
    "rules/r.yaml",
    'endpoints:\n  - pathTemplate: /rest\n    transforms:\n      - !<tokenize> { jsonPaths: ["$.a"] }\n',
  );
  expect(start).toThrow(/encryption_key_file is missing/);
});
