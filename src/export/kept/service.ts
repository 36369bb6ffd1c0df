import { LatchkeyError } from "../../errors.ts";
import { type ExportRow, newId } from "../../store/index.ts";
import { FORMATS, OPTIONAL_KINDS } from "../model.ts";
import { projectQuestion, withoutOrder } from "../question.ts";
import { type Exports, type ExportsParts, KEPT_EXPORTS, type NewExport } from "./contract.ts";
import { foldersIn } from "./folders.ts";
import { LEASE_MS, make } from "./making.ts";
import { viewOf } from "./view.ts";

/** Exports at once in one process. */
const AT_ONCE = 2;
const TIDY_EVERY_MS = 3_600_000;

/** Exports as jobs: asked for, made by whichever process has time, kept for a while. */
export function createExports(parts: ExportsParts): Exports {
  const { store, now } = parts;
  const most = parts.most ?? KEPT_EXPORTS;
  const folders = foldersIn(parts.folder);
  const making = new Map<string, { readonly ended: AbortController; readonly done: Promise<void> }>();
  let closed = false;
  let tidied = Number.NEGATIVE_INFINITY;

  const own = async (owner: string, id: string): Promise<ExportRow> => {
    const row = await store.exports.get(owner, id);
    if (!row) throw new LatchkeyError("not_found", "There is no export with this id.");
    return row;
  };
  const heldBy = async (owner: string): Promise<number> => {
    let sum = 0;
    for (const { id } of await store.exports.list(owner)) sum += await folders.bytesOf(id);
    return sum;
  };
  const stopHere = async (id: string): Promise<void> => {
    const here = making.get(id);
    here?.ended.abort(new LatchkeyError("export_stopped"));
    await here?.done;
  };
  const tidy = async (): Promise<void> => {
    if (performance.now() - tidied < TIDY_EVERY_MS) return;
    tidied = performance.now();
    await store.exports.purgeForOperator(now());
    const ids = folders.ids();
    const kept = await store.exports.keptForOperator(ids);
    for (const id of ids) if (!kept.has(id) && !making.has(id)) folders.remove(id);
  };

  return {
    async start(owner, asked) {
      const row = await rowOf(parts, owner, asked);
      const bytes = await heldBy(owner);
      await store.transaction(async (tx) => {
        if ((await tx.exports.list(owner)).length >= most.exports || bytes >= most.bytes)
          throw new LatchkeyError("exports_full");
        await tx.exports.insert(row);
      });
      return viewOf(row);
    },
    list: async (owner) => (await store.exports.list(owner)).map(viewOf),
    get: async (owner, id) => viewOf(await own(owner, id)),
    async file(owner, id, name) {
      const row = await own(owner, id);
      if (row.state !== "done") throw new LatchkeyError("not_found", "The export has no files yet.");
      if (!folders.has(id)) {
        throw new LatchkeyError("not_found", "The files of this export lie on another machine.", {
          fix: "Ask the process that made it, or export again.",
        });
      }
      const found = folders.find(id, row.format, name);
      if (!found) throw new LatchkeyError("not_found", "The export has no file of this name.");
      return found;
    },
    async remove(owner, id) {
      await own(owner, id);
      const ended_at = now();
      const stopped = await store.exports.stop(owner, id, {
        ended_at,
        expires_at: ended_at + KEPT_EXPORTS.ms,
      });
      await stopHere(id);
      folders.remove(id);
      if (!stopped) await store.exports.remove(owner, id);
      return stopped ? "stopped" : "removed";
    },
    async due(limit) {
      if (closed) return [];
      await tidy();
      const room = Math.min(limit, AT_ONCE - making.size);
      return room <= 0 ? [] : await store.exports.dueForOperator(now(), room);
    },
    async begin(id) {
      if (closed || making.has(id) || making.size >= AT_ONCE) return;
      const row = await store.exports.claimForOperator(id, now(), now() + LEASE_MS);
      if (!row) return;
      const ended = new AbortController();
      const held = () => heldBy(row.owner);
      if (closed) ended.abort(new LatchkeyError("export_stopped"));
      const done = make({ parts, folders, row, ended, held, most_bytes: most.bytes }).finally(() =>
        making.delete(id),
      );
      making.set(id, { ended, done });
    },
    async settled() {
      await Promise.all([...making.values()].map(({ done }) => done));
    },
    async close() {
      closed = true;
      await Promise.all([...making.keys()].map(stopHere));
    },
  };
}

async function rowOf(parts: ExportsParts, owner: string, asked: NewExport): Promise<ExportRow> {
  const { connection_id, format, policy, without = [], attachments = false, since } = asked;
  const connection = await parts.vault.connections.get(owner, connection_id);
  const jql = questionIn(asked);
  if (!FORMATS.includes(format)) throw bad("format", `Choose one of ${FORMATS.join(", ")}.`);
  if (without.some((kind) => !OPTIONAL_KINDS.includes(kind)))
    throw bad("without", `Choose any of ${OPTIONAL_KINDS.join(", ")}.`);
  if (policy !== "raw" && !parts.policies.fits(policy, connection))
    throw new LatchkeyError("policy_denied", "The policy is for another kind of Jira than this one.");
  if (policy !== "raw" && attachments)
    throw new LatchkeyError("policy_denied", "A policy cannot look into attachments, so their bytes stay.");
  const at = parts.now();
  const row: ExportRow = {
    ...{ id: newId("exp", parts.random), owner, connection_id, jql, format, policy },
    ...{ without: JSON.stringify([...new Set(without)].sort()), attachments: attachments ? 1 : 0 },
    since_id: since ?? null,
    ...{ state: "queued", progress: null, result: null, error: null, attempts: 0, begun_anew: 0 },
    ...{ due_at: at, lease_until: null, fence: 0, created_at: at },
    ...{ started_at: null, ended_at: null, expires_at: null },
  };
  if (since !== undefined) demandSame(await parts.store.exports.get(owner, since), row);
  return row;
}

/** What changed since is only known of the same question. */
function demandSame(before: ExportRow | undefined, row: ExportRow): void {
  if (before?.state !== "done") throw bad("since", "Name an export of yours that is done.");
  for (const name of ["connection_id", "jql", "format", "policy", "without"] as const)
    if (before[name] !== row[name]) throw bad("since", `That export has another ${name}.`);
}

function questionIn({ jql, projects }: NewExport): string {
  if ((jql === undefined) === (projects === undefined || projects.length === 0))
    throw bad("jql", "Say which issues: a question in JQL, or projects.");
  try {
    return jql === undefined ? projectQuestion(projects ?? []) : withoutOrder(jql);
  } catch (error) {
    throw bad(jql === undefined ? "projects" : "jql", (error as Error).message);
  }
}

function bad(field: string, says: string): LatchkeyError {
  return new LatchkeyError("bad_request", `${field}: ${says}`, {
    details: { field, errors: [{ field, says }] },
  });
}
