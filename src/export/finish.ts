import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "../jira/index.ts";
import { type ExportedFile, type ExportParts, KINDS, type Kind, type Manifest } from "./model.ts";
import { personKey } from "./people.ts";
import { type Places, syncFolder, writeWhole } from "./places.ts";
import type { Plan } from "./plan.ts";
import { DELETED, type Spool, SURROUNDINGS, versionsIn } from "./spool.ts";
import { writeFirstState, writeState } from "./state.ts";
import { issueTable, TABLES } from "./tables.ts";
import type { Treatment } from "./treatment.ts";
import { type Piece, writeFile } from "./writing.ts";

export type Finishing = {
  readonly parts: ExportParts;
  readonly plan: Plan;
  readonly places: Places;
  readonly spool: Spool;
  readonly treatment: Treatment;
  readonly kinds: ReadonlySet<Kind>;
  /** In the order of their issues. */
  readonly windows: readonly string[];
  /** Called between pieces. */
  readonly sweep: () => void;
};

/**
 * Makes the files, and only when all of them are there and whole puts them in their places: the manifest last, so
 * that it never speaks of what is not there.
 */
export async function finish(finishing: Finishing): Promise<Manifest> {
  const { places, plan } = finishing;
  const made = join(places.partial, "made.json");
  if (!existsSync(made)) writeWhole(made, JSON.stringify(await makeFiles(finishing)));
  const manifest = JSON.parse(readFileSync(made, "utf8")) as Manifest;
  const before = namesIn(places.manifest, manifest.format);
  const whole = join(places.partial, "whole");
  for (const { name } of manifest.runs.at(-1)!.files) moveInto(join(whole, name), join(places.folder, name));
  moveInto(join(whole, "state"), places.state);
  syncFolder(places.folder);
  writeWhole(places.manifest, `${JSON.stringify(manifest, null, 2)}\n`);
  if (plan.run === 1) {
    const now = new Set(manifest.runs.flatMap(({ files }) => files.map(({ name }) => name)));
    for (const name of before) if (!now.has(name)) rmSync(join(places.folder, name), { force: true });
  }
  rmSync(places.partial, { recursive: true, force: true });
  return manifest;
}

/** A file that is no longer there was put in its place before the process was ended. */
function moveInto(from: string, to: string): void {
  if (existsSync(from)) renameSync(from, to);
}

/** Files of earlier exports into the same place; only names that stand beside the manifest. */
function namesIn(path: string, format: string): readonly string[] {
  if (!existsSync(path)) return [];
  const { runs, format: theirs } = JSON.parse(readFileSync(path, "utf8")) as Manifest;
  if (theirs !== format) return [];
  return runs.flatMap(({ files }) => files.map(({ name }) => name)).filter((name) => !/[/\\]/.test(name));
}

async function makeFiles(finishing: Finishing): Promise<Manifest> {
  const { parts, plan, places } = finishing;
  const whole = join(places.partial, "whole");
  rmSync(whole, { recursive: true, force: true });
  mkdirSync(whole, { recursive: true, mode: 0o700 });
  const fields = finishing.treatment.list("fields", await parts.jira.fields());
  const files: ExportedFile[] = [];
  for (const kind of KINDS) {
    if (!finishing.kinds.has(kind) || (kind === "deleted" && plan.since === undefined)) continue;
    const name = places.nameOf(kind, plan.run);
    const format = plan.format as Manifest["format"];
    const table = kind === "issues" ? await tableOf(finishing, fields) : TABLES[kind];
    const pieces = kind === "users" ? peopleOnce(finishing) : piecesOf(finishing, kind);
    files.push({ kind, name, ...(await writeFile(join(whole, name), format, pieces, () => table)) });
  }
  await makeState(finishing, join(whole, "state"));
  const earlier = plan.run === 1 ? [] : (JSON.parse(readFileSync(places.manifest, "utf8")) as Manifest).runs;
  return {
    latchkey_export: 1,
    ...{
      site: plan.site,
      flavor: parts.jira.flavor,
      jql: plan.jql,
      format: plan.format as Manifest["format"],
    },
    ...{ policy: plan.policy, left_out: leftOut(finishing), names: namesOf(fields) },
    runs: [
      ...earlier,
      {
        run: plan.run,
        ...(plan.since === undefined ? {} : { since: plan.since.minute }),
        started_at: plan.started_at,
        finished_at: new Date(parts.now()).toISOString(),
        files,
      },
    ],
  };
}

/** Surroundings come after the issues; a kind stands in one of the two. */
async function* piecesOf({ spool, windows, sweep }: Finishing, kind: Kind): AsyncGenerator<Piece> {
  for await (const piece of spool.read([...windows, SURROUNDINGS, DELETED], kind)) {
    yield piece;
    sweep();
  }
}

/** Everyone once, as they were met first. */
async function* peopleOnce(finishing: Finishing): AsyncGenerator<Piece> {
  const seen = new Set<string>();
  for await (const { bytes } of piecesOf(finishing, "users")) {
    const fresh = bytes
      .toString()
      .split("\n")
      .filter((line) => {
        const key = line === "" ? undefined : personKey(JSON.parse(line) as Json);
        if (key === undefined || seen.has(key)) return false;
        seen.add(key);
        return true;
      });
    if (fresh.length > 0) yield { rows: fresh.length, bytes: Buffer.from(`${fresh.join("\n")}\n`) };
  }
}

async function tableOf({ spool, windows, parts }: Finishing, fields: readonly Json[]) {
  const ids = new Set<string>();
  for await (const { bytes } of spool.read(windows, "fields"))
    for (const id of bytes.toString().split("\n")) if (id !== "") ids.add(id);
  return issueTable(ids, fields, parts.policy === undefined);
}

async function makeState({ spool, windows, plan, places }: Finishing, path: string): Promise<void> {
  const { site, jql, policy, format, without, complete_until } = plan;
  const head = { latchkey_export_state: 1, site, jql, policy, format, without, complete_until } as const;
  if (plan.since === undefined) return await writeFirstState(path, head, spool.read(windows, "versions"));
  const gone = new Set<number>();
  for await (const { bytes } of spool.read([DELETED], "deleted")) {
    for (const line of bytes.toString().split("\n"))
      if (line !== "") gone.add(Number((JSON.parse(line) as Json).issue_id));
  }
  await writeState(places.state, path, head, await versionsIn(spool, windows), gone);
}

function leftOut({ plan, treatment, spool }: Finishing): Manifest["left_out"] {
  const refused = [...spool.marks().values()].flatMap((mark) => mark.refused ?? []);
  const out: Record<string, "policy" | "refused" | "asked"> = {};
  for (const kind of KINDS) {
    if (plan.without.includes(kind)) out[kind] = "asked";
    else if (!treatment.allows(kind)) out[kind] = "policy";
    else if (refused.includes(kind)) out[kind] = "refused";
  }
  return out;
}

function namesOf(fields: readonly Json[]): Readonly<Record<string, string>> {
  const custom = fields.filter(
    ({ id, name }) => /^customfield_\d+$/.test(String(id)) && typeof name === "string",
  );
  return Object.fromEntries(custom.map(({ id, name }) => [String(id), String(name)]));
}
