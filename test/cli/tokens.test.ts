import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { terminal } from "./terminal.ts";

let jira: RunningSandbox;
beforeAll(async () => {
  jira = await startSandbox({ port: 0 });
});
afterAll(() => jira.stop());

const where = () => [
  ...["--auth-url", jira.cloudUrl, "--api-url", jira.cloudUrl],
  ...["--cloud-sites", `${jira.cloudUrl}/sites/{name}`],
];

it("a person connects with a token from stdin or a file, sees what it is, and hands it over", async () => {
  const shell = terminal();
  const made = jira.control.makeToken({ face: "datacenter", user: "alana", days: 20 });
  const connect = ["connect", jira.dataCenterUrl];
  const day = new Date(made.expires_ms!).toISOString().slice(0, 10);
  const connected = await shell.run([...connect, "--token", "--expires", day], { stdin: `${made.token}\n` });
  expect(connected).toMatchObject({ code: 0, stdout: expect.stringMatching(/^con_/) });
  expect(connected.stderr).toContain("as Alana Example");
  expect((await shell.run(["issue", "JJ-2"])).stdout).toContain("JJ-2");
  const shown = await shell.run(["connections", "show"]);
  expect(shown.stdout).toContain("a personal access token");
  expect(shown.stdout).toContain(`ends ${day}`);
  expect((await shell.run(["connections", "refresh"])).stdout).toContain("is not refreshed");
  jira.control.revokeToken(made.token);
  expect((await shell.run(["whoami"])).code).toBe(3);
  const id = connected.stdout.trim();
  const file = join(shell.home, "token.txt");
  writeFileSync(file, "sandbox-pat-william\n");
  const again = [...connect, "--token-file", file, "--reconnect", id];
  expect(await shell.run(again)).toMatchObject({ code: 1, stderr: expect.stringContaining("another") });
  expect(await shell.run([...again, "--yes"])).toMatchObject({ code: 0, stdout: `${id}\n` });
  const handed = await shell.run(["secrets", "export", "--to", "env", "--yes"]);
  expect(handed.stdout).toContain("export JIRA_TOKEN='sandbox-pat-william'");
  expect(connected.stdout + connected.stderr + shown.stdout).not.toContain(made.token);
}, 60_000);

it("an API token wants its e-mail address, and a service account its registration", async () => {
  const shell = terminal();
  const site = `${jira.cloudUrl}/sites/acme`;
  const account = await shell.run(
    ["registrations", "add", "robot", "--service-account", "--client-id", "sandbox-service-account"].concat(
      ["--client-secret-file", "-"],
      where(),
    ),
    { stdin: "sandbox-service-secret" },
  );
  expect(account).toMatchObject({ code: 0, stdout: "robot\n" });
  const checked = await shell.run(["registrations", "check", "robot"]);
  expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining("read:jira-work") });
  const robot = await shell.run(["connect", site, "--service-account", "--json"]);
  const { connection } = JSON.parse(robot.stdout);
  expect(connection).toMatchObject({ kind: "service-account", site: { url: site } });
  expect((await shell.run(["connections", "refresh", connection.id])).stdout).toContain("Refreshed.");
  // A dance is not offered for it.
  expect((await shell.run(["connect", site, "--no-browser"])).stderr).toContain("not registered");
  const bare = await shell.run(["connect", site, "--token"], { stdin: "sandbox-api-token-alana" });
  expect(bare).toMatchObject({ code: 2, stderr: expect.stringContaining("e-mail address") });
  const email = ["--email", "alana@example.com"];
  const mixed = await shell.run(["connect", site, "--token", ...email], { stdin: "alana@example.com" });
  expect(mixed.code).toBe(2);
  expect(mixed.stderr).toContain("This is an e-mail address");
  const good = await shell.run(["connect", site, "--token", ...email], { stdin: "sandbox-api-token-alana" });
  expect(good.code).toBe(0);
  const whoami = await shell.run(["whoami", "-c", good.stdout.trim()]);
  expect(whoami.stdout).toContain("Alana Example");
}, 60_000);
