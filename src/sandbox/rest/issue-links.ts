/** Links between issues, and their types. */
import { empty } from "../message.ts";
import { type Issue, type JiraRecord, nextId } from "../world/model.ts";
import {
  bodyObject,
  type Call,
  entry,
  isObject,
  issueCalled,
  maySee,
  ok,
  type Row,
  signedIn,
} from "./call.ts";
import { beginEdit, type HistoryItem, recordHistory, writableFields } from "./edits.ts";
import { badFields, JiraError, notFound } from "./refuse.ts";
import { rendered } from "./render.ts";

type Link = {
  readonly type: JiraRecord;
  readonly inward: Issue | undefined;
  readonly outward: Issue | undefined;
};

function linkType(call: Call, wanted: unknown): JiraRecord {
  const found = Object.values(call.site.linkTypes).find(
    (type) =>
      isObject(wanted) &&
      (String(type.id) === String(wanted.id) ||
        [type.name, type.inward, type.outward].includes(wanted.name ?? null)),
  );
  if (found !== undefined) return found;
  const name = isObject(wanted) ? String(wanted.name ?? wanted.id ?? "null") : "null";
  throw new JiraError(404, [`No issue link type with name '${name}' found.`]);
}

function end(call: Call, wanted: unknown): Issue | undefined {
  if (!isObject(wanted)) return undefined;
  const key = String(wanted.key ?? wanted.id ?? "");
  const issue = issueCalled(call, key);
  if (issue === undefined || !maySee(call, call.site.projects[issue.projectId])) {
    throw notFound("Issue does not exist or you do not have permission to see it.");
  }
  return issue;
}

/** A link to the issue that is being written: `{type, inwardIssue?, outwardIssue?}`. */
export function readIssueLink(call: Call, value: JiraRecord): Link {
  const link = {
    type: linkType(call, value.type),
    inward: end(call, value.inwardIssue),
    outward: end(call, value.outwardIssue),
  };
  if (link.inward === undefined && link.outward === undefined) {
    throw badFields({ issuelinks: "An issue link must name an inwardIssue or an outwardIssue." });
  }
  return link;
}

/** Adds a link read by `readIssueLink` to an issue, and its other half to the other issue. */
export function addIssueLink(call: Call, issue: Issue, link: Link): void {
  join(call, link.type, link.inward ?? issue, link.outward ?? issue);
}

function join(call: Call, type: JiraRecord, inward: Issue, outward: Issue): void {
  const id = nextId(call.site, "link");
  half(call, inward, { id, type, outwardIssue: short(outward) });
  half(call, outward, { id, type, inwardIssue: short(inward) });
  recordHistory(call, inward, [linkItem(type, outward, "outward", true)]);
  recordHistory(call, outward, [linkItem(type, inward, "inward", true)]);
  tell(call, "issuelink_created", { id, type }, inward, outward);
}

function tell(call: Call, event: string, link: JiraRecord, inward: Issue, outward: Issue): void {
  const issueLink = {
    id: Number(link.id),
    sourceIssueId: Number(inward.id),
    destinationIssueId: Number(outward.id),
    issueLinkType: rendered(call, link.type),
    systemLink: false,
  };
  call.happenings.push({ event, issue: inward, more: { issueLink } });
}

/** What the history says of a link that came or went, seen from one end. */
function linkItem(type: JiraRecord, other: Issue, way: "inward" | "outward", came: boolean): HistoryItem {
  const end = [other.key, `This issue ${String(type[way])} ${other.key}`] as const;
  const none = [null, null] as const;
  const names = { field: "Link", fieldId: "issuelinks", custom: false };
  return came ? { ...names, from: none, to: end } : { ...names, from: end, to: none };
}

function half(call: Call, issue: Issue, link: JiraRecord): void {
  const fields = beginEdit(call, issue);
  const links = Array.isArray(fields.issuelinks) ? fields.issuelinks : [];
  fields.issuelinks = [...links, { ...link, self: `{base}/rest/api/2/issueLink/${String(link.id)}` }];
}

function short(issue: Issue): JiraRecord {
  const { summary, status, priority, issuetype } = writableFields(issue);
  return {
    id: issue.id,
    key: issue.key,
    self: `{base}/rest/api/2/issue/${issue.id}`,
    fields: {
      summary: summary ?? null,
      status: status ?? null,
      priority: priority ?? null,
      issuetype: issuetype ?? null,
    },
  };
}

function linksOf(issue: Issue): JiraRecord[] {
  const links = writableFields(issue).issuelinks;
  return Array.isArray(links) ? links.filter(isObject) : [];
}

function holders(call: Call): { issues: Issue[]; link: JiraRecord } {
  const issues = Object.values(call.site.issues).filter(
    (issue) =>
      maySee(call, call.site.projects[issue.projectId]) &&
      linksOf(issue).some((link) => String(link.id) === call.params.link),
  );
  const link =
    issues[0] === undefined
      ? undefined
      : linksOf(issues[0]).find((one) => String(one.id) === call.params.link);
  if (link === undefined) throw notFound(`No issue link with id '${call.params.link}' exists.`);
  return { issues, link };
}

export const issueLinkRows: readonly Row[] = [
  [
    "GET",
    "/rest/api/{version}/issueLinkType",
    (call) => {
      const issueLinkTypes = Object.values(call.site.linkTypes).map((type) => rendered(call, type));
      return ok({ issueLinkTypes });
    },
  ],
  [
    "GET",
    "/rest/api/{version}/issueLinkType/{type}",
    (call) => {
      const type = entry(call.site.linkTypes, call.params.type);
      if (type === undefined) throw notFound(`No issue link type with id '${call.params.type}' found.`);
      return ok(rendered(call, type));
    },
  ],
  [
    "POST",
    "/rest/api/{version}/issueLink",
    (call) => {
      signedIn(call);
      const body = bodyObject(call);
      const { type, inward, outward } = readIssueLink(call, body);
      if (inward === undefined || outward === undefined)
        throw badFields({ issuelinks: "Both issues must be named." });
      join(call, type, inward, outward);
      return empty(201);
    },
  ],
  [
    "GET",
    "/rest/api/{version}/issueLink/{link}",
    (call) => {
      const { issues, link } = holders(call);
      const other = link.outwardIssue === undefined ? "outwardIssue" : "inwardIssue";
      return ok(rendered(call, { ...link, [other]: short(issues[0] as Issue) }));
    },
  ],
  [
    "DELETE",
    "/rest/api/{version}/issueLink/{link}",
    (call) => {
      signedIn(call);
      const { issues, link } = holders(call);
      const [one, two] = issues;
      if (one !== undefined && two !== undefined) {
        const inward = link.outwardIssue === undefined ? two : one;
        tell(call, "issuelink_deleted", link, inward, inward === one ? two : one);
      }
      for (const issue of issues) {
        const fields = beginEdit(call, issue);
        const own = linksOf(issue).find((one) => String(one.id) === String(link.id));
        fields.issuelinks = linksOf(issue).filter((one) => one !== own);
        const way = own?.outwardIssue === undefined ? "inward" : "outward";
        const other = own?.outwardIssue ?? own?.inwardIssue;
        const there = isObject(other) ? call.site.issues[String(other.id)] : undefined;
        if (there !== undefined && isObject(own?.type))
          recordHistory(call, issue, [linkItem(own.type, there, way, false)]);
      }
      return empty(204);
    },
  ],
];
