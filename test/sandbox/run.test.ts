import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { switches } from "../../src/sandbox/options.ts";
import { sandboxMain } from "../../src/sandbox/run.ts";

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "latchkey-run-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

type Outcome = { readonly code: number; readonly out: string; readonly err: string };

/** Runs the program; `meanwhile` is called once it has printed where it listens, then it is stopped. */
async function run(argv: readonly string[], meanwhile?: (out: string) => Promise<void>): Promise<Outcome> {
  const stopping = new AbortController();
  let out = "";
  let err = "";
  let failure: unknown;
  const stdout = {
    write: (text: string) => {
      out += text;
      if (!out.includes("http")) return;
      (meanwhile ?? (async () => {}))(out)
        .catch((error: unknown) => {
          failure = error;
        })
        .finally(() => stopping.abort());
    },
  };
  const stderr = {
    write: (text: string) => {
      err += text;
    },
  };
  const code = await sandboxMain(argv, { stdout, stderr, signal: stopping.signal });
  if (failure !== undefined) throw failure;
  return { code, out, err };
}

describe("the program", () => {
  test("says where it listens on stdout and what is known on stderr, and stops with 0", async () => {
    const { code, out, err } = await run(["--port", "0"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Cloud {8}http:\/\/localhost:\d+\nData Center {2}http:\/\/localhost:\d+\/jira\n$/);
    for (const known of ["alana", "sandbox-cloud-app", "sandbox-dc-app", "OauthKey", "/__sandbox/state"]) {
      expect(err).toContain(known);
    }
  });

  test("with --json prints one line of JSON", async () => {
    const { out } = await run(["--port", "0", "--json"], async (line) => {
      const { cloudUrl, dataCenterUrl } = JSON.parse(line) as Record<string, string>;
      expect((await fetch(`${cloudUrl}/__sandbox/state`)).status).toBe(200);
      expect((await fetch(`${dataCenterUrl}/rest/api/2/serverInfo`)).status).toBe(200);
    });
    expect(out.trimEnd().split("\n")).toHaveLength(1);
  });

  test("takes every flag", async () => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writeFileSync(join(home, "key.pem"), publicKey.export({ type: "spki", format: "pem" }));
    for (const n of [1, 2, 3]) {
      const issue = { id: `90000${n}`, key: `F${n}-1`, self: `http://h/rest/api/2/issue/90000${n}` };
      writeFileSync(join(home, `${n}.json`), JSON.stringify(issue));
    }
    const file = (name: string) => join(home, name);
    const argv = [
      "--port=0",
      "--auto-approve",
      "alana@acme,globex",
      "--load",
      file("1.json"),
      file("2.json"),
    ];
    argv.push("--seed", "5", "--load", file("3.json"), "--state", file("state.json"), "--json");
    argv.push("--consumer", `mine=${file("key.pem")}`, "--redirect-uri", "http://localhost:7/a");
    argv.push(
      "--redirect-uri",
      "http://localhost:7/b",
      "--issuer",
      "http://127.0.0.1:1/",
      "--switch",
      "reuse=same_pair",
    );
    argv.push("--dc-issuer", "http://127.0.0.1:2/jira", "--switch", "access_ttl_s=60");
    const { code, out } = await run(argv);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      cloudUrl: "http://127.0.0.1:1",
      dataCenterUrl: "http://127.0.0.1:2/jira",
    });
  });

  test("--help lists every flag and every switch", async () => {
    const { code, out } = await run(["--help"]);
    expect(code).toBe(0);
    for (const { name } of switches) expect(out).toContain(`  ${name}=`);
    for (const flag of [
      "port",
      "auto-approve",
      "load",
      "seed",
      "state",
      "consumer",
      "redirect-uri",
      "issuer",
      "dc-issuer",
      "switch",
      "json",
    ]) {
      expect(out).toContain(`--${flag}`);
    }
  });
});

describe("one clear sentence and an exit code", () => {
  test("2 for flags that cannot be understood", async () => {
    const wrong: Array<[string[], string]> = [
      [["--bogus"], "--bogus"],
      [["--port", "many"], '--port takes a whole number, not "many"'],
      [["--port", "70000"], "0 to 65534"],
      [["--seed", "1.5"], "--seed takes a whole number"],
      [["--switch", "pkce"], "NAME=VALUE"],
      [["--switch", "pkce=maybe"], "pkce takes verify or ignore or require"],
      [["--switch", "nothing=1"], 'no switch "nothing"'],
      [["--consumer", "key"], "KEY=PUBLIC_KEY_FILE"],
      [["--auto-approve", "nobody"], "alana"],
      [["--redirect-uri", "callback"], "callback"],
      [["--issuer", "localhost"], "issuer"],
      [["stray"], '"stray" is not a flag'],
      [["--json", "stray"], '"stray" is not a flag'],
    ];
    for (const [argv, words] of wrong) {
      const { code, out, err } = await run(["--port", "0", ...argv]);
      expect([code, out], argv.join(" ")).toEqual([2, ""]);
      expect(err).toContain(words);
      expect(err.trimEnd().split("\n"), err).toHaveLength(1);
    }
  });

  test("78 for a port or a file that cannot be used", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", () => resolve()));
    const { port } = taken.address() as AddressInfo;
    writeFileSync(join(home, "broken.json"), "{");
    const wrong: Array<[string[], string]> = [
      [["--port", String(port)], `Port ${port} is in use`],
      [["--load", join(home, "missing.json")], "there is no such file"],
      [["--consumer", `k=${join(home, "missing.pem")}`], "there is no such file"],
      [["--consumer", `k=${home}`], "it is a directory"],
      [["--state", join(home, "broken.json")], "left as it is"],
      [["--load", join(home, "broken.json")], "neither JSON nor JSON lines"],
    ];
    for (const [argv, words] of wrong) {
      const { code, out, err } = await run(["--port", "0", ...argv]);
      expect([code, out], argv.join(" ")).toEqual([78, ""]);
      expect(err).toContain(words);
      expect(err.trimEnd().split("\n"), err).toHaveLength(1);
    }
    await new Promise((resolve) => taken.close(resolve));
  });
});
