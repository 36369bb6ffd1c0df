/** The lists a site is described by: fields, statuses, priorities, types, resolutions, roles, filters. */
import type { JiraRecord, Site } from "../world/model.ts";
import { type Call, entry, isObject, listed, ok, type Row, signedIn } from "./call.ts";
import { classicPage } from "./page.ts";
import { badRequest, notFound } from "./refuse.ts";
import { rendered } from "./render.ts";

type Table = (site: Site) => Record<string, JiraRecord>;

/** GET of a whole table and of one entry by id or name, as most of Jira's metadata has it. */
function table(path: string, what: string, of: Table): Row[] {
  return [
    [
      "GET",
      `/rest/api/{version}/${path}`,
      (call) => (denied(call) ? ok([]) : ok(Object.values(of(call.site)).map((row) => rendered(call, row)))),
    ],
    [
      "GET",
      `/rest/api/{version}/${path}/{id}`,
      (call) => {
        const wanted = call.params.id ?? "";
        const rows = of(call.site);
        const row = Object.hasOwn(rows, wanted)
          ? rows[wanted]
          : Object.values(rows).find((one) => String(one.name) === wanted || one.key === wanted);
        if (row === undefined || denied(call))
          throw notFound(`The ${what} with id '${wanted.slice(0, 100)}' does not exist`);
        return ok(rendered(call, row));
      },
    ],
  ];
}

/** Anonymous callers see no metadata: no project of the sandbox is open to them. */
function denied(call: Call): boolean {
  if (call.user !== undefined) return false;
  if (call.site.face === "cloud") return true;
  signedIn(call);
  return true;
}

function fieldJson(call: Call, record: JiraRecord): JiraRecord {
  const shown = rendered(call, record) as JiraRecord;
  if (call.site.face === "cloud") shown.key ??= shown.id ?? null;
  return shown;
}

/** A field as the paged search of Cloud tells it: less of how it behaves, more of where it is used. */
function fieldFound(call: Call, record: JiraRecord): JiraRecord {
  const { id, name, schema } = rendered(call, record) as JiraRecord;
  return {
    id: id ?? null,
    key: id ?? null,
    name: name ?? null,
    schema: schema ?? { type: "any" },
    description: "",
  };
}

export const metadataRows: readonly Row[] = [
  [
    "GET",
    "/rest/api/{version}/field",
    (call) =>
      denied(call) ? ok([]) : ok(Object.values(call.site.fields).map((field) => fieldJson(call, field))),
  ],
  [
    "GET",
    "/rest/api/{version}/field/search",
    (call) => {
      if (call.site.face !== "cloud") return undefined;
      signedIn(call);
      const text = (call.query.get("query") ?? "").toLowerCase();
      const types = call.query.getAll("type");
      const ids = listed(call, "id");
      const all = Object.values(call.site.fields).filter(
        (field) =>
          String(field.name).toLowerCase().includes(text) &&
          (ids.length === 0 || ids.includes(String(field.id))) &&
          (types.length === 0 || types.includes(field.custom === true ? "custom" : "system")),
      );
      const order = call.query.get("orderBy") ?? "name";
      if (!/^[-+]?(?:name|contextsCount|lastUsed|screensCount|projectsCount)$/.test(order))
        throw badRequest(`The value '${order.slice(0, 60)}' of 'orderBy' is not valid.`);
      all.sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1));
      if (order.startsWith("-")) all.reverse();
      return ok(
        classicPage(call, `/rest/api/${call.version}/field/search`, all, (field) => fieldFound(call, field)),
      );
    },
  ],
  ...table("status", "status", (site) => site.statuses),
  ...table("statuscategory", "status category", (site) => site.statusCategories),
  ...table("priority", "priority", (site) => site.priorities),
  ...table("issuetype", "issue type", (site) => site.issueTypes),
  ...table("resolution", "resolution", (site) => site.resolutions),
  ...table("role", "project role", (site) => site.roles),
  [
    "GET",
    "/rest/api/{version}/statuses/search",
    (call) => {
      if (call.site.face !== "cloud") return undefined;
      signedIn(call);
      const names: Record<string, string> = { new: "TODO", indeterminate: "IN_PROGRESS", done: "DONE" };
      const page = classicPage(
        call,
        `/rest/api/${call.version}/statuses/search`,
        Object.values(call.site.statuses),
        (status) => ({
          id: status.id,
          name: status.name,
          description: status.description ?? "",
          statusCategory:
            names[isObject(status.statusCategory) ? String(status.statusCategory.key) : ""] ?? "TODO",
          scope: { type: "GLOBAL" },
        }),
      );
      return ok(page);
    },
  ],
  [
    "GET",
    "/rest/api/{version}/label",
    (call) => {
      if (call.site.face !== "cloud") return undefined;
      signedIn(call);
      const labels = new Set<string>();
      for (const issue of Object.values(call.site.issues)) {
        const own = isObject(issue.raw.fields) ? issue.raw.fields.labels : undefined;
        for (const label of Array.isArray(own) ? own : []) labels.add(String(label));
      }
      return ok(
        classicPage(
          call,
          `/rest/api/${call.version}/label`,
          [...labels].sort(),
          (label) => label,
          1000,
          1000,
        ),
      );
    },
  ],
  [
    "GET",
    "/rest/api/{version}/filter/{id}",
    (call) => {
      signedIn(call);
      const filter = entry(call.site.filters, call.params.id);
      if (filter === undefined)
        throw notFound(`The selected filter with ID '${call.params.id}' does not exist.`);
      return ok(rendered(call, filter));
    },
  ],
];
