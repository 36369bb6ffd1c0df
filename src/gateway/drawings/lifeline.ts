/** The life of a consent, drawn to scale: when it was given, today, and every date at which it would end. */
import { type Html, html } from "../html.ts";
import { day } from "../words/time.ts";

export type Life = {
  readonly now: number;
  readonly consented_at: number;
  /** Moves with every use. */
  readonly idle_expires_at?: number | undefined;
  readonly absolute_expires_at?: number | undefined;
  readonly warn_at?: number | undefined;
  readonly dead_at?: number | undefined;
};

type Mark = {
  readonly at: number;
  readonly kind: "consent" | "today" | "soon" | "end" | "dead";
  readonly word: string;
};
type Label = {
  readonly mark: Mark;
  /** Where the mark stands. */
  readonly x: number;
  /** Where the text stands, and which end of it. */
  readonly at: number;
  readonly anchor: "start" | "middle" | "end";
  /** Rows above the line, or below it when negative. */
  readonly level: number;
};

/** Pixels per letter of the 13 px font, on the generous side. */
const LETTER = 7.1;
const ROW = 38;
const PAD = 12;

/** The dates in one sentence: what the drawing says, for those who do not see it. */
export function lifeInWords(life: Life): string {
  return marksOf(life)
    .map((mark) => `${mark.word} ${day(mark.at)}`)
    .join(", ")
    .concat(".");
}

/** The drawing at one width in pixels; `undefined` where nothing has a date to end at. */
export function lifeline(life: Life, width: number): Html | undefined {
  const marks = marksOf(life);
  const end = Math.max(...marks.map((mark) => mark.at));
  if (!marks.some((mark) => mark.kind === "end" || mark.kind === "soon" || mark.kind === "dead"))
    return undefined;
  const start = life.consented_at;
  const scale = (at: number) =>
    PAD + ((Math.min(Math.max(at, start), end) - start) / Math.max(end - start, 1)) * (width - 2 * PAD);
  const labels = place(marks, scale, width);
  const above = Math.max(...labels.map((label) => label.level), 0);
  const below = Math.max(...labels.map((label) => -label.level), 0);
  const y = above * ROW + 16;
  const height = y + below * ROW + 18;
  const today = scale(Math.min(life.now, life.dead_at ?? life.now));
  return html`<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${lifeInWords(life)}">
<line class="track" x1="${PAD}" y1="${y}" x2="${width - PAD}" y2="${y}"/>
<line class="${life.dead_at === undefined ? "past" : "past over"}" x1="${PAD}" y1="${y}" x2="${round(today)}" y2="${y}"/>
${labels.map((label) => drawLabel(label, y))}${marks.map((mark) => drawMark(mark, scale(mark.at), y))}</svg>`;
}

function marksOf(life: Life): Mark[] {
  const marks: Mark[] = [{ at: life.consented_at, kind: "consent", word: "consent" }];
  if (life.dead_at !== undefined) marks.push({ at: life.dead_at, kind: "dead", word: "stopped working" });
  marks.push({ at: life.now, kind: "today", word: "today" });
  const { idle_expires_at: idle, absolute_expires_at: end, warn_at } = life;
  if (idle !== undefined && idle !== end)
    marks.push({ at: idle, kind: "soon", word: "idle limit, moves with use" });
  if (warn_at !== undefined && warn_at > life.now && warn_at !== idle)
    marks.push({ at: warn_at, kind: "soon", word: "we warn you" });
  if (end !== undefined) marks.push({ at: end, kind: "end", word: "consent ends" });
  return marks.sort((a, b) => a.at - b.at);
}

/** Gives each label the nearest free row, above and below the line in turn, so that no two touch. */
function place(marks: readonly Mark[], scale: (at: number) => number, width: number): Label[] {
  const rows = new Map<number, Array<readonly [number, number]>>();
  return marks.map((mark) => {
    const x = scale(mark.at);
    const room = Math.max(mark.word.length, day(mark.at).length) * LETTER;
    const left = Math.min(Math.max(x - room / 2, 0), width - room);
    const anchor = left === 0 ? "start" : left === width - room ? "end" : "middle";
    const order = mark.kind === "consent" ? [-1, -2, -3, 1, 2, 3] : [1, -1, 2, -2, 3, -3, 4, -4];
    const level = order.find((row) => free(rows.get(row) ?? [], left, left + room)) ?? 5;
    rows.set(level, [...(rows.get(level) ?? []), [left, left + room]]);
    const at = anchor === "start" ? 0 : anchor === "end" ? width : x;
    return { mark, x, at, anchor, level };
  });
}

function free(taken: ReadonlyArray<readonly [number, number]>, left: number, right: number): boolean {
  return taken.every(([from, to]) => right + 10 < from || left > to + 10);
}

function drawLabel({ mark, x, at, anchor, level }: Label, y: number): Html {
  const top = level > 0 ? y - level * ROW : y + 28 - (level + 1) * ROW;
  const strong = mark.kind === "today" ? "strong" : mark.kind === "dead" ? "worse" : "";
  const reach = level > 0 ? top + 21 : top - 13;
  const leader =
    Math.abs(level) > 1
      ? html`<line class="leader" x1="${round(x)}" y1="${y}" x2="${round(x)}" y2="${reach}"/>`
      : "";
  return html`${leader}<text class="${strong}" text-anchor="${anchor}" x="${round(at)}" y="${top}">${mark.word}</text><text class="soft" text-anchor="${anchor}" x="${round(at)}" y="${top + 16}">${day(mark.at)}</text>`;
}

function drawMark(mark: Mark, x: number, y: number): Html {
  const at = round(x);
  if (mark.kind === "today")
    return html`<line class="today" x1="${at}" y1="${y - 14}" x2="${at}" y2="${y + 14}"/>`;
  if (mark.kind === "soon") return html`<path class="mark-soon" d="M${at} ${y - 10}l10 10-10 10-10-10z"/>`;
  if (mark.kind === "dead") return html`<path class="mark-dead" d="M${at} ${y - 11}l11 20h-22z"/>`;
  if (mark.kind === "end")
    return html`<rect class="mark-dead" x="${at - 6}" y="${y - 12}" width="12" height="24" rx="2"/>`;
  return html`<circle class="mark-well" cx="${at}" cy="${y}" r="7"/>`;
}

const round = (value: number) => Math.round(value * 10) / 10;
