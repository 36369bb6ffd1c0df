/** A dance or a failed call as a picture: who said what to whom, in order, with the message at which it stopped marked. */
import type { Lane, Step } from "../../recorder/index.ts";
import { type Html, html, plain } from "../html.ts";
import { took } from "../words/time.ts";

export type Sequence = {
  /** What it is of, and so who stands in it. Default `dance`. */
  readonly of?: "dance" | "call";
  readonly steps: readonly Step[];
  /** Number of the step at which it stopped. */
  readonly stopped_at?: number | undefined;
  /** Why, in a sentence: stands beside the arrow at which it stopped. */
  readonly cause?: string | undefined;
  /** What was still to come. */
  readonly not_reached: readonly string[];
  readonly application: string;
};

const ORDER: readonly Lane[] = ["person", "application", "latchkey", "jira"];
const LETTER = 6.9;
/** What is marked is bold. */
const BOLD = 7.9;
const HEAD = 44;

type Arrow = {
  readonly from: Lane;
  readonly to: Lane;
  readonly text: string;
  readonly below?: string;
  readonly bad: boolean;
  readonly back: boolean;
};

/** The whole drawing in words, for those who do not see it. */
export function sequenceInWords(sequence: Sequence): string {
  const said = arrowsOf(sequence).map(
    (arrow) =>
      `${laneName(arrow.from, sequence)} to ${laneName(arrow.to, sequence)}: ${arrow.text}${arrow.bad ? " (it stopped here)" : ""}`,
  );
  const why = sequence.cause === undefined ? "" : ` Cause: ${sequence.cause}`;
  return `Sequence of the ${sequence.of ?? "dance"}. ${said.join("; ")}.${why}`;
}

/** The drawing at one width in pixels. */
export function drawSequence(sequence: Sequence, width: number): Html {
  const lanes = lanesOf(sequence);
  const arrows = arrowsOf(sequence);
  const compact = width < 600;
  const x = laneX(lanes, width);
  let y = HEAD + 14;
  const drawn = arrows.map((arrow) => {
    const lines = wrap(arrow.text, compact ? Math.floor((width - 8) / LETTER) : roomFor(arrow, x, width));
    const top = y;
    y += 16 * lines.length + (arrow.below && !compact ? 20 : 0) + 22;
    const drawn = drawArrow(arrow, lines, top, x, width, compact);
    if (!arrow.bad || sequence.cause === undefined) return drawn;
    const cause = wrap(sequence.cause, Math.floor((width - 24) / BOLD));
    y += 18 * cause.length + 14;
    return html`${drawn}${drawCause(cause, y - 18 * cause.length - 14, width)}`;
  });
  const rest = restOf(sequence, width);
  const bottom = y + 4;
  const height = bottom + rest.length * 18 + 8;
  return html`<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${sequenceInWords(sequence)}">
${lanes.map((lane) => html`<line class="lane" x1="${x(lane)}" y1="${HEAD - 12}" x2="${x(lane)}" y2="${bottom - 12}"/><text class="strong" text-anchor="${anchorOf(x(lane), width)}" x="${x(lane)}" y="22">${laneName(lane, sequence)}</text>`)}
${drawn}${rest.map((line, index) => html`<text class="soft" x="4" y="${bottom + 12 + index * 18}">${line}</text>`)}</svg>`;
}

function lanesOf({ steps, of }: Sequence): Lane[] {
  const used = new Set<Lane>([
    of === "call" ? "application" : "person",
    "latchkey",
    "jira",
    ...steps.flatMap((step) => [step.from, step.to]),
  ]);
  return ORDER.filter((lane) => used.has(lane));
}

function laneName(lane: Lane, { application }: Sequence): string {
  if (lane === "person") return "You";
  if (lane === "application") return /latchkey/i.test(application) ? "Application" : application.slice(0, 18);
  return lane === "jira" ? "Jira" : "Latchkey";
}

function laneX(lanes: readonly Lane[], width: number): (lane: Lane) => number {
  const edge = width < 600 ? 26 : 70;
  const gap = (width - 2 * edge) / Math.max(lanes.length - 1, 1);
  return (lane) => Math.round(edge + Math.max(lanes.indexOf(lane), 0) * gap);
}

