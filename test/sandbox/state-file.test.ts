import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startSandbox } from "../../src/sandbox/index.ts";

let home: string;
let file: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "latchkey-sandbox-"));
  file = join(home, "deep", "state.json");
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const issue = (id: string, key: string, summary = "s") => ({
  id,
  key,
  self: `http://h/rest/api/2/issue/${id}`,
  fields: { summary },
});

async function logIn(base: string): Promise<string> {
  const answer = await fetch(`${base}/rest/auth/1/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: "william", password: "william" }),
  });
  return answer.headers.getSetCookie()[0]!.split(";")[0]!;
}

test("state survives a restart: world, sessions, clock, registrations", async () => {
  const first = await startSandbox({ state: file });
  first.control.world(issue("900001", "KEPT-1"));
  first.control.advance(3600);
  first.control.register({ redirect_uris: ["http://localhost:5/kept"] });
  const cookie = await logIn(first.dataCenterUrl);
  const before = first.control.state();
  await first.stop();

  const second = await startSandbox({ state: file });
  try {
    const after = second.control.state();
    expect(after.sites.map((site) => [site.id, site.projects, site.issues])).toEqual(
      before.sites.map((site) => [site.id, site.projects, site.issues]),
    );
    expect(after.sites[0]!.projects).toContain("KEPT");
    expect(after.clock.moved_s).toBe(3600);
    expect(after.registrations).toEqual(before.registrations);
    expect(after.counts.sessions).toBe(1);
    const mine = await fetch(`${second.dataCenterUrl}/rest/auth/1/session`, { headers: { cookie } });
    expect(await mine.text()).toContain("william");
  } finally {
    await second.stop();
  }
});

test("a change is on disk soon, without a stop, and only its owner may read it", async () => {
  const sandbox = await startSandbox({ state: file });
  try {
    await logIn(sandbox.dataCenterUrl);
    await expect
      .poll(() => readFileSync(file, "utf8").includes('"user":"william"'), { timeout: 3000 })
      .toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(home, "deep"))).toEqual(["state.json"]);
  } finally {
    await sandbox.stop();
  }
});

test("a file that is no state is refused and left as it was", async () => {
  const broken = [
    "",
    "{",
    "[]",
    '{"format":"latchkey-sandbox-state"',
    '{"format":"other"}',
    '{"format":"latchkey-sandbox-state","version":9}',
  ];
  const sandbox = await startSandbox({ state: file });
  await sandbox.stop();
  const whole = readFileSync(file, "utf8");
  broken.push(whole.slice(0, whole.length / 2), JSON.stringify({ ...JSON.parse(whole), world: {} }));
  for (const text of broken) {
    writeFileSync(file, text);
    await expect(startSandbox({ state: file })).rejects.toThrow(/cannot be used: .* left as it is/);
    expect(readFileSync(file, "utf8")).toBe(text);
  }
});

test("a place that cannot be written is refused at the start", async () => {
  writeFileSync(join(home, "deep"), "a file, not a folder");
  await expect(startSandbox({ state: file })).rejects.toMatchObject({ kind: "configuration" });
});

test("a restart loads no file twice over what people changed since, but does load a new one", async () => {
  const one = join(home, "one.json");
  const two = join(home, "two.json");
  writeFileSync(one, JSON.stringify(issue("900001", "ONE-1")));
  writeFileSync(two, JSON.stringify(issue("900002", "TWO-1")));
  await (await startSandbox({ state: file, load: [one] })).stop();
  writeFileSync(one, "no longer JSON, and nobody looks");
  const again = await startSandbox({ state: file, load: [one, two] });
  const { projects } = again.control.state().sites[0]!;
  await again.stop();
  expect(projects).toEqual(expect.arrayContaining(["ONE", "TWO"]));
});

test("with a seed tokens are the same in every first run, and never the same again after a restart", async () => {
  const run = async (options: Parameters<typeof startSandbox>[0]) => {
    const sandbox = await startSandbox(options);
    const cookie = await logIn(sandbox.dataCenterUrl);
    await sandbox.stop();
    return cookie;
  };
  const first = await run({ seed: 7, state: file });
  expect(await run({ seed: 7 })).toBe(first);
  expect(await run({ seed: 8 })).not.toBe(first);
  expect(await run({ seed: 7, state: file })).not.toBe(first);
  expect(await run({})).not.toBe(await run({}));
});
