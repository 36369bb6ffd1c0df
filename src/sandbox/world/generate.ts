/** A project's history, made up from a seed: the same seed gives the same history, told back from today. */
import { createDice, type Dice, jiraDate, jiraDay } from "./dice.ts";
import { epicLinkField, rankField, sprintField, storyPointsField } from "./fields.ts";
import { describeIssue, type IssueDraft } from "./issue.ts";
import { embed } from "./metadata.ts";
import {
  type Issue,
  type JiraRecord,
  type Json,
  nextId,
  type Project,
  putIssue,
  type Site,
  type User,
  type World,
} from "./model.ts";
import { personRecord } from "./people.ts";
import { makeProject } from "./project.ts";
import { makeSprints, sprintOf } from "./sprints.ts";
import { descriptions, labels, type ProjectPlan, remarks, summaries } from "./stories.ts";

const day_ms = 86_400_000;
const history_days = 180;

export type Setting = {
  readonly world: World;
  readonly site: Site;
  readonly dice: Dice;
  /** Midnight of today, milliseconds: everything happened before it. */
  readonly today_ms: number;
};

/** Makes a project and its issues. */
export function generateProject(
  world: World,
  site: Site,
  plan: ProjectPlan,
  seed: number,
  today_ms: number,
): Project {
  const dice = createDice(seed, `${site.id}/${plan.key}`);
  const setting = { world, site, dice, today_ms };
  const project = makeProject(site, plan, world.users, today_ms);
  if (plan.kind === "software") makeSprints(site, project, today_ms);
  for (let number = 1; number <= plan.size; number++) {
    // Keys rise with time: the first issue is the oldest.
    const age_ms = ((plan.size - number + 0.3) / plan.size) * history_days * day_ms;
    const created_ms = today_ms - age_ms + dice.roll(day_ms / 2) - day_ms / 2;
    putIssue(world, site, makeIssue(setting, project, plan, number, Math.floor(created_ms)));
  }
  project.counter = plan.size;
  return project;
}

function makeIssue(
  setting: Setting,
  project: Project,
  plan: ProjectPlan,
  number: number,
  created_ms: number,
): Issue {
  const { site, dice, world } = setting;
  const typeName = typeOf(plan, number, dice);
  const users = Object.values(world.users);
  const thing = dice.pick(plan.things);
  const component = dice.pick(plan.components);
  const draft: IssueDraft = {
    id: nextId(site, "issue"),
    key: `${plan.key}-${number}`,
    project,
    type: Object.values(site.issueTypes).find((type) => type.name === typeName)!,
    summary: dice.pick(summaries[typeName] ?? summaries.Task!)(thing, component),
    description: dice.pick(descriptions)(thing, component) || null,
    priority: site.priorities[dice.pick(["3", "3", "3", "4", "4", "2", "5", "1"])]!,
    status: site.statuses[site.workflows[project.workflow]![""]![0]!.to]!,
    reporter: dice.pick(users),
    assignee: dice.chance(80) ? dice.pick(users) : undefined,
    created_ms,
  };
  const issue = describeIssue(site, draft);
  const fields = issue.raw.fields as JiraRecord;
  decorate(setting, fields, project, plan, component, number, typeName);
  comment(setting, issue, plan, number);
  walk(setting, issue, project, draft.assignee ?? draft.reporter);
  logWork(setting, issue, draft.assignee);
  linkBack(setting, issue, plan, number);
  return issue;
}

function typeOf(plan: ProjectPlan, number: number, dice: Dice): string {
  if (plan.kind === "desk") return dice.pick(["IT Help", "IT Help", "Fault"]);
  if (plan.kind === "software" && number % 15 === 1) return "Epic";
  if (number % 9 === 0) return "Sub-task";
  return dice.pick(plan.kind === "software" ? ["Story", "Story", "Bug", "Task"] : ["Bug", "Task", "Task"]);
}

