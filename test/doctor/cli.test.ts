import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "../../src/cli/main.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";

let sandbox: RunningSandbox;
let other: Server;
let home: string;

type Ended = { readonly code: number; readonly text: string };

/** The command in this process, with a terminal of its own. */
async function run(args: readonly string[], stdin = ""): Promise<Ended> {
  let text = "";
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const code = await main(args, {
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout: sink,
    stderr: sink,
    env: { LATCHKEY_HOME: home },
    now: Date.now,
    random: randomBytes,
  });
  return { code, text };
}

beforeAll(async () => {
  sandbox = await startSandbox();
  other = createServer((_, response) => response.writeHead(404).end("nothing here"));
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  home = mkdtempSync(join(tmpdir(), "latchkey-doctor-"));
  const added = await run([
    "registrations",
    "add",
    "dc",
    "--site",
    sandbox.dataCenterUrl,
    "--consumer-key",
    "walk-key",
    "--generate-key",
  ]);
  expect(added.code, added.text).toBe(0);
});
afterAll(async () => {
  await new Promise((resolve) => other.close(resolve));
  await sandbox.stop();
  rmSync(home, { recursive: true, force: true });
});

type Expected = {
  readonly args: () => readonly string[];
  readonly stdin?: string;
  readonly code: number;
  readonly says: readonly RegExp[];
};
const CASES: ReadonlyArray<readonly [string, Expected]> = [
  [
    "a consumer Jira does not know",
    {
      args: () => ["dc"],
      code: 1,
      says: [/✓ DNS/, /✗ Registration/, /Jira does not know the consumer key/, /Next .*walk-key exactly so/],
    },
  ],
  [
    "everything there is, as JSON",
    { args: () => ["--json"], code: 1, says: [/"row": "dc-7"/, /"outcome": "found"/] },
  ],
  ["nobody listens", { args: () => ["http://127.0.0.1:1/jira"], code: 4, says: [/connection refused/] }],
  [
    "another server",
    {
      args: () => [`http://127.0.0.1:${(other.address() as AddressInfo).port}`],
      code: 1,
      says: [/not a Jira/],
    },
  ],
  [
    "a Jira that nobody registered",
    {
      args: () => [sandbox.dataCenterUrl.replace("localhost", "127.0.0.1")],
      code: 78,
      says: [/✓ Jira .*10\.3\.2/, /latchkey registrations add/],
    },
  ],
  [
    "words from elsewhere",
    {
      args: () => ["--explain", "-", "--flavor", "cloud"],
      stdin: "refresh_token is invalid",
      code: 3,
      says: [/no longer accepted/, /Connect again/],
    },
  ],
  ["nothing has failed yet", { args: () => ["--last"], code: 1, says: [/No dance and no call that failed/] }],
];

describe("latchkey doctor", () => {
  it.each(CASES)("%s", async (_name, { args, stdin, code, says }) => {
    expectEnd(await run(["doctor", ...args()], stdin), code, says);
  });

  it("ends with 0 once nothing is wrong, and shows both texts where a signature is refused", async () => {
    expect((await run(["request-token", "--registration", "dc"])).code).not.toBe(0);
    expectEnd(await run(["doctor", "--last"]), 1, [
      /does not know the consumer key/,
      /Ask for a request token/,
    ]);
    const shown = await run(["registrations", "show", "dc", "--json"]);
    const { registration } = JSON.parse(shown.text) as {
      registration: { public_key: { public_pem: string } };
    };
    sandbox.control.register({
      consumers: [{ key: "walk-key", public_key: registration.public_key.public_pem }],
    });
    expectEnd(await run(["doctor", "dc"]), 0, [/Nothing is wrong/]);
    sandbox.control.faults({
      match: { path: "/jira/plugins/servlet/oauth/*" },
      rewrite_url: "https://10.0.0.5:8443",
    });
    const refused = [
      /we signed: +POST&http/,
      /Jira signed: POST&https/,
      /the first difference, at character 10/,
      /\^/,
      /proxyPort=/,
    ];
    expectEnd(await run(["doctor", "dc"]), 1, refused);
  });
});

function expectEnd({ code, text }: Ended, expected: number, says: readonly RegExp[]): void {
  expect(code, text).toBe(expected);
  for (const words of says) expect(text).toMatch(words);
}
