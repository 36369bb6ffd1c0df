/**
 * The pages are programs: every fenced block is executed, compiled or parsed. A block that no rule covers fails,
 * so that nothing on a page is only said.
 *
 * - `sh`: run in order, in a home of the page's own, and ends with 0; `exits=N` says otherwise; `background` goes on
 *   until the page ends; `checked` is not run, but its commands exist and it can be parsed (it needs another machine)
 * - `ts`: type-checked against what the package exports; `ts run` is executed as well
 * - `text`: what the block before it printed, line by line, `…` standing for anything; `drawing` is a picture
 * - `json`, `toml`, `properties`: read by the code that reads such files; `nginx`: its braces agree
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { programOf as commandLine } from "../../src/cli/program.ts";
import { parseProperties } from "../../src/cli/properties.ts";
import { loadConfig } from "../../src/config/index.ts";
import { newAuthority } from "../transport/private.ts";
import { type Block, blocksOf, pagePaths, placeOf, root } from "./blocks.ts";
import { complaints, fileNameOf, programOf } from "./compile.ts";
import { openStage, type Ran, type Stage } from "./stage.ts";

/** Pages whose blocks another test holds to the code. */
const ELSEWHERE: Readonly<Record<string, string>> = { "docs/storage.md": "test/store/storage-doc.test.ts" };
/** What a program that goes on says when it is ready. */
const READY = /Latchkey is running|Latchkey listens on|Press Ctrl\+C/;

const pages = pagePaths()
  .filter((page) => ELSEWHERE[page] === undefined)
  .map((page) => ({ page, blocks: blocksOf(page) }))
  .filter(({ blocks }) => blocks.length > 0);

describe.concurrent("every block of", () => {
  it.each(pages)("$page does what it says", { timeout: 180_000 }, async ({ blocks }) => {
    const stage = blocks.some(isExecuted) ? await openStage(blocks.some(startsSandbox)) : undefined;
    try {
      let last: Ran | undefined;
      for (const block of blocks) last = (await hold(block, blocks, stage, last)) ?? last;
    } finally {
      await stage?.close();
    }
  });
});

it("TypeScript blocks fit the package's types", { timeout: 60_000 }, () => {
  const programs = new Map<string, string>();
  for (const { blocks } of pages) {
    for (const block of blocks) {
      if (block.language === "ts") programs.set(fileNameOf(block), programOf(block, blocks));
    }
  }
  expect(programs.size).toBeGreaterThan(0);
  expect(complaints(programs)).toEqual([]);
});

it("a page that is left to another test has that test", () => {
  for (const [page, test] of Object.entries(ELSEWHERE)) {
    expect(existsSync(join(root, test)), test).toBe(true);
    expect(readFileSync(join(root, test), "utf8")).toContain(page.split("/").at(-1));
  }
});

it("a block that no rule covers fails", async () => {
  const strange = blocksOf("page.md", "```ruby\nputs 1\n```\n")[0]!;
  await expect(hold(strange, [strange], undefined, undefined)).rejects.toThrow(/no rule/);
});

function isExecuted(block: Block): boolean {
  return (
    (block.language === "sh" && !block.words.includes("checked") && !isInstall(block)) ||
    (block.language === "ts" && block.words.includes("run"))
  );
}

function startsSandbox(block: Block): boolean {
  return block.words.includes("background") && /latchkey sandbox|npm start/.test(block.text);
}

/** The two commands of a fresh clone cannot run inside themselves. */
function isInstall(block: Block): boolean {
  return /^npm ci && npm (start|test)$/.test(block.text) && !block.words.includes("background");
}

async function hold(
  block: Block,
  page: readonly Block[],
  stage: Stage | undefined,
  last: Ran | undefined,
): Promise<Ran | undefined> {
  switch (block.language) {
    case "sh":
      return shell(block, stage);
    case "ts":
      if (!block.words.includes("run")) return undefined;
      return ended(block, await stage!.program(programOf(block, page)), 0);
    case "text":
      if (!block.words.includes("drawing")) expectShown(block, stage, last);
      return undefined;
    case "json":
      JSON.parse(block.text);
      return undefined;
    case "toml":
      await readConfiguration(block);
      return undefined;
    case "properties":
      expect(Object.keys(parseProperties(block.text)), placeOf(block)).not.toEqual([]);
      return undefined;
    case "nginx":
      expect(block.text.split("{").length, placeOf(block)).toBe(block.text.split("}").length);
      return undefined;
    case "yaml":
      expect(block.text, `${placeOf(block)}: tabs are no indentation in YAML`).not.toMatch(/^ *\t/m);
      return undefined;
    default:
      throw new Error(`${placeOf(block)}: no rule covers a block of ${block.language || "no language"}.`);
  }
}

