/** Paging in the styles of the Jira API. */
import { type Call, wholeNumber } from "./call.ts";

export type Slice<T> = {
  readonly startAt: number;
  readonly maxResults: number;
  readonly total: number;
  readonly isLast: boolean;
  readonly items: readonly T[];
};

/** The part of a list the caller asked for; more than `most` is quietly taken as `most`, as Jira does. */
export function slice<T>(call: Call, all: readonly T[], usual: number, most: number): Slice<T> {
  const startAt = Math.max(0, wholeNumber(call, "startAt", 0));
  const wanted = wholeNumber(call, "maxResults", usual);
  const maxResults = Math.min(most, wanted < 0 ? usual : wanted);
  const items = all.slice(startAt, startAt + maxResults);
  return { startAt, maxResults, total: all.length, isLast: startAt + items.length >= all.length, items };
}

/** `{self, nextPage?, startAt, maxResults, total, isLast, values}`. */
export function classicPage<T>(
  call: Call,
  path: string,
  all: readonly T[],
  render: (item: T) => unknown,
  usual = 50,
  most = 100,
): unknown {
  const { startAt, maxResults, total, isLast, items } = slice(call, all, usual, most);
  const link = (from: number): string => {
    const query = new URLSearchParams(call.query);
    query.set("maxResults", String(maxResults));
    query.set("startAt", String(from));
    return `${call.base}${path}?${query}`;
  };
  return {
    self: link(startAt),
    ...(isLast ? {} : { nextPage: link(startAt + maxResults) }),
    maxResults,
    startAt,
    total,
    isLast,
    values: items.map(render),
  };
}
