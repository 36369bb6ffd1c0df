import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startSandbox } from "../../src/sandbox/index.ts";
import { commandsIn } from "./commands.ts";
import { type Ended, freePort, runProgram } from "./program.ts";

const SCOPES =
  "offline_access read:group:jira read:avatar:jira read:user:jira read:account read:jira-user read:jira-work";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "latchkey-psoxy-"));
  commandsIn(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function setUp(more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const env = {
    LATCHKEY: join(folder, "latchkey"),
    PATH: `${folder}:${process.env.PATH}`,
    TMPDIR: folder,
    OUT: folder,
    CALLBACK_PORT: String(await freePort()),
    ...more,
  };
  return runProgram("examples/psoxy-setup.sh", { cwd: folder, env, args: ["--auto-approve"] });
}

/** The plain assignments that both files are made of. */
async function tfvars(name: string): Promise<Record<string, string>> {
  const path = join(folder, name);
  expect((await stat(path)).mode & 0o077).toBe(0);
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  return Object.fromEntries(lines.map((line) => /^(\w+) = "([^"\\]*)"$/.exec(line)!.slice(1, 3)));
}

async function refresh(values: Record<string, string>, endpoint: string): Promise<Response> {
  return fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      grant_type: "refresh_token",
      client_id: values.jira_client_id,
      client_secret: values.jira_client_secret,
      refresh_token: values.jira_refresh_token,
    }),
  });
}

describe("examples/psoxy-setup.sh", { timeout: 90_000 }, () => {
  test("by hand and by Latchkey: each gives the cloud id and a refresh token that works", async () => {
    const callback = `http://localhost:${await freePort()}/callback`;
    const sandbox = await startSandbox({
      autoApprove: "alana",
      redirectUris: ["http://localhost", callback],
    });
    try {
      // The sandbox of this test stands where the script would find Atlassian.
      const ended = await setUp({ SANDBOX: sandbox.cloudUrl, CALLBACK_PORT: new URL(callback).port });
      expect(ended.code, ended.stderr).toBe(0);
      expect(ended.stdout).toBe("");
      const hand = await tfvars("psoxy-by-hand.tfvars");
      const ours = await tfvars("psoxy-by-latchkey.tfvars");
      expect(hand.jira_refresh_token).not.toBe(ours.jira_refresh_token);
      const acme = sandbox.control.state().sites.find((site) => site.id === "acme");
      for (const values of [hand, ours]) {
        expect(values.jira_cloud_id).toBe(acme?.cloudId);
        expect(values.jira_token_endpoint).toBe(`${sandbox.cloudUrl}/oauth/token`);
        const answer = await refresh(values, values.jira_token_endpoint ?? "");
        expect(answer.status).toBe(200);
        const tokens = (await answer.json()) as { access_token: string; scope: string };
        expect(tokens.scope.split(" ").sort()).toEqual(SCOPES.split(" ").sort());
        const people = await fetch(
          `${sandbox.cloudUrl}/ex/jira/${values.jira_cloud_id}/rest/api/3/users/search`,
          {
            headers: { authorization: `Bearer ${tokens.access_token}` },
          },
        );
        expect(people.status).toBe(200);
      }
      expect(ended.stderr).not.toContain(hand.jira_refresh_token);
      expect(ended.stderr).not.toContain(ours.jira_refresh_token);
    } finally {
      await sandbox.stop();
    }
  });

  test("starts and stops a sandbox of its own where no client was named", async () => {
    const ended = await setUp();
    expect(ended.code, ended.stderr).toBe(0);
    const { jira_token_endpoint = "" } = await tfvars("psoxy-by-latchkey.tfvars");
    await expect
      .poll(() =>
        fetch(jira_token_endpoint).then(
          () => "up",
          () => "down",
        ),
      )
      .toBe("down");
  });
});
