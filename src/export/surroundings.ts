import { isLatchkeyError } from "../errors.ts";
import type { Jira, Json } from "../jira/index.ts";
import type { Kind } from "./model.ts";
import type { Rows } from "./pages.ts";
import type { Treatment } from "./treatment.ts";

export type Surroundings = {
  readonly rows: Rows;
  readonly refused: readonly Kind[];
};

/** What a site has besides issues: projects that the account sees, and the sprints of their boards. */
export async function readSurroundings(
  jira: Jira,
  treatment: Treatment,
  kinds: ReadonlySet<Kind>,
): Promise<Surroundings> {
  const rows: Rows = new Map();
  const refused: Kind[] = [];
  const read = async (kind: "projects" | "sprints", from: () => AsyncIterable<Json>) => {
    if (!kinds.has(kind)) return;
    const lines: string[] = [];
    try {
      for await (const item of from())
        for (const one of treatment.list(kind, [item])) lines.push(`${JSON.stringify(one)}\n`);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refused.push(kind);
    }
    if (lines.length > 0) rows.set(kind, lines);
  };
  await read("projects", () => jira.projects());
  await read("sprints", () => sprintsOf(jira));
  return { rows, refused };
}

/** Sprints stand on boards; one may stand on several. */
async function* sprintsOf(jira: Jira): AsyncGenerator<Json> {
  const seen = new Set<string>();
  for await (const board of jira.paginate("/rest/agile/1.0/board")) {
    // Only Scrum boards, and those of team-managed projects, can have sprints.
    if (board.type === "kanban") continue;
    try {
      for await (const sprint of jira.paginate(`/rest/agile/1.0/board/${Number(board.id)}/sprint`)) {
        if (seen.has(String(sprint.id))) continue;
        seen.add(String(sprint.id));
        yield sprint;
      }
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
}

/** The site has no such thing, or the account may not see it. */
function isRefusal(error: unknown): boolean {
  const codes = ["jira_not_found", "jira_forbidden", "scope_missing", "jira_bad_request"];
  return isLatchkeyError(error) && codes.includes(error.code);
}
