import type { Log } from "../log.ts";
import type { Job, Piece } from "./job.ts";

const BATCH = 100;

export type Done = { readonly done: number; readonly failed: number };

/**
 * Does all that is due, a few pieces at once, until nothing new is. A piece that is still due after it ran waits for
 * the next run, so that one that cannot be done never holds up the others.
 */
export async function runPieces(job: Job, log: Log, signal: AbortSignal): Promise<Done> {
  const seen = new Set<string>();
  let done = 0;
  let failed = 0;
  while (!signal.aborted) {
    const due = await job.due(BATCH);
    const fresh = due.filter(({ id }) => !seen.has(id));
    if (fresh.length === 0) break;
    for (const { id } of fresh) seen.add(id);
    const queue = [...fresh];
    const worker = async () => {
      for (let piece = queue.shift(); piece && !signal.aborted; piece = queue.shift()) {
        if (await runPiece(job, piece, log)) done++;
        else failed++;
      }
    };
    await Promise.all(Array.from({ length: job.concurrency }, worker));
  }
  return { done, failed };
}

/** Runs one piece. Answers whether it did not fail; a failure is logged and ends here. */
export async function runPiece(job: Job, piece: Piece, log: Log): Promise<boolean> {
  try {
    await job.run(piece);
    return true;
  } catch (error) {
    log.warn("job_piece_failed", { job: job.name, piece: piece.id, error });
    return false;
  }
}