function decorate(
  { site, dice, today_ms }: Setting,
  fields: JiraRecord,
  project: Project,
  plan: ProjectPlan,
  component: string,
  number: number,
  typeName: string,
): void {
  fields.labels = dice.some(labels, 2);
  const { components, versions } = project.raw as { components: JiraRecord[]; versions: JiraRecord[] };
  fields.components = components.filter((one) => one.name === component).map(shortRecord);
  if (versions.length > 0) {
    fields.fixVersions = dice.chance(60) ? [shortRecord(dice.pick(versions))] : [];
    if (typeName === "Bug") fields.versions = [shortRecord(versions[0]!)];
  }
  if (dice.chance(15)) fields.duedate = jiraDay(today_ms + (dice.roll(40) - 10) * day_ms);
  fields[rankField] = `0|i${number.toString(36).padStart(5, "0")}:`;
  if (plan.kind !== "software") return;
  if (typeName === "Epic") fields.customfield_10012 = fields.summary ?? null;
  else fields[epicLinkField] = `${plan.key}-${Math.floor((number - 1) / 15) * 15 + 1}`;
  if (typeName === "Story") fields[storyPointsField] = dice.pick([1, 2, 3, 5, 8]);
  if (typeName === "Story" || typeName === "Bug")
    fields[sprintField] = sprintOf(site, project, number, plan.size);
}

function shortRecord({
  self,
  id,
  name,
  description,
  archived,
  released,
  releaseDate,
}: JiraRecord): JiraRecord {
  const kept = { self, id, name, description, archived, released, releaseDate };
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)) as JiraRecord;
}

function comment(
  { site, dice, world, today_ms }: Setting,
  issue: Issue,
  plan: ProjectPlan,
  number: number,
): void {
  const cloud = site.face === "cloud";
  const users = Object.values(world.users);
  let at_ms = issue.created_ms;
  for (let left = dice.roll(4); left > 0; left--) {
    at_ms += Math.floor(((today_ms - at_ms) / (left + 1)) * (dice.roll(80) / 100)) + 60_000;
    const author = personRecord(dice.pick(users), cloud);
    const mentioned = dice.pick(users);
    const id = nextId(site, "comment");
    issue.comments.push({
      self: `{base}/rest/api/2/issue/${issue.id}/comment/${id}`,
      id,
      author,
      body: dice
        .pick(remarks)
        .replace("{person}", cloud ? `[~accountid:${mentioned.accountId}]` : `[~${mentioned.name}]`)
        .replace("{key}", `${plan.key}-${1 + dice.roll(Math.max(1, number - 1))}`),
      updateAuthor: author,
      created: jiraDate(at_ms),
      updated: jiraDate(at_ms),
    });
    issue.updated_ms = Math.max(issue.updated_ms, at_ms);
  }
}

/** Moves the issue along its workflow as far as its age lets it, and writes the history of it. */
function walk({ site, dice, today_ms }: Setting, issue: Issue, project: Project, who: User): void {
  const fields = issue.raw.fields as JiraRecord;
  const workflow = site.workflows[project.workflow]!;
  const author = personRecord(who, site.face === "cloud");
  const age_days = (today_ms - issue.created_ms) / day_ms;
  const steps = dice.roll(2 + Math.min(3, Math.floor(age_days / 20)));
  let at_ms = issue.created_ms;
  for (let step = 0; step < steps; step++) {
    const from = fields.status as JiraRecord;
    const ways = (workflow[String(from.id)] ?? []).filter((way) => way.to !== from.id);
    if (ways.length === 0) break;
    const to = site.statuses[dice.pick(ways).to]!;
    at_ms += Math.floor((today_ms - at_ms) / (steps - step + 1)) - dice.roll(day_ms / 24);
    if (at_ms <= issue.created_ms) at_ms = issue.created_ms + 60_000 * (step + 1);
    const items: JiraRecord[] = [changeOf("status", from, to)];
    fields.status = embed(to);
    resolve(site, dice, fields, to, at_ms, items);
    issue.changelog.push({ id: nextId(site, "history"), author, created: jiraDate(at_ms), items });
    issue.updated_ms = Math.max(issue.updated_ms, at_ms);
  }
  fields.updated = jiraDate(issue.updated_ms);
}

