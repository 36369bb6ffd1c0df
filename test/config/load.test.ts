import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { databaseUrl, loadConfig, requireSignInForPublicBind } from "../../src/config/index.ts";
import { isLatchkeyError } from "../../src/errors.ts";
import { scrub } from "../../src/secret.ts";

function home(files: Record<string, string> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), "latchkey-config-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

function problemsOf(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    if (isLatchkeyError(error) && error.code === "config_invalid") return error.details.problems as string[];
    throw error;
  }
  throw new Error("the configuration was accepted");
}

describe("configuration", () => {
  it("prefers flags to the environment, the environment to the file, the file to defaults", () => {
    const LATCHKEY_HOME = home({
      "config.toml": 'port = 1\napplication = "From the file"\nlog_level = "warn"\n',
    });
    const config = loadConfig({
      env: { LATCHKEY_HOME, LATCHKEY_PORT: "2", LATCHKEY_LOG_LEVEL: "error" },
      flags: { port: "3" },
    });
    expect(config.port).toBe(3);
    expect(config.log_level).toBe("error");
    expect(config.application).toBe("From the file");
    expect(config.host).toBe("127.0.0.1");
    expect(config.sources).toMatchObject({
      port: "flag",
      log_level: "environment",
      application: "file",
      host: "default",
    });
  });

  it("lists every problem at once, each under the name it was given", () => {
    const LATCHKEY_HOME = home({ "config.json": '{"prot": 8080, "application": 7, "log_level": "loud"}' });
    const problems = problemsOf(() =>
      loadConfig({
        env: { LATCHKEY_HOME, LATCHKEY_PORT: "eighty", LATCHKEY_PUBLIC_URL: "ftp://x", LATCHKEY_PROT: "1" },
      }),
    );
    expect(problems.join("\n")).toMatch(/prot in .*config\.json is not an option; port is/);
    expect(problems.join("\n")).toMatch(/application in .*config\.json must be text/);
    expect(problems.join("\n")).toMatch(/log_level .* must be one of debug, info, warn, error, not "loud"/);
    expect(problems.join("\n")).toMatch(/LATCHKEY_PORT must be a port from 0 to 65535, not "eighty"/);
    expect(problems.join("\n")).toMatch(/LATCHKEY_PUBLIC_URL must begin with http/);
    expect(problems.join("\n")).toMatch(/LATCHKEY_PROT is not an option; LATCHKEY_PORT is/);
    expect(problems).toHaveLength(6);
  });

  it("names the file and the line of a syntax error", () => {
    const LATCHKEY_HOME = home({ "config.toml": "port = = 3" });
    expect(problemsOf(() => loadConfig({ env: { LATCHKEY_HOME } }))[0]).toContain(
      join(LATCHKEY_HOME, "config.toml"),
    );
  });

  it("refuses two configuration files instead of choosing one", () => {
    const LATCHKEY_HOME = home({ "config.toml": "", "config.json": "{}" });
    expect(problemsOf(() => loadConfig({ env: { LATCHKEY_HOME } }))[0]).toContain("both exist");
  });

  it("takes a secret from the variable, a file or a command, never from two of them", () => {
    const LATCHKEY_HOME = home({ key: "lkkey1_fromfile\n" });
    const LATCHKEY_KEY_FILE = join(LATCHKEY_HOME, "key");
    expect(loadConfig({ env: { LATCHKEY_HOME, LATCHKEY_KEY_FILE } }).key?.reveal()).toBe("lkkey1_fromfile");
    const byCommand = loadConfig({ env: { LATCHKEY_HOME, LATCHKEY_KEY_COMMAND: "echo lkkey1_command" } });
    expect(byCommand.key?.reveal()).toBe("lkkey1_command");
    expect(
      problemsOf(() => loadConfig({ env: { LATCHKEY_HOME, LATCHKEY_KEY: "a", LATCHKEY_KEY_FILE } }))[0],
    ).toContain("both set");
    expect(
      problemsOf(() => loadConfig({ env: { LATCHKEY_HOME, LATCHKEY_KEY_COMMAND: "exit 3" } }))[0],
    ).toContain("status 3");
    expect(
      problemsOf(() => loadConfig({ env: { LATCHKEY_HOME, LATCHKEY_KEY_FILE: "/nowhere/key" } }))[0],
    ).toContain("/nowhere/key");
  });

  it("keeps the password of the database apart from its address", () => {
    const password = "canary%2Fof-the-database";
    const url = `postgres://latchkey:${password}@db.example:5432/latchkey?sslmode=require`;
    const config = loadConfig({ env: { LATCHKEY_HOME: home(), LATCHKEY_DATABASE_URL: url } });
    expect(config.database_url).toBe("postgres://latchkey:****@db.example:5432/latchkey?sslmode=require");
    expect(databaseUrl(config)).toBe(url);
    expect(JSON.stringify(config) + inspect(config, { depth: 9 })).not.toContain("canary");
    expect(scrub(`refused: canary/of-the-database and ${url}`)).not.toContain("canary");
    const unreadable = loadConfig({
      env: { LATCHKEY_HOME: home(), LATCHKEY_DATABASE_URL: "postgres://u:canary@a:1,b:2/x" },
    });
    expect(JSON.stringify(unreadable)).not.toContain("canary");
    expect(databaseUrl(unreadable)).toBe("postgres://u:canary@a:1,b:2/x");
  });

  it("takes the database's address from a file too, and names what no address is without repeating it", () => {
    const LATCHKEY_HOME = home({ address: "postgres://u:canary-secret@db/latchkey\n" });
    const LATCHKEY_DATABASE_URL_FILE = join(LATCHKEY_HOME, "address");
    const config = loadConfig({ env: { LATCHKEY_HOME, LATCHKEY_DATABASE_URL_FILE } });
    expect(databaseUrl(config)).toBe("postgres://u:canary-secret@db/latchkey");
    expect(
      problemsOf(() =>
        loadConfig({ env: { LATCHKEY_HOME, LATCHKEY_DATABASE_URL: "mysql://u:canary-secret@db/x" } }),
      ),
    ).toEqual(["LATCHKEY_DATABASE_URL must begin with sqlite: or postgres://"]);
    const embedded = loadConfig({ env: { LATCHKEY_HOME } });
    expect(databaseUrl(embedded)).toBe(`sqlite:${join(LATCHKEY_HOME, "latchkey.db")}`);
  });

  it("keeps a secret unprintable inside the configuration", () => {
    const config = loadConfig({ env: { LATCHKEY_HOME: home(), LATCHKEY_KEY: "lkkey1_canary_value" } });
    expect(JSON.stringify(config)).not.toContain("lkkey1_canary_value");
  });

  it("refuses to listen beyond this machine without a sign-in method", () => {
    const env = { LATCHKEY_HOME: home(), LATCHKEY_HOST: "0.0.0.0" };
    expect(() => requireSignInForPublicBind(loadConfig({ env }))).toThrow(
      expect.objectContaining({ code: "public_bind_refused" }),
    );
    const behindProxy = {
      ...env,
      LATCHKEY_OWNER_HEADER: "X-Forwarded-User",
      LATCHKEY_TRUSTED_PROXIES: "127.0.0.1",
    };
    expect(() => requireSignInForPublicBind(loadConfig({ env: behindProxy }))).not.toThrow();
    for (const host of ["localhost", "127.0.0.1", "::1"]) {
      expect(() =>
        requireSignInForPublicBind(loadConfig({ env: { ...env, LATCHKEY_HOST: host } })),
      ).not.toThrow();
    }
  });

  it("refuses a sign-in header that nobody is trusted to set", () => {
    const env = { LATCHKEY_HOME: home(), LATCHKEY_OWNER_HEADER: "X-Forwarded-User" };
    expect(problemsOf(() => loadConfig({ env }))[0]).toContain("trusted_proxies");
  });
});
