/** What stands on the right of an operator: values, lists, EMPTY and functions, resolved for one asking user. */
import type { Operand } from "@atlaskit/jql-ast";
import { dateFunction, parseJqlDate } from "./dates.ts";
import type { Field, JqlContext } from "./fields.ts";
import { unquoted } from "./parse.ts";
import { personKeys } from "./values.ts";

/** Collects what is wrong with a query; Jira reports all of it at once. */
export type Problems = { readonly list: string[]; timed: boolean };

export type Resolved = {
  /** As written, for messages. */
  readonly text: string;
  /** In lower case; several where one function stands for several values. `""` is EMPTY. */
  readonly keys: readonly string[];
  /** A date or a number, where the field compares those. */
  readonly number?: number;
};

type Shape = {
  readonly operandType: string;
  readonly text?: string;
  readonly value?: string;
  readonly values?: readonly Operand[];
  readonly function?: { readonly value: string };
  readonly arguments?: readonly { readonly text: string }[];
};

/** Every value of an operand, lists flattened; what cannot be resolved is left out and written to `problems`. */
export function resolveOperand(
  operand: Operand,
  field: Field,
  context: JqlContext,
  problems: Problems,
): Resolved[] {
  const shape = operand as unknown as Shape;
  if (shape.operandType === "keyword") return [{ text: "EMPTY", keys: [""] }];
  if (shape.operandType === "list") {
    return (shape.values ?? []).flatMap((item) => resolveOperand(item, field, context, problems));
  }
  if (shape.operandType === "function") {
    const name = shape.function?.value ?? "";
    const args = (shape.arguments ?? []).map((argument) => unquoted(argument.text));
    return callFunction(name, args, field, context, problems);
  }
  return resolveValue(unquoted(shape.text ?? ""), field, context, problems);
}

function resolveValue(text: string, field: Field, context: JqlContext, problems: Problems): Resolved[] {
  const lower = text.toLowerCase();
  if (field.kind === "date") return resolveDate(text, field, context, problems);
  if (field.kind === "number") {
    const number = Number(text);
    if (text.trim() !== "" && !Number.isNaN(number)) return [{ text, keys: [lower], number }];
    problems.list.push(`The value '${text}' is not a valid number for the field '${field.name}'.`);
    return [];
  }
  if (field.id === "resolution" && lower === "unresolved") return [{ text, keys: [""] }];
  if (field.known !== undefined && !field.known(lower, context)) {
    problems.list.push(
      field.kind === "key"
        ? `An issue with key '${text}' does not exist for field '${field.name}'.`
        : `The value '${text}' does not exist for the field '${field.name}'.`,
    );
    return [];
  }
  const number = Number(text);
  return [{ text, keys: [lower], ...(text !== "" && !Number.isNaN(number) ? { number } : {}) }];
}

function resolveDate(text: string, field: Field, context: JqlContext, problems: Problems): Resolved[] {
  if (/[wdhm]\s*$/.test(text)) problems.timed = true;
  const number = parseJqlDate(text, context);
  if (number !== undefined) return [{ text, keys: [], number }];
  problems.list.push(
    `Date value '${text}' for field '${field.name}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.`,
  );
  return [];
}

const SPRINT_STATES: Record<string, string> = {
  opensprints: "state:active",
  closedsprints: "state:closed",
  futuresprints: "state:future",
};

function callFunction(
  name: string,
  args: readonly string[],
  field: Field,
  context: JqlContext,
  problems: Problems,
): Resolved[] {
  const lower = name.toLowerCase();
  const text = `${name}()`;
  const wrongField = (): Resolved[] => {
    problems.list.push(`The function '${text}' is not supported by the field '${field.name}'.`);
    return [];
  };
  const date = dateFunction(name, args, context);
  if (date === "bad argument") {
    problems.list.push(
      `Duration for function '${name}' should have the format (+/-)n(yMwdhm), e.g. -1M for 1 month earlier.`,
    );
    return [];
  }
  if (date !== undefined) {
    problems.timed = true;
    return field.kind === "date" ? [{ text, keys: [], number: date }] : wrongField();
  }
  if (lower === "currentuser") {
    if (field.kind !== "person") return wrongField();
    // Anonymous is nobody: the clause holds for no issue, also not for the unassigned ones.
    return [{ text, keys: context.me.length === 0 ? ["\u0000nobody"] : [...context.me] }];
  }
  if (lower === "membersof") {
    if (field.kind !== "person") return wrongField();
    return membersOf(args[0] ?? "", context, problems);
  }
  const state = SPRINT_STATES[lower];
  if (state !== undefined) return field.name === "Sprint" ? [{ text, keys: [state] }] : wrongField();
  const listed = listFunction(lower, args, field, context);
  if (listed !== undefined) return listed;
  problems.list.push(`Unable to find JQL function '${name}(${args.join(", ")})'.`);
  return [];
}

function membersOf(group: string, context: JqlContext, problems: Problems): Resolved[] {
  const wanted = group.toLowerCase();
  const users = Object.values(context.world.users);
  if (!users.some((user) => user.groups.some((name) => name.toLowerCase() === wanted))) {
    problems.list.push(
      `Function 'membersOf' can not generate a list of usernames for group '${group}'; the group does not exist.`,
    );
    return [];
  }
  const members = users.filter((user) => user.groups.some((name) => name.toLowerCase() === wanted));
  return [{ text: `membersOf(${group})`, keys: members.flatMap(personKeys) }];
}

function listFunction(
  lower: string,
  args: readonly string[],
  field: Field,
  context: JqlContext,
): Resolved[] | undefined {
  const many = (keys: readonly string[]): Resolved[] => [
    { text: `${lower}()`, keys: keys.length === 0 ? ["\u0000none"] : keys },
  ];
  if (lower === "releasedversions" || lower === "unreleasedversions") {
    const released = lower === "releasedversions";
    const wanted = args.map((name) => name.toLowerCase());
    return many(
      Object.values(context.site.projects)
        .filter((project) => wanted.length === 0 || wanted.includes(project.key.toLowerCase()))
        .flatMap((project) => (Array.isArray(project.raw.versions) ? project.raw.versions : []))
        .filter((version) => (version as { released?: unknown }).released === released)
        .map((version) => String((version as { id?: unknown }).id)),
    );
  }
  if (lower === "standardissuetypes" || lower === "subtaskissuetypes") {
    if (field.id !== "issuetype") return undefined;
    const subtask = lower === "subtaskissuetypes";
    return many(
      Object.values(context.site.issueTypes)
        .filter((type) => (type.subtask === true) === subtask)
        .map((type) => String(type.id)),
    );
  }
  if (lower === "projectsleadbyuser" && field.id === "project") {
    const who = args[0] === undefined ? context.me : [args[0].toLowerCase()];
    return many(
      Object.values(context.site.projects)
        .filter((project) => personKeys(project.raw.lead).some((key) => who.includes(key)))
        .map((project) => project.id),
    );
  }
  return undefined;
}
