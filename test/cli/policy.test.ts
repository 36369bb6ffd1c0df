import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Io } from "../../src/cli/io.ts";
import { main } from "../../src/cli/main.ts";

const home = mkdtempSync(join(tmpdir(), "latchkey-policy-"));
const examples = fileURLToPath(new URL("../../examples/policies", import.meta.url));
const issue = fileURLToPath(new URL("../fixtures/recorded/data/jira-ruby/issue/10002.json", import.meta.url));

function written(name: string, text: string): string {
  const path = join(home, name);
  writeFileSync(path, text);
  return path;
}

const BAD = written(
  "bad.yaml",
  `latchkey_policy: 1
flavor: cloud
endpoints:
  - path: /rest/api/3/issue/{issueIdOrKey}
    answer:
      - fields.status
      - fields.status.name
      - fields.sumary
`,
);
const GOOD = written(
  "good.json",
  JSON.stringify({
    latchkey_policy: 1,
    flavor: "datacenter",
    endpoints: [
      {
        path: "/rest/api/2/issue/{issueIdOrKey}",
        answer: [
          "key",
          { path: "fields.summary", treat: "digest" },
          "fields.status.name",
          "fields.reporter.name",
        ],
      },
    ],
  }),
);

/** The command in this process: what it wrote and its code. */
async function run(args: readonly string[], terminal: { columns?: number } = {}) {
  const heard = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr") => {
    const through = new PassThrough();
    through.on("data", (chunk: Buffer) => {
      heard[name] += chunk.toString();
    });
    return Object.assign(through, terminal.columns === undefined ? {} : { isTTY: true, ...terminal });
  };
  const io: Io = {
    stdin: Object.assign(new PassThrough(), { isTTY: false }),
    stdout: stream("stdout"),
    stderr: stream("stderr"),
    env: { LATCHKEY_HOME: join(home, "state"), LATCHKEY_POLICIES: examples },
    now: Date.now,
    random: randomBytes,
  };
  const code = await main(args, io);
  return { code, ...heard };
}

describe("latchkey policy check", () => {
  it("ends with 1 for a rule that matches nothing or is shadowed, each with file and line", async () => {
    const { code, stdout } = await run(["policy", "check", BAD]);
    expect(code).toBe(1);
    expect(stdout.split("\n").map((line) => line.replace(home, ""))).toEqual([
      expect.stringMatching(/^\/bad\.yaml:7: endpoints\[0\]\.answer\[1\] .* shadowed/),
      expect.stringMatching(
        /^\/bad\.yaml:8: endpoints\[0\]\.answer\[2\] \(fields\.sumary\) matches no field/,
      ),
      "",
    ]);
    const json = JSON.parse((await run(["--json", "policy", "check", BAD])).stdout);
    expect(json).toMatchObject({ ok: false, mistakes: [{ file: BAD, line: 7 }, { line: 8 }] });
  });

  it("ends with 0 for a good one, by file or by the name that handles use", async () => {
    expect((await run(["policy", "check", GOOD])).code).toBe(0);
    const named = await run(["policy", "check", "analyst-cloud"]);
    expect(named).toMatchObject({ code: 0, stdout: "" });
    expect(named.stderr).toContain("every rule does something");
  });

  it("judges rules about a site's own fields when they are given", async () => {
    const own = written("own.json", GOOD_WITH_OWN);
    expect((await run(["policy", "check", own])).code).toBe(0);
    const none = await run(["policy", "check", own, "--fields", written("none.json", "[]")]);
    expect(none.stdout).toContain("customfield_10105");
    const fields = written(
      "fields.json",
      JSON.stringify([{ id: "customfield_10105", schema: { type: "number" } }]),
    );
    expect((await run(["policy", "check", own, "--fields", fields])).code).toBe(0);
  });

  it("says what there is where a name is none, and the line where a file is no YAML", async () => {
    const unknown = await run(["policy", "check", "nobody"]);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain("analyst-cloud, analyst-datacenter");
    const broken = await run(["policy", "check", written("broken.yaml", "latchkey_policy: 1\nflavor: [\n")]);
    expect(broken.code).toBe(78);
    expect(broken.stderr).toMatch(/broken\.yaml:\d+: /);
  });
});

const GOOD_WITH_OWN = JSON.stringify({
  latchkey_policy: 1,
  flavor: "cloud",
  endpoints: [{ path: "/rest/api/3/issue/{issueIdOrKey}", answer: ["key", "fields.customfield_10105"] }],
});