function resolve(
  site: Site,
  dice: Dice,
  fields: JiraRecord,
  to: JiraRecord,
  at_ms: number,
  items: JiraRecord[],
): void {
  const done = (to.statusCategory as JiraRecord).key === "done";
  const before = fields.resolution as JiraRecord | null;
  if (done === (before !== null)) return;
  const after = done ? site.resolutions[dice.pick(["1", "1", "10000", "10000", "2", "3"])]! : null;
  fields.resolution = after === null ? null : embed(after);
  fields.resolutiondate = after === null ? null : jiraDate(at_ms);
  items.unshift(changeOf("resolution", before, after));
}

function changeOf(field: string, from: JiraRecord | null, to: JiraRecord | null): JiraRecord {
  return {
    field,
    fieldtype: "jira",
    fieldId: field,
    from: from?.id ?? null,
    fromString: from?.name ?? null,
    to: to?.id ?? null,
    toString: to?.name ?? null,
  } as JiraRecord;
}

const hour_s = 3600;

function logWork({ site, dice }: Setting, issue: Issue, who: User | undefined): void {
  if (who === undefined || !dice.chance(25)) return;
  const author = personRecord(who, site.face === "cloud");
  const hours = 1 + dice.roll(6);
  const id = nextId(site, "worklog");
  const at = jiraDate(issue.updated_ms);
  issue.worklogs.push({
    self: `{base}/rest/api/2/issue/${issue.id}/worklog/${id}`,
    author,
    updateAuthor: author,
    comment: dice.pick(["Reading the code", "Pair work", "Tests and review"]),
    created: at,
    updated: at,
    started: at,
    timeSpent: `${hours}h`,
    timeSpentSeconds: hours * hour_s,
    id,
    issueId: issue.id,
  });
  const fields = issue.raw.fields as JiraRecord;
  fields.timespent = hours * hour_s;
  fields.aggregatetimespent = hours * hour_s;
  fields.timetracking = { timeSpent: `${hours}h`, timeSpentSeconds: hours * hour_s };
}

/** Links the issue to an earlier one of its project: as sub-task, by an issue link, or to a page elsewhere. */
function linkBack({ site, dice }: Setting, issue: Issue, plan: ProjectPlan, number: number): void {
  const fields = issue.raw.fields as JiraRecord;
  const earlier =
    number > 1 ? site.issues[site.keys[`${plan.key}-${1 + dice.roll(number - 1)}`]!] : undefined;
  if (earlier !== undefined) {
    const other = earlier.raw.fields as JiraRecord;
    if ((fields.issuetype as JiraRecord).subtask === true) {
      fields.parent = mention(earlier);
      (other.subtasks as Json[]).push(mention(issue));
    } else if (dice.chance(18)) {
      const type = site.linkTypes[dice.pick(["10000", "10001", "10003"])]!;
      const id = nextId(site, "link");
      const link = { id, self: `{base}/rest/api/2/issueLink/${id}`, type };
      (fields.issuelinks as Json[]).push({ ...link, outwardIssue: mention(earlier) });
      (other.issuelinks as Json[]).push({ ...link, inwardIssue: mention(issue) });
    }
  }
  if (dice.chance(8)) issue.remoteLinks.push(remoteLink(site, issue, plan.things[0]!));
}

function mention(issue: Issue): JiraRecord {
  const { summary, status, priority, issuetype } = issue.raw.fields as JiraRecord;
  return {
    id: issue.id,
    key: issue.key,
    self: `{base}/rest/api/2/issue/${issue.id}`,
    fields: { summary, status, priority, issuetype } as JiraRecord,
  };
}

function remoteLink(site: Site, issue: Issue, thing: string): JiraRecord {
  const id = Number(nextId(site, "remotelink"));
  return {
    id,
    self: `{base}/rest/api/2/issue/${issue.key}/remotelink/${id}`,
    globalId: `https://wiki.example.com/pages/${id}`,
    relationship: "mentioned in",
    object: {
      url: `https://wiki.example.com/pages/${id}`,
      title: `Notes about ${thing}`,
      icon: {},
      status: { icon: {} },
    },
  };
}
