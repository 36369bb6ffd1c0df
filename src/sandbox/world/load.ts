/** Loads recorded Jira JSON: all of what was asked for, or nothing. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import type { ResolvedOptions } from "../options.ts";
import { reasonOf, SandboxRefusal } from "../refusal.ts";
import { adoptIssue, adoptPart, adoptProject, adoptRecord } from "./adopt.ts";
import { classify, emptyFindings, type Findings, holdsSomething, isRecord } from "./classify.ts";
import type { Json, Site, World } from "./model.ts";

/** What was taken in, counted once, however many sites took it. */
export type Loaded = {
  readonly issues: number;
  readonly projects: number;
  /** Statuses, priorities, fields and the like, put among the sites' own. */
  readonly records: number;
  /** Documents that answer at the address they were recorded at. */
  readonly documents: number;
  /** The ids of the sites that took it in. */
  readonly sites: readonly string[];
  /** Where documents answer that named no address themselves. */
  readonly placed: readonly string[];
};

type Source = { readonly name: string; readonly site?: string | undefined };
/** `ours`: the values were read here and belong to nobody else. */
type Sorted = { readonly found: Findings; readonly sites: readonly Site[]; readonly ours: boolean };

/**
 * Loads files and folders (every `.json` and `.jsonl` below, in the order of their names). `FILE@SITE` loads into
 * one site, a bare name into all.
 *
 * @throws SandboxRefusal naming the first file that cannot be used; then nothing is loaded
 */
export function loadFiles(
  world: World,
  files: readonly string[],
  options: ResolvedOptions,
  now_ms: number,
): void {
  const sorted = files
    .flatMap((asked) => sourcesOf(world, asked))
    .map(({ file, name, site }) => sortText(world, { name, site }, readText(file)));
  for (const one of sorted) takeIn(world, one, options, now_ms);
}

/** Loads a text of JSON or JSON lines. */
export function loadText(
  world: World,
  source: Source & { readonly text: string },
  options: ResolvedOptions,
  now_ms: number,
): Loaded {
  return takeIn(world, sortText(world, source, source.text), options, now_ms);
}

/** Loads one value. */
export function loadValue(
  world: World,
  source: Source & { readonly value: unknown },
  options: ResolvedOptions,
  now_ms: number,
): Loaded {
  return takeIn(world, sortValues(world, source, [source.value as Json]), options, now_ms);
}

function sourcesOf(
  world: World,
  asked: string,
): Array<{ file: string; name: string; site: string | undefined }> {
  const cut = asked.lastIndexOf("@");
  const named = cut > 0 && Object.hasOwn(world.sites, asked.slice(cut + 1));
  const path = named ? asked.slice(0, cut) : asked;
  const site = named ? asked.slice(cut + 1) : undefined;
  try {
    if (!statSync(path).isDirectory()) return [{ file: path, name: path, site }];
    const found = readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.jsonl?$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    if (found.length === 0) {
      throw new SandboxRefusal("configuration", `The folder ${path} holds no .json or .jsonl file to load.`);
    }
    return found.map((file) => ({ file, name: relative(path, file), site }));
  } catch (error) {
    throw unreadable(path, error);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): SandboxRefusal {
  if (error instanceof SandboxRefusal) return error;
  return new SandboxRefusal("configuration", `The file ${file} cannot be read: ${reasonOf(error)}.`, error);
}

function sortText(world: World, source: Source, text: string): Sorted {
  // A byte order mark is not JSON, but editors write it.
  const clean = text.replace(/^\uFEFF/, "");
  let values: Json[];
  try {
    values = [JSON.parse(clean) as Json];
  } catch (error) {
    values = readLines(source.name, clean, error);
  }
  return { ...sortValues(world, source, values), ours: true };
}

function readLines(name: string, text: string, first: unknown): Json[] {
  const lines = text.split("\n");
  const values: Json[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    try {
      values.push(JSON.parse(line) as Json);
    } catch (error) {
      if (values.length === 0) {
        const why = first instanceof Error ? first.message : String(first);
        throw new SandboxRefusal("configuration", `${name} is neither JSON nor JSON lines: ${why}.`, first);
      }
      throw new SandboxRefusal(
        "configuration",
        `${name}, line ${index + 1}, is not JSON. Nothing was loaded.`,
        error,
      );
    }
  }
  if (values.length === 0) throw new SandboxRefusal("configuration", `${name} is empty.`);
  return values;
}

function sortValues(world: World, { name, site }: Source, values: readonly Json[]): Sorted {
  if (site !== undefined && !Object.hasOwn(world.sites, site)) {
    throw new SandboxRefusal(
      "usage",
      `There is no site ${JSON.stringify(site)} to load into. There are: ${Object.keys(world.sites).join(", ")}.`,
    );
  }
  const found = emptyFindings();
  for (const value of values) classify(value, name, found);
  if (!holdsSomething(found)) {
    throw new SandboxRefusal(
      "configuration",
      `${name} holds nothing of Jira's to load: it is ${whatIs(values.length === 1 ? values[0]! : [...values])}. ` +
        "An issue, a search page, a list of issues, JSON lines, or any answer of Jira's REST API is wanted.",
    );
  }
  return {
    found,
    sites: site === undefined ? Object.values(world.sites) : [world.sites[site]!],
    ours: false,
  };
}

function whatIs(value: Json): string {
  if (Array.isArray(value)) {
    return value.length === 0
      ? "an empty list"
      : `a list of ${value.length}, the first of them ${whatIs(value[0]!)}`;
  }
  if (!isRecord(value)) return value === null ? "null" : `a ${typeof value}`;
  const names = Object.keys(value);
  if (names.length === 0) return "an empty object";
  return `an object with ${names.slice(0, 6).join(", ")}${names.length > 6 ? "…" : ""}`;
}

function takeIn(
  world: World,
  { found, sites, ours }: Sorted,
  options: ResolvedOptions,
  now_ms: number,
): Loaded {
  const keepHosts = (options.switches.get("load_hosts") ?? "keep") === "keep";
  const taken = keepHosts ? found : withPlaceholders(found);
  for (const [index, site] of sites.entries()) {
    // Sites must not share what they change; the last one may have the original.
    const copy = !ours || index < sites.length - 1;
    for (const { kind, record } of taken.records) adoptRecord(site, kind, record);
    for (const record of taken.projects) adoptProject(world, site, record);
    for (const record of taken.issues)
      adoptIssue(world, site, copy ? structuredClone(record) : record, now_ms);
    for (const { issue, kind, record } of taken.parts) adoptPart(site, issue, kind, record);
    for (const { path, body } of taken.documents) {
      site.recorded[path] = keepHosts ? { path, body } : { path, body, placeholder: true };
    }
  }
  world.seq++;
  return {
    issues: found.issues.length,
    projects: found.projects.length,
    records: found.records.length,
    documents: found.documents.length,
    sites: sites.map((site) => site.id),
    placed: found.documents
      .filter(({ body }) => isRecord(body) && body.self === undefined)
      .map(({ path }) => path),
  };
}

/** Every address of the Jira a record came from becomes the address of the site it is loaded into. */
function withPlaceholders(found: Findings): Findings {
  const text = JSON.stringify(found);
  const bases = new Set([...text.matchAll(/"self":"(https?:\/\/[^"]*?)\/rest\//g)].map((match) => match[1]!));
  let replaced = text;
  for (const base of [...bases].sort((a, b) => b.length - a.length)) {
    replaced = replaced.replaceAll(`"${base}/`, '"{base}/').replaceAll(`"${base}"`, '"{base}"');
  }
  return JSON.parse(replaced) as Findings;
}
