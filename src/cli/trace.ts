/** A record as a sequence in text: who said what to whom, with the message at which it stopped marked. */
import type { Lane, Step } from "../recorder/index.ts";

export type Traced = {
  readonly steps: readonly Step[];
  /** Number of the step at which it stopped. */
  readonly stopped_at?: number | undefined;
  /** Why, in a sentence: stands below that step. */
  readonly cause?: string | undefined;
};

const ORDER: readonly Lane[] = ["person", "application", "latchkey", "jira"];
const NAMES = { person: "You", application: "Application", latchkey: "Latchkey", jira: "Jira" } as const;
/** Characters from one lane to the next. */
const GAP = 16;

/** The step at which a failed record stopped: the last one sent to Jira that met a problem, else the last one. */
export function stoppedAt(steps: readonly Step[]): number | undefined {
  const sent = steps.filter(({ to }) => to === "jira");
  const met = steps.findLast(({ problem }) => problem !== undefined);
  return (sent.findLast(({ problem }) => problem !== undefined) ?? met ?? steps.at(-1))?.n;
}

/** The lines of the drawing; plain ASCII, so that it can be pasted anywhere. */
export function traceLines({ steps, stopped_at, cause }: Traced): string[] {
  const lanes = ORDER.filter((lane) => steps.some(({ from, to }) => from === lane || to === lane));
  const at = (lane: Lane) => lanes.indexOf(lane) * GAP;
  const rest = (text: string) => `${blank(lanes.length)}    ${text}`.trimEnd();
  const head = lanes.map((lane) => NAMES[lane].padEnd(GAP)).join("");
  return [
    head.trimEnd(),
    ...steps.flatMap((step) => {
      const stopped = step.n === stopped_at;
      const { response, problem, wait_ms, request, oauth1 } = step;
      const go = arrow(lanes.length, at(step.from), at(step.to), stopped && response === undefined);
      const back = response && arrow(lanes.length, at(step.to), at(step.from), stopped);
      const said = problem === undefined ? "" : ` ${printable(problem)}`;
      return [
        `${go}    ${step.n}. ${printable(step.label)}${response ? "" : said}`,
        ...(request ? [rest(`${printable(request.method)} ${printable(request.url)}`)] : []),
        ...(back ? [`${back}    ${response.status}${said}${duration(step.duration_ms)}`] : []),
        ...(oauth1 ? [rest(`signature ${oauth1.signature}`)] : []),
        ...(wait_ms === undefined ? [] : [rest(`waited ${seconds(wait_ms)}, then again`)]),
        ...(stopped ? [rest(`^ here it stopped${cause === undefined ? "" : `: ${cause}`}`)] : []),
      ];
    }),
  ];
}

function blank(lanes: number): string {
  return Array.from({ length: lanes }, () => "|".padEnd(GAP)).join("");
}

function arrow(lanes: number, from: number, to: number, bad: boolean): string {
  const row = [...blank(lanes)];
  const [left, right] = from < to ? [from, to] : [to, from];
  for (let i = left + 1; i < right; i++) row[i] = bad ? "=" : "-";
  if (from < to) row[right - 1] = ">";
  else row[left + 1] = "<";
  if (bad) row[Math.floor((left + right) / 2)] = "X";
  return row.join("");
}

function duration(ms: number | undefined): string {
  return ms === undefined ? "" : ` after ${seconds(ms)}`;
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Nothing that a terminal would obey. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, 400);
}