describe("latchkey policy report", () => {
  it("lists every field that leaves, with what is done and the line of its rule", async () => {
    const { code, stdout, stderr } = await run(["policy", "report", "analyst-cloud"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^GET \/rest\/api\/3\/search\/jql$/m);
    const source = readFileSync(join(examples, "analyst-cloud.yaml"), "utf8").split("\n");
    const line = Number(/issues\.fields\.summary\tdigest\tfree text\tline (\d+)/.exec(stdout)?.[1]);
    expect(source[line - 1]).toContain("issues.fields.summary");
    expect(stdout).not.toMatch(/displayName|emailAddress/);
    expect(stderr).toMatch(/\d+ fields leave/);
  });

  it("in JSON too, and with 1 for a policy that has mistakes", async () => {
    const { fields } = JSON.parse((await run(["--json", "policy", "report", GOOD])).stdout);
    expect(fields).toContainEqual(
      expect.objectContaining({
        path: "fields.reporter.name",
        treatment: "pseudonymize",
        names_people: false,
      }),
    );
    expect((await run(["policy", "report", BAD])).code).toBe(1);
  });
});

describe("rules in Psoxy's form", () => {
  const rules = written(
    "rules.yaml",
    `endpoints:
  - pathTemplate: /ex/jira/{cloudId}/rest/api/3/search/jql
    transforms:
      - !<redact>
        jsonPaths: ["$..displayName"]
`,
  );

  it("are held to that form, and the report says what they leak", async () => {
    expect((await run(["policy", "check", rules])).code).toBe(0);
    const { code, stdout } = await run(["policy", "report", rules]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/issues\[\]\.fields\.assignee\.emailAddress\tan e-mail address/);
    expect(stdout).not.toMatch(/assignee\.displayName/);
  });

  it("are refused where they cannot be read, and have no preview", async () => {
    const wrong = written("wrong-rules.yaml", "endpoints:\n  - pathTemplate: 7\n    wrong: 1\n");
    expect((await run(["policy", "check", wrong])).code).toBe(1);
    expect((await run(["policy", "preview", rules, "/rest/api/3/myself"])).code).toBe(2);
  });
});

describe("latchkey policy preview", () => {
  const args = ["policy", "preview", GOOD, "--input", issue, "--operation", "GET:/rest/api/2/issue/{}"];
  const recorded = JSON.parse(readFileSync(issue, "utf8"));

  it("shows what leaves of a recorded answer as a difference where there is no terminal", async () => {
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(0);
    const lines = stdout.split("\n");
    expect(lines).toContain(`    "key": "${recorded.key}",`);
    expect(lines.some((line) => /^- .*"summary": "/.test(line))).toBe(true);
    expect(lines.some((line) => /^\+ .*"words": \d/.test(line))).toBe(true);
    const leaving = lines.filter((line) => !line.startsWith("-")).join("\n");
    expect(leaving).not.toContain(recorded.fields.reporter.displayName);
    expect(leaving).toMatch(/^\+ +"name": "lkp_userName_preview_/m);
    expect(stdout).not.toContain("\u001b");
    expect(stderr).toMatch(/left out/);
  });

  it("stands side by side on a terminal, no line wider than it, with signs beside the colours", async () => {
    const { stdout } = await run(args, { columns: 120 });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    const plain = stdout.replaceAll(/\u001b\[\d+m/g, "");
    expect(plain).toMatch(/^As Jira answered +│ As it leaves$/m);
    expect(plain).toMatch(/✕$/m);
    expect(plain).toMatch(/ ~ +"name": "lkp_/m);
    expect(Math.max(...plain.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(stdout).toContain("\u001b[");
  });

  it("gives both sides in JSON", async () => {
    const shown = JSON.parse((await run(["--json", ...args])).stdout);
    expect(shown).toMatchObject({
      operation: "GET /rest/api/2/issue/{issueIdOrKey}",
      outgoing: { key: recorded.key },
    });
    expect(shown.original).toEqual(recorded);
    expect(Object.keys(shown.outgoing.fields).sort()).toEqual(["reporter", "status", "summary"]);
  });

  it.each([
    [["policy", "preview", GOOD]],
    [["policy", "preview", GOOD, "/rest/api/2/issue/X-1", "--input", issue]],
    [["policy", "preview", GOOD, "--input", issue]],
    [["policy", "preview", GOOD, "--input", issue, "--operation", "GET:/rest/api/2/nothing"]],
  ])("%j is not well formed", async (wrong) => {
    const { code, stderr } = await run(wrong);
    expect(code).toBe(2);
    expect(stderr).toMatch(/what to preview|names no operation/);
  });
});

describe("latchkey policy keys", () => {
  it("lists them newest first; a new one makes the tokens, and the others are still understood", async () => {
    const ids = async (...more: string[]) =>
      (JSON.parse((await run(["--json", "policy", "keys", ...more])).stdout) as { id: string }[]).map(
        ({ id }) => id,
      );
    const [first, ...none] = await ids();
    expect(none).toEqual([]);
    const [second, ...rest] = await ids("--renew");
    expect(second).not.toBe(first);
    expect(rest).toEqual([first]);
    expect((await run(["policy", "keys"])).stdout).toBe(
      `${second}\tmakes tokens\n${first}\treads earlier ones\n`,
    );
  });
});
