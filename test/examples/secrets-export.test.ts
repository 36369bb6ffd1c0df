/** What `latchkey secrets export` prints is read back by the readers it is meant for, or by their published rules. */
import { execFile, execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv, promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { type Terminal, terminal } from "../cli/terminal.ts";
import { createBrowser } from "../connect/browser.ts";
import { root } from "./program.ts";

/** Everything a shell, a template or a quoted string could trip over. */
const NASTY = `Key $HOME \${HOME} %{if} "double" #not-a-comment \`id\` \\n end`;
const NASTIER = `${NASTY} it's`;

let sandbox: RunningSandbox;
const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
const private_key = keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const public_key = keys.publicKey.export({ type: "spki", format: "pem" }).toString();

beforeAll(async () => {
  sandbox = await startSandbox({ consumers: ["OauthKey", NASTIER].map((key) => ({ key, public_key })) });
});
afterAll(() => sandbox.stop());

/** A terminal with one connection by OAuth 1.0a, whose private key has many lines and whose consumer key is given. */
async function connected(consumer_key: string): Promise<Terminal> {
  const shell = terminal();
  const key_file = join(shell.home, "key.pem");
  writeFileSync(key_file, private_key, { mode: 0o600 });
  const add = ["registrations", "add", "dc", "--site", sandbox.dataCenterUrl, "--consumer-key", consumer_key];
  expect((await shell.run([...add, "--private-key-file", key_file])).code).toBe(0);
  const token = await shell.run(["request-token"]);
  const browser = createBrowser();
  const login = await browser.open(/go to (\S+)/.exec(token.stdout)![1]!);
  const consent = await browser.submit(login, { fields: { username: "alana", password: "alana" } });
  const approved = await browser.submit(consent, { button: "approve" });
  const done = await shell.run(["access-token", /code is '(\w{6})'/.exec(approved.text)![1]!]);
  expect(done.code).toBe(0);
  return shell;
}

async function exported(shell: Terminal, format: string, ...more: string[]): Promise<string> {
  const ended = await shell.run(["secrets", "export", "--to", format, "--yes", ...more]);
  expect(ended.code, ended.stderr).toBe(0);
  return ended.stdout;
}

/** A literal of HCL between double quotes, by its grammar: escapes, and doubled template marks. */
function hclLiteral(text: string): string {
  const escapes: Record<string, string> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };
  const inner = /^"((?:[^"\\\n]|\\.)*)"$/.exec(text)?.[1];
  if (inner === undefined) throw new Error(`not a quoted literal: ${text.slice(0, 20)}`);
  if (/(?<!\$)\$\{|(?<!%)%\{/.test(inner)) throw new Error("a template where a literal is meant");
  return inner
    .replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, hex: string | undefined, one: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      const meant = escapes[one];
      if (meant === undefined) throw new Error(`HCL knows no \\${one}`);
      return meant;
    })
    .replaceAll("$${", "${")
    .replaceAll("%%{", "%{");
}

