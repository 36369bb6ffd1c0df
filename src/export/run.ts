import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { LatchkeyError } from "../errors.ts";
import type { IssueJson } from "../jira/index.ts";
import { attachmentFetcher } from "./files.ts";
import { finish } from "./finish.ts";
import { holdFolder } from "./hold.ts";
import {
  type Exported,
  type ExportParts,
  type ExportRequest,
  KINDS,
  type Kind,
  type Manifest,
  type Window,
} from "./model.ts";
import { type Places, placesOf, writeWhole } from "./places.ts";
import { makePlan, type Plan } from "./plan.ts";
import { createMeter } from "./progress.ts";
import { readWindows } from "./reading.ts";
import { deletedRow, type Reconciled, reconcile } from "./reconcile.ts";
import { DELETED, openSpool, type Spool, SURROUNDINGS, versionsIn } from "./spool.ts";
import { type Known, readState } from "./state.ts";
import { readSurroundings } from "./surroundings.ts";
import { membersOf, type Treatment, treatmentOf } from "./treatment.ts";

/**
 * Exports issues and what belongs to them into files. An export that was ended by anything, also a kill, goes on
 * where it was when it is asked for again, and its files are the same as if nothing had happened.
 *
 * @throws LatchkeyError usage where an export into the same file began with another question
 */
export async function runExport(parts: ExportParts, request: ExportRequest): Promise<Exported> {
  if (request.attachments && parts.policy) {
    throw new LatchkeyError(
      "policy_denied",
      "A policy cannot look into attachments, so their bytes do not leave.",
      {
        fix: "Leave --attachments out.",
      },
    );
  }
  const places = placesOf(request.to, request.format);
  mkdirSync(places.folder, { recursive: true });
  if (request.fresh) rmSync(places.partial, { recursive: true, force: true });
  const release = await holdFolder(places.partial);
  try {
    return await goOn(parts, request, places);
  } finally {
    release();
  }
}

async function goOn(parts: ExportParts, request: ExportRequest, places: Places): Promise<Exported> {
  const resumed = existsSync(`${places.partial}/plan.json`);
  const plan = await makePlan(parts, request, places);
  const spool = await openSpool(places.partial);
  try {
    const treatment = treatmentOf(parts.jira, parts.policy);
    const kinds = kindsOf(plan, treatment);
    const meter = createMeter(parts, plan.expected, issuesIn(spool));
    const sweep = parts.sweep ?? (() => {});
    const onPage = (issues: number) => {
      meter.read(issues);
      sweep();
    };
    const known = plan.since === undefined ? undefined : await knownSince(places, plan);
    const reading = {
      ...{ jira: parts.jira, spool, signal: parts.signal, onPage },
      page: {
        ...{ jira: parts.jira, treatment, kinds },
        ...(request.attachments ? { download: attachmentFetcher(parts.jira, places) } : {}),
      },
      known: (issue: IssueJson) => isKnown(known, issue),
    };
    const windows = new Map<string, Window>(
      plan.windows.map((window, at) => [nameOf("w", at), { ...window, jql: plan.asked }]),
    );
    await readWindows(reading, windows);
    if (known) {
      meter.phase("reconciling");
      for (const [name, window] of await reconcileOnce(parts, plan, places, spool, known, windows))
        windows.set(name, window);
      await readWindows({ ...reading, known: () => false }, windows);
    }
    await surround(parts, spool, treatment, kinds);
    meter.phase("writing");
    const manifest = await finish({
      parts,
      plan,
      places,
      spool,
      treatment,
      kinds,
      windows: [...windows.keys()],
      sweep,
    });
    return { manifest, manifest_path: places.manifest, run: manifest.runs.at(-1)!, resumed };
  } finally {
    await spool.close();
  }
}

const nameOf = (letter: string, at: number) => `${letter}${String(at).padStart(6, "0")}`;

function issuesIn(spool: Spool): number {
  return [...spool.marks().values()].reduce((sum, { issues }) => sum + issues, 0);
}

function kindsOf(plan: Plan, treatment: Treatment): ReadonlySet<Kind> {
  return new Set(KINDS.filter((kind) => !plan.without.includes(kind) && treatment.allows(kind)));
}

async function knownSince(places: Places, plan: Plan): Promise<Known> {
  const known = await readState(places.state, () => plan.since!.at);
  if (known) return known;
  throw new LatchkeyError("file_unreadable", "The state of the last export is not there any longer.", {
    fix: "Export everything again, without --since.",
  });
}

function isKnown(known: Known | undefined, issue: IssueJson): boolean {
  return known?.versions.get(Number(issue.id)) === Date.parse(String(issue.fields?.updated));
}

/** What came into the question and what went out of it, found out once for a run. */
async function reconcileOnce(
  { jira }: ExportParts,
  plan: Plan,
  places: Places,
  spool: Spool,
  known: Known,
  windows: ReadonlyMap<string, Window>,
): Promise<ReadonlyMap<string, Window>> {
  const path = `${places.partial}/reconciled.json`;
  if (!existsSync(path)) {
    const read = new Set((await versionsIn(spool, [...windows.keys()])).keys());
    writeWhole(path, JSON.stringify(await reconcile(jira, plan.jql, known.ids, read)));
  }
  const { deleted, extra } = JSON.parse(readFileSync(path, "utf8")) as Reconciled;
  if (spool.marks().get(DELETED)?.done !== true) {
    const file = await spool.openWindow(DELETED, 0);
    const lines = deleted.map((one) => `${JSON.stringify(deletedRow(one))}\n`);
    await file.add(new Map(lines.length === 0 ? [] : [["deleted", lines]]), { issues: 0, done: true });
    await file.close();
  }
  return new Map(extra.length === 0 ? [] : [["x000000", { ids: extra }]]);
}

async function surround(
  { jira }: ExportParts,
  spool: Spool,
  treatment: Treatment,
  kinds: ReadonlySet<Kind>,
): Promise<void> {
  if (spool.marks().get(SURROUNDINGS)?.done === true) return;
  const { rows, refused } = await readSurroundings(jira, treatment, kinds);
  const file = await spool.openWindow(SURROUNDINGS, 0);
  await file.add(rows, { issues: 0, done: true, ...(refused.length > 0 ? { refused } : {}) });
  await file.close();
}

/** Whether the files of an export are what its manifest says. Answers the names of those that are not. */
export async function verifyExport(manifest_path: string): Promise<readonly string[]> {
  const manifest = membersOf(JSON.parse(readFileSync(manifest_path, "utf8"))) as unknown as Manifest;
  const folder = manifest_path.replace(/[^/\\]*$/, "");
  const wrong: string[] = [];
  for (const { name, sha256 } of manifest.runs.flatMap(({ files }) => files)) {
    const hash = createHash("sha256");
    const path = `${folder}${name}`;
    if (existsSync(path)) for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    if (!existsSync(path) || hash.digest("hex") !== sha256) wrong.push(name);
  }
  return wrong;
}