const anchorOf = (at: number, width: number) => (at < 40 ? "start" : at > width - 40 ? "end" : "middle");

function arrowsOf({ steps, stopped_at }: Sequence): Arrow[] {
  return steps.flatMap((step) => {
    const stopped = step.n === stopped_at;
    const { response, problem } = step;
    const forward: Arrow = {
      from: step.from,
      to: step.to,
      text: `${step.n} · ${plain(step.label, 200)}`,
      ...(step.request ? { below: target(step.request) } : {}),
      bad: stopped && response === undefined,
      back: false,
    };
    if (response === undefined) {
      const said = problem ? `: ${plain(problem, 80)}` : "";
      return [{ ...forward, text: `${forward.text}${said}${waited(step)}` }];
    }
    const duration = step.duration_ms === undefined ? "" : ` after ${took(step.duration_ms)}`;
    const back: Arrow = {
      from: step.to,
      to: step.from,
      text: `${response.status}${problem ? ` ${plain(problem, 80)}` : ""}${duration}${waited(step)}`,
      bad: stopped,
      back: true,
    };
    return [forward, back];
  });
}

function waited({ wait_ms }: Step): string {
  return wait_ms === undefined ? "" : `, then waited ${took(wait_ms)}`;
}

/** `POST tracker.test/…/request-token`: where to, without the query. */
function target(request: NonNullable<Step["request"]>): string {
  if (!URL.canParse(request.url)) return request.method;
  const { host, pathname } = new URL(request.url);
  const last = pathname.split("/").filter(Boolean);
  const path = last.length > 2 ? `/…/${last.slice(-2).join("/")}` : pathname;
  return `${request.method} ${host}${path}`;
}

function roomFor(arrow: Arrow, x: (lane: Lane) => number, width: number): number {
  return Math.floor((width - Math.min(x(arrow.from), x(arrow.to)) - 20) / LETTER);
}

function wrap(text: string, letters: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length + 1 > letters) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function drawArrow(
  arrow: Arrow,
  lines: readonly string[],
  top: number,
  x: (lane: Lane) => number,
  width: number,
  compact: boolean,
): Html {
  const from = x(arrow.from);
  const to = x(arrow.to);
  const longest = Math.max(...lines.map((line) => line.length)) * (arrow.bad ? BOLD : LETTER);
  const left = Math.max(4, Math.min(Math.min(from, to) + (to < from ? 18 : 10), width - longest - 4));
  const y = top + 16 * lines.length - 2;
  const ahead = to >= from ? -1 : 1;
  const tip = to + ahead * 3;
  const kind = arrow.bad ? " bad" : arrow.back ? " back" : "";
  const below =
    arrow.below && !compact
      ? html`<text class="soft" x="${Math.max(4, Math.min(left, width - arrow.below.length * LETTER - 4))}" y="${y + 18}">${arrow.below}</text>`
      : "";
  return html`${lines.map((line, index) => html`<text class="${arrow.bad ? "worse" : arrow.back ? "soft" : ""}" x="${left}" y="${top + 8 + index * 16}">${line}</text>`)}<path class="arrow${kind}" d="M${from} ${y}H${tip}m${ahead * 8}-5l${-ahead * 8} 5l${ahead * 8} 5"/>${below}`;
}

/** Beside the arrow it belongs to: right below it, over the whole width, so that it is read and not looked for. */
function drawCause(lines: readonly string[], top: number, width: number): Html {
  const height = 18 * lines.length + 2;
  return html`<rect class="cause" x="4" y="${top - 8}" width="${width - 8}" height="${height + 4}" rx="4"/>${lines.map((line, index) => html`<text class="worse" x="12" y="${top + 6 + index * 18}">${line}</text>`)}`;
}

function restOf({ not_reached }: Sequence, width: number): string[] {
  if (not_reached.length === 0) return [];
  return wrap(`Not reached: ${not_reached.join(", ")}.`, Math.floor((width - 8) / LETTER));
}
