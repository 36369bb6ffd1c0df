/**
 * Sprints as Jira Server and older Data Centers write them into an issue: not as objects but as what a program's
 * own printing gives, `com.atlassian.greenhopper.service.sprint.Sprint@1f[id=7,rapidViewId=3,state=ACTIVE,…]`. They
 * are read as the objects they would be, so that one rule holds for both.
 */
const WRITTEN = /^com\.atlassian\.greenhopper\.service\.sprint\.Sprint@[0-9a-f]{1,16}\[(.*)\]$/s;
/** A name may hold commas and signs of equality; the next known member ends it. */
const MEMBER =
  /(?:^|,)(id|rapidViewId|state|name|startDate|endDate|completeDate|activatedDate|sequence|goal|autoStartStop|synced)=/g;
const NAMES: Readonly<Record<string, string>> = {
  id: "id",
  rapidViewId: "boardId",
  state: "state",
  name: "name",
  startDate: "startDate",
  endDate: "endDate",
  completeDate: "completeDate",
  activatedDate: "activatedDate",
  goal: "goal",
};

/** The value with sprints that are written as text read; whatever else is given is given back. */
export function sprintsOf(value: unknown): unknown {
  if (typeof value === "string") return sprintOf(value);
  if (!Array.isArray(value) || !value.some((one) => typeof one === "string")) return value;
  return value.map((one) => (typeof one === "string" ? sprintOf(one) : one));
}

/** Undefined where a text is no sprint: then nothing of it is known. */
function sprintOf(text: string): Record<string, unknown> | undefined {
  const inner = WRITTEN.exec(text)?.[1];
  if (inner === undefined) return undefined;
  const found = [...inner.matchAll(MEMBER)];
  const out: Record<string, unknown> = {};
  for (const [at, member] of found.entries()) {
    const name = NAMES[member[1]!];
    const given = inner.slice(member.index + member[0].length, found[at + 1]?.index);
    if (name === undefined || Object.hasOwn(out, name)) continue;
    out[name] = given === "<null>" ? null : readMember(name, given);
  }
  return out;
}

function readMember(name: string, text: string): unknown {
  if (name === "state") return text.toLowerCase();
  return (name === "id" || name === "boardId") && /^\d{1,12}$/.test(text) ? Number(text) : text;
}
