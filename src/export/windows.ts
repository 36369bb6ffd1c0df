import type { Jira } from "../jira/index.ts";
import type { Window } from "./model.ts";
import { minuteIn, questionOf } from "./question.ts";

const MINUTE_MS = 60_000;
const LARGEST = 2_000;
const SMALLEST = 200;
/** Windows for each reader, so that the last ones do not wait for one. */
const ROUNDS = 4;
/** Those that read at once: what the governor lets through of bulk work at one site. */
export const READERS = 6;

export type WindowPlan = { readonly windows: readonly Window[]; readonly expected: number };

type Span = { readonly from: number; readonly to: number; readonly count: number };

/**
 * Cuts the issues of a question by when they were created, so that they can be read at once: pages by token come one
 * after another. Bounds are words both neighbours share, so every issue is in exactly one window.
 */
export async function planWindows(jira: Jira, jql: string, zone: string): Promise<WindowPlan> {
  const [first, last] = await Promise.all([createdAt(jira, jql, "ASC"), createdAt(jira, jql, "DESC")]);
  if (first === undefined || last === undefined) return { windows: [], expected: 0 };
  const expected = await jira.count(`(${jql})`);
  const size = Math.min(LARGEST, Math.max(SMALLEST, Math.ceil(expected / (READERS * ROUNDS))));
  if (expected <= size) return { windows: [{}], expected };
  const whole = { from: floor(first), to: floor(last) + MINUTE_MS, count: expected };
  const spans = await cut(jira, jql, zone, pieces(whole, Math.ceil(expected / size)), size);
  const bounds = boundsOf(spans, size).map((at) => minuteIn(zone, at));
  // In an hour that comes twice the words go back; such a bound is none.
  const rising = bounds.filter((bound, at) => bounds.slice(0, at).every((before) => before < bound));
  const windows = [undefined, ...rising].map((from, at): Window => {
    const to = rising[at];
    return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  });
  return { windows, expected };
}

const floor = (at: number) => at - (at % MINUTE_MS);

async function createdAt(jira: Jira, jql: string, direction: "ASC" | "DESC"): Promise<number | undefined> {
  const order = `${jql} ORDER BY created ${direction}`;
  const { issues } = await jira.searchPage(order, { fields: ["created"], page_size: 1 });
  const created = Date.parse(String(issues[0]?.fields?.created));
  return Number.isNaN(created) ? undefined : created;
}

function pieces({ from, to }: Span, wanted: number): Omit<Span, "count">[] {
  const minutes = (to - from) / MINUTE_MS;
  const many = Math.max(1, Math.min(wanted, minutes));
  const bounds = Array.from(
    { length: many + 1 },
    (_, at) => from + Math.round((minutes * at) / many) * MINUTE_MS,
  );
  return bounds.slice(1).map((end, at) => ({ from: bounds[at]!, to: end }));
}

/** Counts pieces, a few at once, and cuts those again that hold too many. */
async function cut(
  jira: Jira,
  jql: string,
  zone: string,
  spans: readonly Omit<Span, "count">[],
  size: number,
): Promise<Span[]> {
  const counted: Span[][] = [];
  let next = 0;
  const reader = async () => {
    while (next < spans.length) {
      const at = next++;
      const span = spans[at]!;
      const window = { from: minuteIn(zone, span.from), to: minuteIn(zone, span.to) };
      const asked = questionOf(jql, window).replace(/ ORDER BY .*$/s, "");
      const count = await jira.count(asked);
      const many = span.to - span.from > MINUTE_MS && count > 2 * size;
      const halves = many ? pieces({ ...span, count }, Math.ceil(count / size)) : [];
      counted[at] = many ? await cut(jira, jql, zone, halves, size) : [{ ...span, count }];
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  return counted.flat();
}

/** Neighbours that hold little are one window. */
function boundsOf(spans: readonly Span[], size: number): number[] {
  const bounds: number[] = [];
  let held = 0;
  for (const [at, span] of spans.entries()) {
    held += span.count;
    const next = spans[at + 1];
    if (next === undefined || held + next.count <= size) continue;
    bounds.push(span.to);
    held = 0;
  }
  return bounds;
}
