import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createBrowser } from "../connect/browser.ts";
import { commandsIn } from "./commands.ts";
import { runProgram, startProgram } from "./program.ts";

/** What the sample client of the OAuth tutorials prints, column by column; only the values vary. */
const LINES = [
  /^Token: {12}([A-Za-z0-9]{32})$/,
  /^Token Secret: {3}[A-Za-z0-9]{32}$/,
  /^Retrieved request token\. go to (http:\/\/localhost:\d+\/jira)\/plugins\/servlet\/oauth\/authorize\?oauth_token=([A-Za-z0-9]{32}) to authorize it$/,
  /^Access Token: {9}[A-Za-z0-9]{32}$/,
];

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "latchkey-walk-"));
  commandsIn(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const env = () => ({
  LATCHKEY: join(folder, "latchkey"),
  PATH: `${folder}:${process.env.PATH}`,
  TMPDIR: folder,
});

/** Holds the output against the tutorial's lines, the issue last. */
function expectTheWalk(stdout: string): void {
  const [first = "", second = "", third = "", fourth = "", ...issue] = stdout.trimEnd().split("\n");
  const found = [first, second, third, fourth].map((line, index) => {
    expect(line).toMatch(LINES[index]!);
    return LINES[index]!.exec(line);
  });
  expect(found[2]?.[2]).toBe(found[0]?.[1]);
  expect(issue).toHaveLength(1);
  expect(JSON.parse(issue[0]!)).toMatchObject({
    key: "JJ-2",
    self: expect.stringContaining(`${found[2]?.[1]}/rest/api/`),
    fields: { summary: "Jira Junior logo is not pink enough", project: { name: "Jira Junior" } },
  });
}

describe("examples/cli-walk.sh", { timeout: 90_000 }, () => {
  test("prints the lines of the tutorial and reads JJ-2, with a sandbox that approves", async () => {
    const ended = await runProgram("examples/cli-walk.sh", {
      cwd: folder,
      env: env(),
      args: ["--auto-approve"],
    });
    expect(ended.code, ended.stderr).toBe(0);
    expectTheWalk(ended.stdout);
  });

  test("by hand: the person opens the address, presses Allow and types the code", async () => {
    const walk = startProgram("examples/cli-walk.sh", { cwd: folder, env: env(), open: true });
    await walk.says("type the verification code:", 30_000);
    const [, authorize_url = ""] = /go to (\S+) to authorize it/.exec(walk.output())!;
    const browser = createBrowser();
    const login = await browser.open(authorize_url);
    const consent = await browser.submit(login, { fields: { username: "alana", password: "alana" } });
    const approved = await browser.submit(consent, { button: "approve" });
    const [, code = ""] = /Your verification code is '([A-Za-z0-9]{6})'/.exec(approved.text)!;
    walk.write(`${code}\n`);
    const ended = await walk.ended;
    expect(ended.code, ended.stderr).toBe(0);
    expectTheWalk(ended.stdout);
  });

  test("ends with the sandbox it started, also when it fails", async () => {
    const walk = startProgram("examples/cli-walk.sh", { cwd: folder, env: env(), open: true });
    await walk.says("type the verification code:", 30_000);
    const [, base = ""] = /go to (http:\/\/localhost:\d+\/jira)/.exec(walk.output())!;
    walk.write("wrong1\n");
    const ended = await walk.ended;
    expect(ended.code).not.toBe(0);
    expect(ended.stdout).not.toContain("Access Token");
    await expect
      .poll(() =>
        fetch(base).then(
          () => "up",
          () => "down",
        ),
      )
      .toBe("down");
  });
});
