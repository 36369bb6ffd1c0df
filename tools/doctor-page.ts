/** docs/doctor.md: what the doctor knows, from its table, and the walks that its tests execute. */
import { type About, ROWS, type Row, STEPS } from "../src/doctor/index.ts";
import { FLAVORS } from "../src/protocol/index.ts";
import { WALKS } from "../test/doctor/walks.ts";

const MADE = "<!-- Made by `node tools/docs.ts` out of the doctor's table and the walks of its tests. -->";

const GROUPS: ReadonlyArray<readonly [prefix: string, title: string]> = [
  ["net-", "Before Jira answers"],
  ["own-", "Latchkey's own"],
  ["cloud-", "Jira Cloud"],
  ["dc-", "Jira Data Center and Server"],
];

/** The page. */
export function doctorPage(): string {
  return `# The doctor

${MADE}

\`latchkey doctor\`, the page \`/doctor\` and \`POST /api/v1/doctor\` walk in this order: ${wrap(STEPS.map((name) => name.replaceAll("_", " ")).join(", "), "")}.
The walk stops at the first cause that is proven, and prints the evidence and the next step for this version of Jira. An
authorize address is never asked: it sends everybody to sign in, whatever is wrong, and proves nothing.

Where Jira refuses a signature, both base strings are shown with the first difference marked, and the setting of the
proxy that makes it. Jira mostly tells the text it signed. Where it does not, the same question is signed for each
address that proxies are known to make of the real one, and the one whose signature Jira takes is the proof.

${GROUPS.map(([prefix, title]) => group(prefix, title)).join("\n\n")}

## From broken to working

Each of these walks is executed by a test: something is broken, the doctor is asked, what it says is done, and so on
until it finds nothing and a person can connect.

${WALKS.map(told).join("\n\n")}
`.replace(/[^\n]{121,}/g, (line) => (line.startsWith("|") ? line : wrap(line)));
}

function group(prefix: string, title: string): string {
  const rows = ROWS.filter(({ id }) => id.startsWith(prefix)).sort(byNumber);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const head = [line(["", "what one sees", "cause", "next step"]), line(["---", "---", "---", "---"])];
  return `## ${title}\n\n${[...head, ...rows.map((row) => line(cells(row)))].join("\n")}`;
}

function cells(row: Row): string[] {
  return [
    `<a id="${row.id}"></a>${row.id}`,
    row.signs,
    `**${row.title}.** ${row.cause}`,
    row.next(example(row)),
  ].map(cell);
}

/** The words as they are where nothing particular is known. */
function example(row: Row): About {
  const flavor = row.flavors.length === 3 ? undefined : row.flavors[0];
  return { flavor, version: "10.3.2", seen: {} };
}

function cell(text: string): string {
  return text
    .replaceAll("|", "\\|")
    .replaceAll("<", "&lt;")
    .replaceAll("&lt;a id", "<a id")
    .replaceAll("&lt;/a", "</a");
}

function byNumber(one: Row, other: Row): number {
  return one.id.localeCompare(other.id, "en", { numeric: true });
}

function told({ title, broken, flavor, steps }: (typeof WALKS)[number]): string {
  const lines = steps.map(([id, { does }], index) => {
    const row = ROWS.find((one) => one.id === id)!;
    return `${index + 1}. The doctor: **${row.title}** ([${id}](#${id})). The person ${does}.`;
  });
  return `### ${title}\n\n${broken} (${FLAVORS[flavor].title})\n\n${lines.join("\n")}\n\nThen nothing is wrong.`;
}

/** Lines of at most 120 characters. */
function wrap(text: string, hang = /^\d+\. /.test(text) ? "   " : ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length + 1 > 116) {
      lines.push(line);
      line = hang + word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}
