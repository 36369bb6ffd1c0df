import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import type { IssueJson, Jira } from "../jira/index.ts";
import type { Kind, Window } from "./model.ts";
import { ALL_FIELDS, type PageParts, rowsOf } from "./pages.ts";
import { questionOf } from "./question.ts";
import type { Mark, Spool, SpoolWindow } from "./spool.ts";
import { READERS } from "./windows.ts";

export type Reading = {
  readonly jira: Jira;
  readonly spool: Spool;
  readonly page: Omit<PageParts, "skip" | "refused">;
  /** Whether this version of the issue was exported before. */
  readonly known: (issue: IssueJson) => boolean;
  readonly signal: AbortSignal | undefined;
  /** Issues that were read since it was told last. */
  readonly onPage: (issues: number) => void;
};

/** Issues a page; Cloud gives no more. */
const PAGE = 100;
/** How often a window is read from its beginning again. */
const MOST_RESTARTS = 10;

/** Reads windows, several at once, each from where its mark says. The first failure ends them all. */
export async function readWindows(reading: Reading, windows: ReadonlyMap<string, Window>): Promise<void> {
  const names = [...windows.keys()].filter((name) => reading.spool.marks().get(name)?.done !== true);
  let next = 0;
  let failed: { readonly error: unknown } | undefined;
  const reader = async () => {
    while (next < names.length && failed === undefined) {
      const name = names[next++]!;
      try {
        await readWindow(reading, name, windows.get(name)!, () => failed !== undefined);
      } catch (error) {
        failed ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  if (failed) throw failed.error;
}

type Place = { cursor: string | undefined; total: number | undefined; restarts: number };

async function readWindow(
  reading: Reading,
  name: string,
  window: Window,
  ended: () => boolean,
): Promise<void> {
  const mark = reading.spool.marks().get(name);
  const seen = mark === undefined ? new Set<string>() : await seenIn(reading.spool, name);
  const file = await reading.spool.openWindow(name, mark?.at ?? 0);
  try {
    const state = { mark, seen, refused: new Set<Kind>(mark?.refused) };
    if (window.ids === undefined) await readQuestion(reading, window, file, state, ended);
    else await readIds(reading, window.ids, file, state, ended);
  } finally {
    await file.close();
  }
}

type Progress = { readonly mark: Mark | undefined; readonly seen: Set<string>; readonly refused: Set<Kind> };

async function readQuestion(
  reading: Reading,
  window: Window,
  file: SpoolWindow,
  progress: Progress,
  ended: () => boolean,
): Promise<void> {
  const { jira, page } = reading;
  const jql = questionOf(window.jql ?? "", window);
  const place: Place = { cursor: progress.mark?.cursor, total: undefined, restarts: 0 };
  for (;;) {
    reading.signal?.throwIfAborted();
    if (ended()) return;
    const options = {
      fields: ALL_FIELDS,
      page_size: PAGE,
      ...(page.kinds.has("changelog") ? { expand: ["changelog"] } : {}),
      ...(place.cursor === undefined ? {} : { cursor: place.cursor }),
    };
    const found = await jira.searchPage(jql, options).catch((error: unknown) => restarted(place, error));
    if (found === undefined) continue;
    // What was ahead has moved towards us: read again from the beginning, and what was read is left out.
    if (place.total !== undefined && found.total !== undefined && found.total < place.total) {
      place.total = found.total;
      restart(place);
      continue;
    }
    place.total = found.total;
    const { next } = found;
    await addPage(
      reading,
      file,
      progress,
      found.issues,
      next === undefined ? { done: true } : { cursor: next },
    );
    if (next === undefined) return;
    place.cursor = next;
  }
}

/** A place in a list may have ended, after a week or with the server; the list is read again from its beginning. */
function restarted(place: Place, error: unknown): undefined {
  const stale = isLatchkeyError(error) && ["jira_bad_request", "page_guard"].includes(error.code);
  if (!stale || place.cursor === undefined || place.restarts >= MOST_RESTARTS) throw error;
  restart(place);
  return undefined;
}

function restart(place: Place): void {
  if (++place.restarts > MOST_RESTARTS) {
    throw new LatchkeyError("page_guard", undefined, {
      details: { reason: "the total never stops shrinking" },
    });
  }
  place.cursor = undefined;
}

async function readIds(
  reading: Reading,
  ids: readonly string[],
  file: SpoolWindow,
  progress: Progress,
  ended: () => boolean,
): Promise<void> {
  const left = ids.filter((id) => !progress.seen.has(id));
  for (let at = 0; at < left.length || at === 0; at += PAGE) {
    reading.signal?.throwIfAborted();
    if (ended()) return;
    const expand = reading.page.kinds.has("changelog") ? { expand: ["changelog"] } : {};
    const issues: IssueJson[] = [];
    const some = left.slice(at, at + PAGE);
    for await (const issue of reading.jira.bulkFetch(some, { fields: ALL_FIELDS, ...expand }))
      issues.push(issue);
    await addPage(reading, file, progress, issues, at + PAGE >= left.length ? { done: true } : {});
  }
}

async function addPage(
  reading: Reading,
  file: SpoolWindow,
  { seen, refused }: Progress,
  issues: readonly IssueJson[],
  where: Pick<Mark, "cursor" | "done">,
): Promise<void> {
  const rows = await rowsOf(
    {
      ...reading.page,
      kinds: new Set([...reading.page.kinds].filter((kind) => !refused.has(kind))),
      refused: (kind) => refused.add(kind),
      skip: (issue) => seen.has(issue.id) || reading.known(issue),
    },
    issues,
  );
  const before = seen.size;
  for (const { id } of issues) seen.add(id);
  const told = refused.size === 0 ? {} : { refused: [...refused].sort() };
  await file.add(rows, { issues: seen.size, ...where, ...told });
  reading.onPage(seen.size - before);
}

async function seenIn(spool: Spool, name: string): Promise<Set<string>> {
  const seen = new Set<string>();
  for await (const { bytes } of spool.read([name], "versions"))
    for (const line of bytes.toString().split("\n")) if (line !== "") seen.add(line.split(" ")[0]!);
  return seen;
}
