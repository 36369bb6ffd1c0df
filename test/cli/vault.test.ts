import { cpSync, existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Terminal, terminal } from "./terminal.ts";

const PASSPHRASE = "correct horse battery staple";
const directory = () => mkdtempSync(join(tmpdir(), "latchkey-vault-"));

async function withRegistration(): Promise<Terminal> {
  const shell = terminal();
  const client = ["--client-id", "id", "--client-secret-file", "-", "--redirect-uri", "http://localhost/c"];
  const added = await shell.run(["registrations", "add", "cloud", ...client], { stdin: "a client secret" });
  expect(added).toMatchObject({ code: 0 });
  return shell;
}

async function exported(shell: Terminal): Promise<string> {
  const file = join(directory(), "bundle");
  const ran = await shell.run(["vault", "export", "--to", file, "--passphrase-file", "-", "--json"], {
    stdin: `${PASSPHRASE}\n`,
  });
  expect(ran).toMatchObject({ code: 0 });
  const { tables } = JSON.parse(ran.stdout) as { tables: { table: string; count: number }[] };
  expect(tables.find(({ table }) => table === "registrations")?.count).toBe(1);
  return file;
}

function imports(shell: Terminal, file: string, passphrase = PASSPHRASE) {
  return shell.run(["vault", "import", "--from", file, "--passphrase-file", "-"], { stdin: passphrase });
}

it("a vault moves by a bundle, and renews nothing until the operator has answered for it", {
  timeout: 60_000,
}, async () => {
  const file = await exported(await withRegistration());
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const there = terminal();
  const moved = await imports(there, file);
  expect(moved).toMatchObject({ code: 0 });
  expect(moved.stdout).toMatch(/^registrations\s+1\s+[0-9a-f]{64}$/m);
  const listed = await there.run(["connections", "list"]);
  expect(listed.stderr).toContain("No token is renewed here: it was imported");
  const unsure = await there.run(["vault", "confirm"]);
  expect(unsure).toMatchObject({ code: 1 });
  expect(unsure.stderr).toContain("--original-stopped");
  const status = await there.run(["vault", "status", "--json"]);
  expect(JSON.parse(status.stdout)).toMatchObject({ renews: false, quarantine: { reason: "imported" } });
  expect(await there.run(["vault", "confirm", "--original-stopped"])).toMatchObject({ code: 0 });
  expect((await there.run(["connections", "list"])).stderr).not.toContain("renewed");
  const twice = await imports(there, file);
  expect(twice).toMatchObject({ code: 1 });
  expect(twice.stderr).toContain("store_not_empty");
});

it("a bundle that cannot be read leaves not even a home behind", { timeout: 60_000 }, async () => {
  const file = await exported(await withRegistration());
  const changed = join(directory(), "changed");
  const bytes = readFileSync(file);
  bytes[bytes.length - 30]! ^= 1;
  writeFileSync(changed, bytes);
  const there = terminal();
  for (const [path, passphrase, words] of [
    [file, "another passphrase", "does not open the bundle"],
    [changed, PASSPHRASE, "changed, or cut short"],
    [join(directory(), "absent"), PASSPHRASE, "cannot be read"],
  ] as const) {
    const refused = await imports(there, path, passphrase);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(words);
    expect(refused.stdout).toBe("");
    expect(existsSync(join(there.home, "state"))).toBe(false);
  }
});

it("a passphrase is not taken from the command line, and a short one not at all", async () => {
  const shell = await withRegistration();
  const to = ["--to", join(directory(), "bundle")];
  expect(await shell.run(["vault", "export", ...to, "--passphrase", PASSPHRASE])).toMatchObject({ code: 2 });
  const silent = await shell.run(["vault", "export", ...to]);
  expect(silent).toMatchObject({ code: 2 });
  expect(silent.stderr).toContain("--passphrase-file");
  const short = await shell.run(["vault", "export", ...to, "--passphrase-file", "-"], { stdin: "short" });
  expect(short).toMatchObject({ code: 2 });
  expect(short.stderr).toContain("12 characters");
  expect(existsSync(to[1]!)).toBe(false);
});

it("a home that was copied whole is noticed, by the gateway too", { timeout: 60_000 }, async () => {
  const shell = await withRegistration();
  const copy = terminal();
  cpSync(join(shell.home, "state"), join(copy.home, "state"), { recursive: true });
  const serving = copy.start(["serve", "--port", "0"]);
  await serving.until(/No token is renewed here: this database is a copy of another one/);
  await serving.stop();
  const status = await shell.run(["vault", "status", "--json"]);
  expect(JSON.parse(status.stdout)).toMatchObject({ renews: true });
});
