import { LatchkeyError } from "../errors.ts";
import type { Caller } from "./caller.ts";
import type { Json, PageOptions, Query } from "./model.ts";

/** One page of any style, and where the next begins. */
export type Page<Item, Place> = {
  readonly items: readonly Item[];
  /** Absent on the last page. */
  readonly next?: Place;
  readonly total?: number;
};

/** Pages in a row that may bring nothing new before it is called a fault. Filtered pages can be empty honestly. */
const MAX_BARREN = 3;
const MAX_SHRINKS = 10;

function fault(reason: string, details: Readonly<Record<string, unknown>> = {}): LatchkeyError {
  return new LatchkeyError("page_guard", undefined, { details: { reason, ...details } });
}

/**
 * Pages that are named by a token. A token that comes twice would go round for ever; an empty page that promises
 * more is followed a few times, since Jira drops what the account may not see, and then called a fault. Nothing
 * ends silently.
 */
export async function* byToken<Item>(
  readPage: (token: string | undefined) => Promise<Page<Item, string>>,
  first?: string,
): AsyncGenerator<Page<Item, string>> {
  const seen = new Set<string>(first === undefined ? [] : [first]);
  let token = first;
  let barren = 0;
  for (;;) {
    const page = await readPage(token);
    barren = page.items.length === 0 ? barren + 1 : 0;
    yield page;
    if (page.next === undefined) return;
    if (seen.has(page.next)) throw fault("a page token came twice");
    if (barren >= MAX_BARREN) throw fault("empty pages keep promising more", { pages: barren });
    seen.add(page.next);
    token = page.next;
  }
}

/**
 * Pages that are named by where they start. When the total shrinks meanwhile, what was ahead has moved towards
 * us, so as many items are read again and those already seen are left out: none is skipped and none comes twice.
 */
export async function* byOffset<Item>(
  readPage: (start: number) => Promise<Page<Item, number>>,
  idOf: (item: Item) => string,
  first = 0,
): AsyncGenerator<Page<Item, number>> {
  const seen = new Set<string>();
  let start = first;
  let reached = first;
  let total: number | undefined;
  let barren = 0;
  let shrinks = 0;
  for (;;) {
    const page = await readPage(start);
    const shrunk = total !== undefined && page.total !== undefined ? Math.max(0, total - page.total) : 0;
    total = page.total ?? total;
    if (shrunk > 0) {
      if (++shrinks > MAX_SHRINKS) throw fault("the total never stops shrinking", { start });
      start = Math.max(first, start - shrunk);
      continue;
    }
    const fresh = page.items.filter((item) => !seen.has(idOf(item)));
    for (const item of fresh) seen.add(idOf(item));
    // Pages read again after a shrink may honestly bring nothing new.
    if (start >= reached) barren = fresh.length === 0 ? barren + 1 : 0;
    if (fresh.length > 0) shrinks = 0;
    reached = Math.max(reached, start);
    yield { ...page, items: fresh };
    if (page.next === undefined) return;
    if (page.items.length === 0) throw fault("an empty page promises more", { start });
    if (barren >= MAX_BARREN) throw fault("pages bring nothing new", { start });
    start = page.next;
  }
}

const count = (value: unknown) =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

/** The list inside a page: the member that was named, else the known names, else the only list there is. */
function itemsOf(body: Json, named: string | undefined): readonly Json[] {
  const known = named === undefined ? ["values", "issues", "comments", "worklogs"] : [named];
  for (const name of known) if (Array.isArray(body[name])) return body[name] as readonly Json[];
  const lists = named === undefined ? Object.values(body).filter(Array.isArray) : [];
  if (lists.length === 1) return lists[0] as readonly Json[];
  throw fault("the page holds no list", named === undefined ? {} : { items: named });
}

/** Reads a classic page (`startAt`, `total`, `isLast`) or a service management page (`start`, `isLastPage`). */
export function offsetPage(body: Json, asked: number, named?: string): Page<Json, number> {
  const items = itemsOf(body, named);
  const start = count(body.startAt) ?? count(body.start);
  if (start !== undefined && start !== asked)
    throw fault("another page came than the one asked for", { asked, start });
  const total = count(body.total);
  const next = asked + items.length;
  const last = body.isLast ?? body.isLastPage;
  // Without a word of Jira on it, the total decides; without a total, only an empty page is the last for sure.
  const over = typeof last === "boolean" ? last : total === undefined ? items.length === 0 : next >= total;
  return { items, ...(over ? {} : { next }), ...(total === undefined ? {} : { total }) };
}

/** Reads a page that names the next by `nextPageToken`. Without one it is the last, unless it says otherwise. */
export function tokenPage(body: Json, named?: string): Page<Json, string> {
  const items = itemsOf(body, named);
  const { nextPageToken: token, isLast } = body;
  const next = typeof token === "string" && token !== "" && isLast !== true ? token : undefined;
  if (next === undefined && isLast === false) throw fault("a page promises more and names no token");
  return { items, ...(next === undefined ? {} : { next }) };
}

/** What tells two items apart: Jira's own id where there is one. */
export function identityOf(item: unknown): string {
  if (typeof item !== "object" || item === null) return JSON.stringify(item) ?? "";
  const { id, key, accountId, self } = item as Json;
  const found = id ?? key ?? accountId ?? self;
  return typeof found === "string" || typeof found === "number" ? String(found) : JSON.stringify(item);
}

/** Every item of a list, whatever its style of paging, which the first page tells. */
export async function* paginateWith(
  caller: Caller,
  path: string,
  options: PageOptions = {},
): AsyncGenerator<Json> {
  const desk = path.includes("/rest/servicedeskapi/");
  const size = options.page_size ?? 50;
  const read = async (place: Query) => {
    const limit = desk ? { limit: size } : { maxResults: size };
    return (await caller.request({ path, query: { ...limit, ...options.query, ...place } })).json();
  };
  const first = await read({});
  if (Array.isArray(first)) {
    yield* first as Json[];
    return;
  }
  let held: Json | undefined = pageOf(first);
  const style = held.nextPageToken === undefined ? "offset" : "token";
  const page = async (place: Query) => {
    const body = held ?? pageOf(await read(place));
    held = undefined;
    return body;
  };
  const from = count(Number(options.query?.startAt ?? options.query?.start ?? 0)) ?? 0;
  const pages: AsyncIterable<Page<Json, unknown>> =
    style === "token"
      ? byToken(async (nextPageToken) => tokenPage(await page({ nextPageToken }), options.items))
      : byOffset(
          async (start) =>
            offsetPage(await page(desk ? { start } : { startAt: start }), start, options.items),
          identityOf,
          from,
        );
  for await (const { items } of pages) yield* items;
}

function pageOf(answer: unknown): Json {
  if (typeof answer !== "object" || answer === null || Array.isArray(answer))
    throw fault("the answer is no page");
  return answer as Json;
}
