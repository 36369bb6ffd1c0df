/** Makes one export that was claimed, and writes down how far it is and how it ended. */
import { ERRORS, isLatchkeyError, LatchkeyError } from "../../errors.ts";
import type { ExportChange, ExportRow } from "../../store/index.ts";
import type { Exported, ExportProgress, ExportRequest, Kind } from "../model.ts";
import { runExport } from "../run.ts";
import { type ExportsParts, KEPT_EXPORTS } from "./contract.ts";
import type { Folders } from "./folders.ts";

export const LEASE_MS = 60_000;
const TELL_EVERY_MS = 1_000;
const LOOK_EVERY_MS = 15_000;
/** Trouble that may pass is met so often before the export is given up. */
const MOST_ATTEMPTS = 8;

export type Making = {
  readonly parts: ExportsParts;
  readonly folders: Folders;
  readonly row: ExportRow;
  readonly ended: AbortController;
  /** Bytes that all of the owner's may hold. */
  readonly most_bytes: number;
  /** What the owner's exports hold on this machine. */
  held(): Promise<number>;
};

/** Never throws: what went wrong stands in the row. */
export async function make(making: Making): Promise<void> {
  const { parts, row, ended, folders } = making;
  const watch = watched(making);
  try {
    const exported = await run(making, watch.told);
    const { run: last, manifest } = exported;
    const result = JSON.stringify({ files: last.files, left_out: manifest.left_out });
    await change(making, { state: "done", result, error: null, ...over(making) });
  } catch (thrown) {
    const error = reasonOf(ended, thrown);
    await change(making, afterwards(making, error)).catch((failure: unknown) =>
      parts.log.warn("export_not_written_down", { export: row.id, error: failure }),
    );
    parts.log.warn("export_ended", { export: row.id, code: error.code, error });
  } finally {
    await watch.stop();
    const still = await parts.store.exports.keptForOperator([row.id]).catch(() => new Set([row.id]));
    if (!still.has(row.id)) folders.remove(row.id);
  }
}

async function run(making: Making, told: (progress: ExportProgress) => void): Promise<Exported> {
  const { parts, folders, row, ended } = making;
  const { id, owner, connection_id, format, since_id } = row;
  const connection = await parts.vault.connections.get(owner, connection_id);
  const lost = row.started_at !== null && !folders.has(id);
  await change(making, {
    started_at: row.started_at ?? parts.now(),
    ...(lost ? { begun_anew: row.begun_anew + 1 } : {}),
  });
  folders.make(id);
  // The lease says who makes it.
  folders.letGo(id, format);
  if (since_id !== null && !(await folders.takeOver(since_id, id, format))) {
    folders.remove(id);
    throw new LatchkeyError("not_found", "The export before this one is not on this machine any longer.", {
      fix: "Export everything.",
    });
  }
  const policy = row.policy === "raw" ? undefined : await parts.policies.compiledFor(row.policy, connection);
  const request: ExportRequest = {
    ...{ jql: row.jql, to: folders.issuesOf(id, format), format },
    without: JSON.parse(row.without) as Kind[],
    attachments: row.attachments === 1,
    since: since_id === null ? undefined : "last",
  };
  const jira = await parts.jiraFor(owner, connection_id);
  const { now, log } = parts;
  return await runExport(
    { jira, site_url: connection.site.url, policy, now, log, signal: ended.signal, onProgress: told },
    request,
  );
}

/** Writes down how far it is, keeps the lease, and ends it where somebody else has it or it grows too large. */
function watched(making: Making) {
  const { parts, ended, most_bytes, held, row } = making;
  let latest: ExportProgress | undefined;
  let writing: Promise<unknown> = Promise.resolve();
  let looked = 0;
  const look = async () => {
    if (ended.signal.aborted) return;
    const lease_until = parts.now() + LEASE_MS;
    const kept = await change(making, {
      lease_until,
      ...(latest ? { progress: JSON.stringify(latest) } : {}),
    });
    if (!kept) ended.abort(new LatchkeyError("export_stopped"));
    if (performance.now() - looked < LOOK_EVERY_MS) return;
    looked = performance.now();
    if ((await held()) > most_bytes) ended.abort(tooLarge());
  };
  const timer = setInterval(() => {
    writing = writing
      .then(look)
      .catch((error: unknown) => parts.log.warn("export_not_written_down", { export: row.id, error }));
  }, TELL_EVERY_MS);
  timer.unref();
  return {
    told: (progress: ExportProgress) => {
      latest = progress;
    },
    stop: async () => {
      clearInterval(timer);
      await writing;
    },
  };
}

const tooLarge = () =>
  new LatchkeyError("exports_full", "Your exports together have become larger than what is kept here.");

function change({ parts, row }: Making, change: ExportChange): Promise<boolean> {
  return parts.store.exports.changeForOperator(row.id, row.fence, change);
}

function over({ parts }: Making): ExportChange {
  const ended_at = parts.now();
  return { ended_at, expires_at: ended_at + KEPT_EXPORTS.ms, lease_until: null };
}

function reasonOf({ signal }: AbortController, thrown: unknown): LatchkeyError {
  const met = signal.aborted && isLatchkeyError(signal.reason) ? signal.reason : thrown;
  return isLatchkeyError(met) ? met : new LatchkeyError("internal", undefined, { cause: met });
}

/** Whoever was stopped for no fault of the export gives it back; what may pass is waited for; the rest is its end. */
function afterwards(making: Making, error: LatchkeyError): ExportChange {
  const { parts, row } = making;
  if (error.code === "export_stopped") return { state: "queued", lease_until: null, due_at: parts.now() };
  const told = JSON.stringify({ code: error.code, message: error.message, fix: error.fix });
  const attempts = row.attempts + 1;
  if (ERRORS[error.code].retry !== "later" || attempts >= MOST_ATTEMPTS)
    return { state: "failed", error: told, attempts, ...over(making) };
  const wait_ms = Math.max((error.retry_after_s ?? 0) * 1_000, 5_000 * 2 ** attempts);
  return { state: "queued", error: told, attempts, lease_until: null, due_at: parts.now() + wait_ms };
}
