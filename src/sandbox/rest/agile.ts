/** Boards and sprints: reading only. */
import { sprintOf } from "../jql/values.ts";
import type { SandboxResponse } from "../message.ts";
import type { Issue, JiraRecord } from "../world/model.ts";
import { type Call, entry, isObject, issueParam, listed, maySee, ok, type Row, signedIn } from "./call.ts";
import { fieldChoice, issueJson } from "./issue-view.ts";
import { slice } from "./page.ts";
import { JiraError, notFound } from "./refuse.ts";
import { rendered } from "./render.ts";
import { search, tokenPage, wishOf } from "./search.ts";

const BOARD = "/rest/agile/{agile}/board";

function projectOf(call: Call, board: JiraRecord): string | undefined {
  const id = isObject(board.location) ? String(board.location.projectId) : undefined;
  return id !== undefined && call.site.projects[id] !== undefined ? id : undefined;
}

function boardParam(call: Call): JiraRecord {
  signedIn(call);
  const board = entry(call.site.boards, call.params.board);
  const project = board === undefined ? undefined : projectOf(call, board);
  if (board === undefined || (project !== undefined && !maySee(call, call.site.projects[project]))) {
    throw notFound("Board does not exist or you do not have permission to see it.");
  }
  return board;
}

function sprintParam(call: Call): JiraRecord {
  signedIn(call);
  const sprint = entry(call.site.sprints, call.params.sprint);
  if (sprint === undefined) throw notFound(`Sprint does not exist`);
  return sprint;
}

/** `{maxResults, startAt, total, isLast, values}`: a page of the agile API. */
function page(call: Call, all: readonly JiraRecord[]): SandboxResponse {
  const { maxResults, startAt, total, isLast, items } = slice(call, all, 50, 50);
  return ok({ maxResults, startAt, total, isLast, values: items.map((item) => rendered(call, item)) });
}

function boards(call: Call): SandboxResponse {
  signedIn(call);
  const wanted = call.query.get("projectKeyOrId");
  const type = call.query.get("type");
  const name = (call.query.get("name") ?? "").toLowerCase();
  return page(
    call,
    Object.values(call.site.boards).filter((board) => {
      const id = projectOf(call, board);
      const project = id === undefined ? undefined : call.site.projects[id];
      if (project !== undefined && !maySee(call, project)) return false;
      if (wanted !== null && project?.key !== wanted.toUpperCase() && project?.id !== wanted) return false;
      return (type === null || board.type === type) && String(board.name).toLowerCase().includes(name);
    }),
  );
}

/** Issues of a board or a sprint, narrowed by `jql`, in its order. */
async function issuesOf(call: Call, belongs: (issue: Issue) => boolean): Promise<SandboxResponse> {
  const result = await search(call, call.query.get("jql") || "ORDER BY created ASC");
  if (!result.ok) throw new JiraError(400, result.errors);
  const choice = fieldChoice(listed(call, "fields"), "navigable");
  const expand = listed(call, "expand");
  const { startAt, maxResults, total, items } = slice(call, result.issues.filter(belongs), 50, 1000);
  return ok({
    expand: "schema,names",
    startAt,
    maxResults,
    total,
    issues: items.map((issue) => issueJson(call, issue, choice, expand)),
  });
}

/** The same in the token pages of Cloud's newer addresses. */
async function tokenIssues(
  call: Call,
  belongs: (issue: Issue) => boolean,
): Promise<SandboxResponse | undefined> {
  if (call.site.face !== "cloud") return undefined;
  const wish = wishOf(call);
  const result = await search(call, wish.jql || "ORDER BY created ASC");
  if (!result.ok) throw new JiraError(400, result.errors);
  return ok(tokenPage(call, wish, result.issues.filter(belongs), "navigable"));
}

function ofBoard(call: Call): (issue: Issue) => boolean {
  const project = projectOf(call, boardParam(call));
  return (issue) => issue.projectId === project;
}

function ofSprint(call: Call): (issue: Issue) => boolean {
  const id = String(sprintParam(call).id);
  return (issue) => inSprint(issue, id);
}

/** Whether an issue has a sprint, in whichever field it stands. */
function inSprint(issue: Issue, id: string): boolean {
  const fields = isObject(issue.raw.fields) ? issue.raw.fields : {};
  for (const [name, value] of Object.entries(fields)) {
    if (!name.startsWith("customfield_") || !Array.isArray(value)) continue;
    if (value.some((item) => sprintOf(item).state !== "" && sprintOf(item).keys[0] === id)) return true;
  }
  return false;
}

export const agileRows: readonly Row[] = [
  ["GET", BOARD, boards],
  ["GET", `${BOARD}/{board}`, (call) => ok(rendered(call, boardParam(call)))],
  ["GET", `${BOARD}/{board}/issue`, (call) => issuesOf(call, ofBoard(call))],
  ["GET", "/rest/software/{agile}/board/{board}/issue", (call) => tokenIssues(call, ofBoard(call))],
  [
    "GET",
    `${BOARD}/{board}/sprint`,
    (call) => {
      const board = boardParam(call);
      const states = listed(call, "state");
      return page(
        call,
        Object.values(call.site.sprints).filter(
          (sprint) =>
            String(sprint.originBoardId) === String(board.id) &&
            (states.length === 0 || states.includes(String(sprint.state))),
        ),
      );
    },
  ],
  ["GET", "/rest/agile/{agile}/sprint/{sprint}", (call) => ok(rendered(call, sprintParam(call)))],
  ["GET", "/rest/agile/{agile}/sprint/{sprint}/issue", (call) => issuesOf(call, ofSprint(call))],
  ["GET", "/rest/software/{agile}/sprint/{sprint}/issue", (call) => tokenIssues(call, ofSprint(call))],
  [
    "GET",
    "/rest/agile/{agile}/issue/{issue}",
    (call) =>
      ok(
        issueJson(call, issueParam(call), fieldChoice(listed(call, "fields"), "all"), listed(call, "expand")),
      ),
  ],
];
