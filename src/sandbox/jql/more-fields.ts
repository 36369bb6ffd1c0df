/** Fields of JQL beside those of the issue itself: logged work, estimates, attachments, links, kinds of projects. */
import type { Issue } from "../world/model.ts";
import { EMPTY, EQUAL, type Field, knownPerson, ORDERED, ops } from "./field-kinds.ts";
import { asRecord, fieldOf, instantOfJira, personKeys } from "./values.ts";
import { plainText } from "./words.ts";

function estimate(id: string, name: string): Field {
  const number = (issue: Issue): number | undefined => {
    const value = fieldOf(issue, id);
    return typeof value === "number" ? value : undefined;
  };
  return {
    id,
    name,
    kind: "number",
    unit: "duration",
    operators: ops(EQUAL, ORDERED, EMPTY),
    number,
    sort: number,
  };
}

const worklogAuthor: Field = {
  id: "worklogAuthor",
  name: "worklogAuthor",
  kind: "person",
  operators: ops(EQUAL),
  keys: (issue) => issue.worklogs.flatMap((one) => personKeys(one.author)),
  known: (value, context) => context.site.face === "cloud" || knownPerson(value, context),
};

/** Any of the days on which work was begun: the comparisons ask whether one of them fits. */
const worklogDate: Field = {
  id: "worklogDate",
  name: "worklogDate",
  kind: "date",
  operators: ops(EQUAL, ORDERED),
  numbers: (issue, context) =>
    issue.worklogs.flatMap((one) => {
      const day = String(one.started ?? "").slice(0, 10);
      const at = instantOfJira(day, context.timeZone);
      return at === undefined ? [] : [at];
    }),
};

const worklogComment: Field = {
  id: "worklogComment",
  name: "worklogComment",
  kind: "text",
  operators: ops(["~", "!~"]),
  texts: (issue) => issue.worklogs.map((one) => plainText(one.comment)),
};

const attachments: Field = {
  id: "attachment",
  name: "attachments",
  kind: "option",
  operators: ops(EMPTY),
  keys: (issue) => {
    const list = fieldOf(issue, "attachment");
    return (Array.isArray(list) ? list : []).map((one) => String(asRecord(one)?.id));
  },
};

const issueLinkType: Field = {
  id: "issueLinkType",
  name: "issueLinkType",
  kind: "option",
  operators: ops(EQUAL, EMPTY),
  keys: (issue) => {
    const links = fieldOf(issue, "issuelinks");
    return (Array.isArray(links) ? links : []).flatMap((one) => {
      const link = asRecord(one);
      const type = asRecord(link?.type);
      const way = link?.outwardIssue === undefined ? type?.inward : type?.outward;
      return [type?.id, type?.name, way].map((name) => String(name).toLowerCase());
    });
  },
  known: (value, context) =>
    Object.values(context.site.linkTypes).some((type) =>
      [type.id, type.name, type.inward, type.outward].some((one) => String(one).toLowerCase() === value),
    ),
};

const projectType: Field = {
  id: "projectType",
  name: "projectType",
  kind: "option",
  operators: ops(EQUAL),
  keys: (issue) => [String(asRecord(fieldOf(issue, "project"))?.projectTypeKey ?? "software").toLowerCase()],
  known: (value) => ["software", "business", "service_desk", "product_discovery"].includes(value),
};

/** By the names JQL has for them, in lower case. */
export const MORE_FIELDS: ReadonlyArray<readonly [readonly string[], Field]> = [
  [["originalestimate", "timeoriginalestimate"], estimate("timeoriginalestimate", "originalEstimate")],
  [["remainingestimate", "timeestimate"], estimate("timeestimate", "remainingEstimate")],
  [["timespent"], estimate("timespent", "timeSpent")],
  [["worklogauthor"], worklogAuthor],
  [["worklogdate"], worklogDate],
  [["worklogcomment"], worklogComment],
  [["attachments"], attachments],
  [["issuelinktype"], issueLinkType],
  [["projecttype"], projectType],
];
