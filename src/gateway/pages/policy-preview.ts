/** One answer as Jira gave it, beside what leaves of it. For the operator alone. */
import type { PreviewLine } from "../../policy/index.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { counted } from "../words/time.ts";

export type Previewed = {
  readonly operation: string;
  /** What was asked of Jira, tokens of people put back. */
  readonly asked: string;
  readonly lines: readonly PreviewLine[];
};

/** A page is read by people: of a longer answer the first lines are shown. */
const MOST_LINES = 3000;
/** More lines that are left out together are one row, which opens. */
const LONGEST_RUN = 2;
const MOST_NAMES = 12;
const WORDS = { same: "unchanged", changed: "changed", "left-out": "left out" } as const;
const SIGNS = { same: "", changed: "~", "left-out": "✕" } as const;

export function previewSection({ operation, asked, lines }: Previewed): Html {
  const gone = lines.filter(({ change }) => change === "left-out").length;
  const changed = lines.filter(({ change }) => change === "changed").length;
  const rest = lines.length - MOST_LINES;
  return html`<section class="sheet" aria-labelledby="both"><h2 id="both">Both sides</h2>
<p class="small soft"><code>${asked}</code>, read as <code>${operation}</code>. ${counted(gone, "line")} left out, ${changed} changed.</p>
<table class="sides"><caption class="unseen">The answer of Jira and what leaves of it, line by line</caption><thead><tr><th scope="col">As Jira answered</th><th scope="col"><span class="unseen">What becomes of it</span></th><th scope="col">As it leaves</th></tr></thead><tbody>
${runsOf(lines.slice(0, MOST_LINES)).map((run) => (run.length > LONGEST_RUN ? folded(run) : run.map(row)))}</tbody></table>
${rest > 0 ? html`<p class="small soft">${counted(rest, "further line")} ${rest === 1 ? "is" : "are"} not shown here. <code>latchkey policy preview</code> shows all.</p>` : nothing}</section>`;
}

/** Lines that are left out one after the other stand together; every other line is alone. */
function runsOf(lines: readonly PreviewLine[]): PreviewLine[][] {
  const runs: PreviewLine[][] = [];
  for (const line of lines) {
    const last = runs.at(-1);
    if (line.change === "left-out" && last?.[0]?.change === "left-out") last.push(line);
    else runs.push([line]);
  }
  return runs;
}

function folded(run: readonly PreviewLine[]): Html {
  const outermost = Math.min(...run.map(({ depth }) => depth));
  const names = run.flatMap(({ depth, original }) =>
    depth === outermost ? (/^"((?:[^"\\]|\\.)*)": /.exec(original)?.slice(1) ?? []) : [],
  );
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
  const said = names.slice(0, MOST_NAMES).join(", ");
  const text = run.map((line) => `${"  ".repeat(line.depth)}${plain(line.original, 500)}`).join("\n");
  return html`<tr class="left-out"><td><details><summary><span><code>${plain(said, 500) || "…"}${more}</code> <span class="small soft">${counted(run.length, "line")}</span></span></summary><pre tabindex="0">${text}</pre></details></td>${signOf("left-out")}<td></td></tr>`;
}

function signOf(change: PreviewLine["change"]): Html {
  const sign = SIGNS[change];
  return html`<td class="sign">${sign === "" ? nothing : html`<span aria-hidden="true">${sign}</span><span class="unseen">${WORDS[change]}</span>`}</td>`;
}

function row({ depth, original, outgoing, change }: PreviewLine): Html {
  const indent = "  ".repeat(depth);
  const side = (text: string) => (text === "" ? nothing : html`<code>${indent}${plain(text, 500)}</code>`);
  return html`<tr class="${change}"><td>${side(original)}</td>${signOf(change)}<td>${side(outgoing)}</td></tr>`;
}