async function shell(block: Block, stage: Stage | undefined): Promise<Ran | undefined> {
  commandsExist(block);
  if (block.words.includes("checked") || isInstall(block)) {
    const parsed = spawnSync("sh", ["-n"], { input: block.text, encoding: "utf8" });
    expect(parsed.stderr, placeOf(block)).toBe("");
    scriptsExist(block);
    return undefined;
  }
  if (block.words.includes("background")) {
    scriptsExist(block);
    return stage!.start(block.text.replace(/^npm ci && /, "").trim(), READY);
  }
  const wanted = Number(/exits=(\d+)/.exec(block.words.join(" "))?.[1] ?? 0);
  return ended(block, await stage!.run(block.text), wanted);
}

function ended(block: Block, ran: Ran, wanted: number): Ran {
  expect(ran.code, `${placeOf(block)} printed:\n${ran.output}`).toBe(wanted);
  return ran;
}

/** Each line stands in the output, in this order. */
function expectShown(block: Block, stage: Stage | undefined, ran: Ran | undefined): void {
  if (!ran || !stage) throw new Error(`${placeOf(block)}: no rule covers output of nothing that ran.`);
  let from = 0;
  const output = ran.output.replaceAll(/[ \t]+/g, " ");
  for (const line of stage
    .real(block.text)
    .split("\n")
    .map((one) => one.trim().replaceAll(/[ \t]+/g, " "))) {
    if (line === "" || line === "…") continue;
    const pattern = line
      .replaceAll(/^…+|…+$/g, "")
      .split("…")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join("[^\\n]*");
    const found = new RegExp(pattern).exec(output.slice(from));
    expect(found, `${placeOf(block)} shows "${line}", but this was printed:\n${ran.output}`).not.toBeNull();
    from += found!.index + found![0].length;
  }
}

/** The files that a configuration names are there, with what belongs into them. */
async function readConfiguration(block: Block): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "latchkey-docs-config-"));
  if (block.text.includes("_file = ")) {
    const authority = await newAuthority("Corporate CA");
    const { cert, key } = await authority.issue("latchkey");
    const contents = {
      ca: authority.ca,
      client_certificate: cert,
      client_key: key,
      http_proxy_password: "x\n",
    };
    for (const [, field = "", name = ""] of block.text.matchAll(/(\w+)_file = "([^"]+)"/g)) {
      writeFileSync(join(home, name), contents[field as keyof typeof contents]);
    }
  }
  writeFileSync(join(home, "config.toml"), block.text);
  expect(() => loadConfig({ env: { LATCHKEY_HOME: home }, flags: {} }), placeOf(block)).not.toThrow();
}

/** Every `latchkey …` of a block names a command there is. */
function commandsExist(block: Block): void {
  const silent = { write: () => true };
  const io = { stdout: silent, stderr: silent } as unknown as Parameters<typeof commandLine>[0];
  const program = commandLine(io, "0", () => {});
  // In the image, the service is called latchkey and its command by its file.
  const words = block.text.replaceAll("latchkey node dist/bin.js", "latchkey");
  for (const [, text = ""] of words.matchAll(/(?:^|[\s(|;&])latchkey ([a-z][a-z -]*)/gm)) {
    let at = program;
    for (const word of text.trim().split(/\s+/)) {
      const next = at.commands.find((one) => one.name() === word);
      if (!next && at.commands.length === 0) break;
      expect(next, `${placeOf(block)}: there is no command \`latchkey ${text.trim()}\``).toBeDefined();
      at = next!;
    }
  }
}

function scriptsExist(block: Block): void {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  for (const [, name = ""] of block.text.matchAll(/npm (?:run )?([a-z:-]+)/g)) {
    if (name !== "ci" && name !== "install")
      expect(scripts[name], `${placeOf(block)}: npm ${name}`).toBeDefined();
  }
}