/** The rules of the npm package `dotenv`: one regular expression, and `\n` only between double quotes. */
function dotenvOf(text: string): Record<string, string> {
  const line = /^\s*(?:export\s+)?([\w.-]+)\s*=\s*('(?:\\'|[^'])*'|"(?:\\"|[^"])*"|[^#\r\n]*)\s*(?:#.*)?$/gm;
  return Object.fromEntries(
    [...text.matchAll(line)].map(([, name = "", raw = ""]) => {
      const value = raw.trim().replace(/^(['"])([\s\S]*)\1$/, "$2");
      return [name, raw.startsWith('"') ? value.replaceAll("\\n", "\n").replaceAll("\\r", "\r") : value];
    }),
  );
}

function shellRead(text: string, names: readonly string[]): Record<string, string> {
  const script = `eval "$1"; for name in ${names.join(" ")}; do eval "printf '%s\\0' \\"\\$$name\\""; done`;
  const out = execFileSync("/bin/sh", ["-eu", "-c", script, "sh", text], {
    env: { HOME: "/nowhere" },
  }).toString();
  return Object.fromEntries(names.map((name, index) => [name, out.split("\0")[index] ?? ""]));
}

const NAMES = ["SITE_URL", "CONSUMER_KEY", "PRIVATE_KEY", "OAUTH_TOKEN", "OAUTH_TOKEN_SECRET"];
type Values = Record<string, string>;
const lines = (text: string) => text.trimEnd().split("\n");

const READERS: readonly [format: string, reader: string, read: (text: string) => Values][] = [
  [
    "env",
    "a shell's eval",
    (text) =>
      shellRead(
        text,
        NAMES.map((name) => `JIRA_${name}`),
      ),
  ],
  [
    "aws-ssm",
    "JSON, one put-parameter a line",
    (text) =>
      Object.fromEntries(
        lines(text).map((line) => {
          const { Name, Value, Type } = JSON.parse(line) as Values;
          expect(Type).toBe("SecureString");
          return [Name, Value] as [string, string];
        }),
      ),
  ],
  [
    "gcp",
    "JSON, one addVersion a line",
    (text) =>
      Object.fromEntries(
        lines(text).map((line) => {
          const { secretId, payload } = JSON.parse(line) as { secretId: string; payload: { data: string } };
          return [secretId, Buffer.from(payload.data, "base64").toString()];
        }),
      ),
  ],
  [
    "tfvars",
    "HCL's quoting",
    (text) =>
      Object.fromEntries(
        lines(text).map((line) => {
          const [, name = "", literal = ""] = /^([a-z_]+) = (.*)$/.exec(line)!;
          return [name.toUpperCase(), hclLiteral(literal)];
        }),
      ),
  ],
];

function expectAll(values: Values, consumer_key: string): void {
  expect(Object.keys(values).sort()).toEqual(NAMES.map((name) => `JIRA_${name}`).sort());
  expect(values.JIRA_CONSUMER_KEY).toBe(consumer_key);
  expect(values.JIRA_PRIVATE_KEY?.trim()).toBe(private_key.trim());
  expect(values.JIRA_SITE_URL).toBe(sandbox.dataCenterUrl);
  expect(values.JIRA_OAUTH_TOKEN).toMatch(/^[A-Za-z0-9]{32}$/);
}

describe("latchkey secrets export", { timeout: 90_000 }, () => {
  describe("with values that hold every kind of quote", () => {
    let shell: Terminal;
    beforeAll(async () => {
      shell = await connected(NASTIER);
    }, 90_000);
    afterAll(() => rmSync(shell.home, { recursive: true, force: true }));

    test("what dotenv files cannot say the same to every reader is refused, and nothing is handed over", async () => {
      const refused = await shell.run(["secrets", "export", "--to", "dotenv", "--yes"]);
      expect(refused).toMatchObject({ code: 2, stdout: "" });
      expect(refused.stderr).toContain("CONSUMER_KEY");
      const [connection] = JSON.parse(
        (await shell.run(["connections", "list", "--json"])).stdout,
      ) as Values[];
      expect(connection?.state).toBe("active");
    });

    test.each([
      ["env", "x; id #"],
      ["dotenv", "A B_"],
      ["tfvars", '1"'],
      ["aws-ssm", "a b"],
      ["gcp", "a/b"],
    ])("%s refuses the prefix %j, and nothing is handed over", async (format, prefix) => {
      const refused = await shell.run(["secrets", "export", "--to", format, "--yes", "--prefix", prefix]);
      expect(refused).toMatchObject({ code: 2, stdout: "" });
    });

    test.each(READERS)("%s is read back unchanged by %s", async (format, _reader, read) => {
      expectAll(read(await exported(shell, format)), NASTIER);
    });
  });

  describe("as a dotenv file", () => {
    let shell: Terminal;
    let text = "";
    beforeAll(async () => {
      shell = await connected("OauthKey");
      text = await exported(shell, "dotenv");
    }, 90_000);
    afterAll(() => rmSync(shell.home, { recursive: true, force: true }));

    test("is read back unchanged by Node's --env-file and by the rules of npm dotenv", () => {
      expectAll(parseEnv(text) as Values, "OauthKey");
      expectAll(dotenvOf(text), "OauthKey");
    });

    test("the connection is then refused with connection_exported, by every command that would use it", async () => {
      for (const args of [
        ["issue", "JJ-2"],
        ["whoami"],
        ["connections", "test"],
        ["connections", "refresh"],
      ]) {
        const ended = await shell.run([...args, "--json"]);
        expect(ended.code, args.join(" ")).toBe(3);
        expect(ended.stderr + ended.stdout).toContain("connection_exported");
      }
      const listed = await shell.run(["connections", "list"]);
      expect(listed.stdout).toContain("exported");
    });

    test("what was handed over works elsewhere", async () => {
      const values = dotenvOf(text);
      const script = `
        const { OAuth } = require("oauth");
        const e = process.env;
        const client = new OAuth("", "", e.JIRA_CONSUMER_KEY, e.JIRA_PRIVATE_KEY, "1.0", null, "RSA-SHA1");
        client.get(e.JIRA_SITE_URL + "/rest/api/2/myself", e.JIRA_OAUTH_TOKEN, e.JIRA_OAUTH_TOKEN_SECRET,
          (error, body) => console.log(error ? JSON.stringify(error) : JSON.parse(body).name));`;
      expect(values.JIRA_PRIVATE_KEY).toContain("\n");
      const ran = await promisify(execFile)(process.execPath, ["-e", script], { cwd: root, env: values });
      expect(ran.stdout.trim()).toBe("alana");
    });
  });
});
