/** Boards and sprints of the software projects. */
import { type JiraRecord, type Json, nextId, type Project, type Site } from "./model.ts";

const day_ms = 86_400_000;
const sprint_days = 14;
/** Sprints per project; the last but one is the active one, the last is planned. */
const sprintCount = 8;

/** Makes a board for the project and its sprints, two weeks each. */
export function makeSprints(site: Site, project: Project, today_ms: number): void {
  const boardId = Number(nextId(site, "board"));
  site.boards[boardId] = {
    id: boardId,
    self: `{base}/rest/agile/1.0/board/${boardId}`,
    name: `${project.key} board`,
    type: "scrum",
    location: { projectId: Number(project.id), projectKey: project.key, projectName: project.raw.name ?? "" },
  };
  for (let number = 1; number <= sprintCount; number++) {
    const id = Number(nextId(site, "sprint"));
    const begins_ms = today_ms + (number - sprintCount + 1) * sprint_days * day_ms - 5 * day_ms;
    const ends_ms = begins_ms + sprint_days * day_ms;
    const state = number < sprintCount - 1 ? "closed" : number === sprintCount - 1 ? "active" : "future";
    site.sprints[id] = {
      id,
      self: `{base}/rest/agile/1.0/sprint/${id}`,
      state,
      name: `${project.key} Sprint ${number}`,
      startDate: new Date(begins_ms).toISOString(),
      endDate: new Date(ends_ms).toISOString(),
      ...(state === "closed" ? { completeDate: new Date(ends_ms).toISOString() } : {}),
      originBoardId: boardId,
      goal: "",
    };
  }
}

/** The sprint field of an issue: records on Cloud, the text form of the agile plugin on Data Center. */
export function sprintOf(site: Site, project: Project, number: number, size: number): Json {
  const sprints = Object.values(site.sprints).filter((sprint) =>
    String(sprint.name).startsWith(`${project.key} `),
  );
  const sprint = sprints[Math.min(sprints.length - 1, Math.floor((number / size) * sprints.length))];
  if (sprint === undefined) return null;
  return [site.face === "cloud" ? cloudForm(sprint) : textForm(sprint)];
}

function cloudForm({
  id,
  name,
  state,
  originBoardId,
  goal,
  startDate,
  endDate,
  completeDate,
}: JiraRecord): JiraRecord {
  const form = { id, name, state, boardId: originBoardId, goal, startDate, endDate, completeDate };
  return Object.fromEntries(Object.entries(form).filter(([, value]) => value !== undefined)) as JiraRecord;
}

function textForm(sprint: JiraRecord): string {
  const { id, originBoardId, state, name, startDate, endDate, completeDate } = sprint;
  const values = {
    id,
    rapidViewId: originBoardId,
    state: String(state).toUpperCase(),
    name,
    goal: "",
    startDate,
    endDate,
    completeDate: completeDate ?? "<null>",
    sequence: id,
  };
  const inside = Object.entries(values).map(([key, value]) => `${key}=${String(value)}`);
  return `com.atlassian.greenhopper.service.sprint.Sprint@${(Number(id) * 7919).toString(16)}[${inside.join(",")}]`;
}
