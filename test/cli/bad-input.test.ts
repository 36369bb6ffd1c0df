import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startSandbox } from "../../src/sandbox/index.ts";
import { terminal } from "./terminal.ts";

async function listening(answer = "a teapot"): Promise<{ port: number; close: () => void }> {
  const server = createServer((_request, response) => response.end(answer));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

describe("bad input at the command line ends with a code and a remedy", () => {
  it("an unreachable host is code 4", async () => {
    const { port, close } = await listening();
    close();
    const ended = await terminal().run(["connect", `http://127.0.0.1:${port}/jira`]);
    expect(ended.code).toBe(4);
    expect(ended.stderr).toMatch(/connection_refused[\s\S]*Next: /);
  });

  it("a server that is not a Jira is said to be one", async () => {
    const { port, close } = await listening();
    const ended = await terminal().run(["connect", `http://127.0.0.1:${port}`]);
    close();
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("not_a_jira");
  });

  it("OAuth 1.0a asked for on atlassian.net is explained, with what replaces it", async () => {
    const shell = terminal();
    await shell.run(["keys", "generate"]);
    const asked = "registrations add old --site https://acme.atlassian.net --consumer-key k".split(" ");
    const command = [...asked, "--private-key-file", join(shell.home, "jira_privatekey.pem")];
    const explained = await shell.run(command);
    expect(explained.code).toBe(2);
    expect(explained.stderr).toMatch(/oauth1_on_cloud[\s\S]*OAuth 2\.0[\s\S]*--flavor datacenter-oauth1/);
    const walk = await shell.run(["request-token", "acme.atlassian.net"]);
    expect(walk.stderr).toContain("oauth1_on_cloud");
    const forced = await shell.run([...command, "--flavor", "datacenter-oauth1"]);
    expect(forced).toMatchObject({ code: 0, stdout: "old\n" });
  });

  it("a flavor that does not exist is answered with those that do", async () => {
    const ended = await terminal().run(["connect", "acme.atlassian.net", "--flavor", "datacenter-oauth9"]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain("cloud, datacenter-oauth2, datacenter-oauth1");
  });

  it("a method without a path is no path", async () => {
    const ended = await terminal().run(["request", "DELETE"]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain("DELETE needs a path");
  });

  it("a Jira nobody registered names the command that registers it", async () => {
    const jira = await startSandbox();
    const ended = await terminal().run(["connect", jira.dataCenterUrl]);
    await jira.stop();
    expect(ended.code).toBe(78);
    expect(ended.stderr).toContain(`latchkey registrations add --site ${jira.dataCenterUrl}`);
  });

  it("a private key of the wrong kind is named for what it is, with the command that converts it", async () => {
    const shell = terminal();
    await shell.run(["keys", "generate"]);
    for (const [file, named] of [
      ["jira_publickey.pem", "public key"],
      ["jira_publickey.cer", "certificate"],
    ] as const) {
      const ended = await shell.run([
        "registrations",
        "add",
        "x",
        "--site",
        "https://jira.example.com",
        "--consumer-key",
        "k",
        "--private-key-file",
        join(shell.home, file),
      ]);
      expect(ended.code).toBe(78);
      expect(ended.stderr).toContain("private_key_invalid");
      expect(ended.stderr).toContain(named);
    }
    expect((await shell.run(["registrations", "list"])).stdout).toBe("");
  });

  it("an unreadable key file is named", async () => {
    const shell = terminal();
    const ended = await shell.run([
      "registrations",
      "add",
      "x",
      "--site",
      "https://jira.example.com",
      "--consumer-key",
      "k",
      "--private-key-file",
      "/nowhere/key.pem",
    ]);
    expect(ended.code).toBe(78);
    expect(ended.stderr).toContain("/nowhere/key.pem");
  });

  it("a secret on the command line is not possible, and without a terminal a file is asked for", async () => {
    const shell = terminal();
    const flag = await shell.run(["registrations", "add", "x", "--client-id", "a", "--client-secret", "b"]);
    expect(flag.code).toBe(2);
    const none = await shell.run(["registrations", "add", "x", "--client-id", "a"]);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain("--client-secret-file");
  });

  it("an unwritable home is a configuration mistake", async () => {
    const ended = await terminal().run(["connections", "list"], { env: { LATCHKEY_HOME: "/proc/latchkey" } });
    expect(ended.code).toBe(78);
    expect(ended.stderr).toContain("home_unwritable");
  });

  it("a home that is a file is a configuration mistake", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "latchkey-home-")), "file");
    writeFileSync(file, "");
    const ended = await terminal().run(["connections", "list"], { env: { LATCHKEY_HOME: file } });
    expect(ended.code).toBe(78);
  });

  it("a broken configuration lists every mistake at once", async () => {
    const shell = terminal();
    mkdirSync(join(shell.home, "state"));
    writeFileSync(join(shell.home, "state/config.toml"), 'port = "x"\nhots = "y"\n');
    const ended = await shell.run(["config"], { env: { LATCHKEY_PUBLIC_URL: "nonsense" } });
    expect(ended.code).toBe(78);
    expect(ended.stderr).toMatch(/3 mistakes[\s\S]*port[\s\S]*/);
    expect(ended.stderr).toContain("hots");
    expect(ended.stderr).toContain("LATCHKEY_PUBLIC_URL");
  });

  it("a lost key is a refusal to start, and nothing is overwritten", async () => {
    const shell = terminal();
    await shell.run(["registrations", "list"]);
    const { rmSync, existsSync } = await import("node:fs");
    rmSync(join(shell.home, "state/key"));
    const ended = await shell.run(["connections", "list"]);
    expect(ended.code).toBe(78);
    expect(ended.stderr).toContain("key_missing");
    expect(existsSync(join(shell.home, "state/key"))).toBe(false);
  });

  it("a wrong key is a refusal to start", async () => {
    const shell = terminal();
    await shell.run(["registrations", "list"]);
    const other = await shell.run(["keys", "vault"]);
    const ended = await shell.run(["connections", "list"], { env: { LATCHKEY_KEY: other.stdout.trim() } });
    expect(ended.code).toBe(78);
    expect(ended.stderr).toContain("key_wrong");
    expect(ended.stderr).not.toContain(other.stdout.trim());
  });

  it("a key in the home that others may read is still taken, but a garbled one is refused", async () => {
    const shell = terminal();
    await shell.run(["registrations", "list"]);
    const path = join(shell.home, "state/key");
    chmodSync(path, 0o600);
    writeFileSync(path, "not a key");
    expect(await shell.run(["connections", "list"])).toMatchObject({ code: 78 });
  });

  it("a port in use is said, by the gateway and by the sandbox", async () => {
    const { port, close } = await listening();
    const gateway = await terminal().run(["serve", "--port", String(port)]);
    expect(gateway.code).toBe(78);
    expect(gateway.stderr).toContain("port_in_use");
    const sandbox = await terminal().run(["sandbox", "--port", String(port)]);
    expect(sandbox.code).toBe(78);
    expect(sandbox.stderr).toContain(String(port));
    close();
  });

  it("a public address without a sign-in method is refused", async () => {
    const ended = await terminal().run(["serve", "--port", "0", "--host", "0.0.0.0"]);
    expect(ended.code).toBe(78);
    expect(ended.stderr).toContain("public_bind_refused");
  });

  it("an unknown command, a missing argument and an unknown flag are usage", async () => {
    for (const args of [
      ["conect"],
      ["connect"],
      ["issue", "JJ-2", "--no-such"],
      ["secrets", "export"],
      ["handles", "create"],
    ]) {
      expect([args, (await terminal().run(args)).code]).toEqual([args, 2]);
    }
  });

  it("an old Node gets one sentence", async () => {
    const { spawnSync } = await import("node:child_process");
    const bin = new URL("../../src/bin.ts", import.meta.url).href;
    const old = `Object.defineProperty(process.versions, "node", { value: "20.19.0" }); await import(${JSON.stringify(bin)});`;
    const ended = spawnSync(process.execPath, ["--input-type=module", "-e", old], { encoding: "utf8" });
    expect(ended.status).toBe(78);
    expect(ended.stderr).toMatch(/^Latchkey needs Node\.js 24 or newer; /);
    expect(ended.stderr.trim().split("\n")).toHaveLength(1);
  });

  it("machines get the failure as JSON on stdout", async () => {
    const ended = await terminal().run(["whoami", "--json"]);
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: "not_found", retry: "never" } });
    expect(ended.stderr).toBe("");
    const usage = await terminal().run(["connect", "--json"]);
    expect(usage.code).toBe(2);
    expect(JSON.parse(usage.stdout)).toMatchObject({ error: { code: "usage", exit: 2 } });
  });

  it("a secret typed behind a flag that does not exist is not repeated", async () => {
    for (const more of [[], ["--json"]]) {
      const ended = await terminal().run(["registrations", "add", "--client-secret=hunter2hunter2", ...more]);
      expect(ended.code).toBe(2);
      expect(ended.stdout + ended.stderr).toContain("--client-secret=…");
      expect(ended.stdout + ended.stderr).not.toContain("hunter2");
    }
  });
});
