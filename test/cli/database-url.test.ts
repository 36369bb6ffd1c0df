import { describe, expect, it } from "vitest";
import { terminal } from "./terminal.ts";

const address = "postgres://latchkey:canary-password@127.0.0.1:1/latchkey";

describe("the password of the database, at the command line", () => {
  it("is shown by no `latchkey config`", async () => {
    const env = { LATCHKEY_DATABASE_URL: address };
    for (const args of [["config"], ["config", "--json"]]) {
      const ended = await terminal().run(args, { env });
      expect(ended.code).toBe(0);
      expect(ended.stdout).toContain("postgres://latchkey:****@127.0.0.1:1/latchkey");
      expect(ended.stdout + ended.stderr).not.toContain("canary-password");
    }
  });

  it("is in no error of a server that is not there", async () => {
    const env = { LATCHKEY_DATABASE_URL: address, LATCHKEY_LOG_LEVEL: "debug" };
    const missing = await terminal().run(["connections", "list"], { env });
    expect(missing.code).toBe(78);
    expect(missing.stderr).toContain("key_missing");
    const key = (await terminal().run(["keys", "vault"])).stdout.trim();
    const ended = await terminal().run(["connections", "list"], { env: { ...env, LATCHKEY_KEY: key } });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("store_failed");
    expect(ended.stdout + ended.stderr).not.toContain("canary-password");
  });

  it("is refused in a flag, with the ways that are not read by everyone", async () => {
    const ended = await terminal().run(["serve", "--database-url", address]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain("LATCHKEY_DATABASE_URL_FILE");
    expect(ended.stderr).not.toContain("canary-password");
  });
});
