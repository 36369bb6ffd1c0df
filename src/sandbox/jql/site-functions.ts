/** Functions that stand for projects, versions, components, types and sprints of the site. */
import type { JiraRecord, Project } from "../world/model.ts";
import { type Field, maySeeProject } from "./field-kinds.ts";
import type { FunctionCall, JqlFunction } from "./function-call.ts";
import { asRecord, personKeys } from "./values.ts";

const of =
  (...ids: string[]) =>
  (field: Field): boolean =>
    ids.includes(field.id);
const version = of("fixVersions", "versions");
const sprint = (field: Field): boolean => field.name === "Sprint";

function projects({ context }: FunctionCall, names: readonly string[] = []): Project[] {
  const wanted = names.map((name) => name.toLowerCase());
  return Object.values(context.site.projects).filter(
    (project) =>
      maySeeProject(context, project.id) &&
      (wanted.length === 0 ||
        wanted.includes(project.key.toLowerCase()) ||
        wanted.includes(String(project.raw.name).toLowerCase()) ||
        wanted.includes(project.id)),
  );
}

/** The projects that arguments name; undefined where one of them is none. */
function named(call: FunctionCall, name: string): Project[] | undefined {
  for (const arg of call.args) {
    if (projects(call, [arg]).length > 0) continue;
    call.problems.list.push(`Could not resolve the project '${arg}' provided to function '${name}'.`);
    return undefined;
  }
  return projects(call, call.args);
}

function parts(project: Project, part: "versions" | "components"): JiraRecord[] {
  const list = project.raw[part];
  return Array.isArray(list) ? list.map(asRecord).filter((one) => one !== undefined) : [];
}

function versions(name: string, released: boolean): JqlFunction {
  return {
    on: version,
    keys: (call) =>
      named(call, name)?.flatMap((project) =>
        parts(project, "versions")
          .filter((one) => one.released === released && one.archived !== true)
          .map((one) => String(one.id)),
      ),
  };
}

/** The last released version of a project, or the first that is not. */
function oneVersion(name: string, released: boolean): JqlFunction {
  return {
    on: version,
    least: 1,
    most: 1,
    keys: (call) =>
      named(call, name)?.flatMap((project) => {
        const all = parts(project, "versions").filter((one) => one.released === released);
        const found = released ? all[all.length - 1] : all[0];
        return found === undefined ? [] : [String(found.id)];
      }),
  };
}

function types(subtask: boolean): JqlFunction {
  return {
    on: of("issuetype"),
    most: 0,
    keys: ({ context }) =>
      Object.values(context.site.issueTypes)
        .filter((type) => (type.subtask === true) === subtask)
        .map((type) => String(type.id)),
  };
}

/** Whom an argument names; the asking user where there is none. */
function who({ args, context }: FunctionCall): readonly string[] {
  const [name] = args;
  if (name === undefined) return context.me;
  const wanted = name.toLowerCase();
  const user = Object.values(context.world.users).find((one) => personKeys(one).includes(wanted));
  return user === undefined ? [wanted] : personKeys(user);
}

const sprints = (state: string): JqlFunction => ({ on: sprint, most: 0, keys: () => [`state:${state}`] });

export const siteFunctions: Readonly<Record<string, JqlFunction>> = {
  releasedversions: versions("releasedVersions", true),
  unreleasedversions: versions("unreleasedVersions", false),
  latestreleasedversion: oneVersion("latestReleasedVersion", true),
  earliestunreleasedversion: oneVersion("earliestUnreleasedVersion", false),
  standardissuetypes: types(false),
  subtaskissuetypes: types(true),
  opensprints: sprints("active"),
  closedsprints: sprints("closed"),
  futuresprints: sprints("future"),
  projectsleadbyuser: {
    on: of("project"),
    most: 1,
    keys: (call) =>
      projects(call)
        .filter((project) => personKeys(project.raw.lead).some((key) => who(call).includes(key)))
        .map((project) => project.id),
  },
  componentsleadbyuser: {
    on: of("components"),
    most: 1,
    keys: (call) =>
      projects(call)
        .flatMap((project) => parts(project, "components"))
        .filter((one) => personKeys(one.lead).some((key) => who(call).includes(key)))
        .map((one) => String(one.id)),
  },
  projectswhereuserhaspermission: {
    on: of("project"),
    least: 1,
    most: 1,
    keys: (call) => projects(call).map((project) => project.id),
  },
  projectswhereuserhasrole: {
    on: of("project"),
    least: 1,
    most: 1,
    keys: (call) => {
      const [role = ""] = call.args;
      const roles = Object.values(call.context.site.roles).map((one) => String(one.name).toLowerCase());
      if (roles.length > 0 && !roles.includes(role.toLowerCase())) {
        call.problems.list.push(
          `Could not find the role '${role}' provided to function 'projectsWhereUserHasRole'.`,
        );
        return undefined;
      }
      return projects(call)
        .filter((project) => personKeys(project.raw.lead).some((key) => call.context.me.includes(key)))
        .map((project) => project.id);
    },
  },
};
