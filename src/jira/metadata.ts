import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import type { Dialect } from "../protocol/flavors.ts";
import { segment } from "./address.ts";
import type { Caller } from "./caller.ts";
import { objectFrom, unreadable } from "./issues.ts";
import type { Jira, Json } from "./model.ts";
import { paginateWith } from "./paginate.ts";

/** Cloud and Data Center clamp or refuse more. */
const MOST_META = 200;

/** What a site has: fields, and what the form for a new issue asks. */
export function metadataResource(
  caller: Caller,
  dialect: Dialect,
): Pick<Jira, "fields" | "issueTypes" | "createMeta"> {
  const cloud = dialect.deployment === "cloud";
  const typesPath = (project: string) => caller.api(`/issue/createmeta/${segment(project)}/issuetypes`);

  async function collect(path: string, items: string): Promise<readonly Json[]> {
    const all: Json[] = [];
    for await (const one of paginateWith(caller, path, { items, page_size: MOST_META })) all.push(one);
    return all;
  }

  /** The form of before Data Center 8.4, and the only one until then. */
  async function oldForm(project: string, more: Readonly<Record<string, string>>): Promise<readonly Json[]> {
    const which = /^\d+$/.test(project) ? { projectIds: project } : { projectKeys: project };
    const path = caller.api("/issue/createmeta");
    const { projects } = await objectFrom(
      caller.request({ path, query: { ...which, ...more } }),
      "createmeta",
    );
    const [found] = Array.isArray(projects) ? (projects as Json[]) : [];
    if (!found) {
      throw new LatchkeyError("jira_not_found", "Jira offers no form for a new issue in this project.");
    }
    if (!Array.isArray(found.issuetypes)) throw unreadable("createmeta");
    return found.issuetypes as Json[];
  }

  async function issueTypes(project: string): Promise<readonly Json[]> {
    if (cloud) return collect(typesPath(project), "issueTypes");
    return orOldForm(collect(typesPath(project), "values"), () => oldForm(project, {}));
  }

  async function idOf(project: string, issuetype: string): Promise<string> {
    if (/^\d+$/.test(issuetype)) return issuetype;
    const types = await issueTypes(project);
    const wanted = issuetype.toLowerCase();
    const named = types.filter(({ name }) => typeof name === "string" && name.toLowerCase() === wanted);
    if (named.length === 1) return String(named[0]!.id);
    throw new LatchkeyError("bad_request", "The project has no issue type of this name.", {
      details: { names: types.map(({ name }) => name).slice(0, 50) },
      fix: `It has: ${types.map(({ name }) => String(name)).join(", ")}.`,
    });
  }

  return {
    async fields() {
      const fields = (await caller.request({ path: caller.api("/field") })).json();
      if (!Array.isArray(fields)) throw unreadable("list of fields");
      return fields as Json[];
    },
    issueTypes,
    async createMeta(project, issuetype) {
      const id = await idOf(project, issuetype);
      const path = `${typesPath(project)}/${id}`;
      if (cloud) return (await collect(path, "fields")).map(named);
      return orOldForm(
        collect(path, "values").then((fields) => fields.map(named)),
        async () => {
          const [type] = await oldForm(project, { issuetypeIds: id, expand: "projects.issuetypes.fields" });
          const fields = (type?.fields ?? {}) as Readonly<Record<string, Json>>;
          return Object.entries(fields).map(([fieldId, field]) => named({ ...field, fieldId }));
        },
      );
    },
  };
}

/** Cloud, and Data Center before and after 9, name a field by `fieldId`, `key` or both. */
function named(field: Json): Json {
  return { ...field, fieldId: field.fieldId ?? field.key };
}

/** An old Data Center takes the new path for that of an issue, of which there is none. */
async function orOldForm<T>(newForm: Promise<T>, oldForm: () => Promise<T>): Promise<T> {
  try {
    return await newForm;
  } catch (error) {
    if (!isLatchkeyError(error) || !["jira_not_found", "jira_bad_request"].includes(error.code)) throw error;
    // Where there is no old form either, the first word is the one about the project.
    return await oldForm().catch(() => Promise.reject(error));
  }
}
