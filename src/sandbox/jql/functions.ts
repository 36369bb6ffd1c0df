/** The functions of JQL: on which fields they may stand, how many arguments they take, and what they mean. */
import { dateFunction } from "./dates.ts";
import type { Field } from "./field-kinds.ts";
import type { FunctionCall, JqlFunction } from "./function-call.ts";
import { issueFunctions } from "./issue-functions.ts";
import type { Problems, Resolved } from "./resolved.ts";
import { siteFunctions } from "./site-functions.ts";
import { asRecord, personKeys } from "./values.ts";

/** What no issue has: a function without a result matches nothing, not what is empty. */
const NOTHING = "\u0000none";

const person = (field: Field): boolean => field.kind === "person";

function membersOf({ args, context, problems }: FunctionCall): readonly string[] | undefined {
  const group = args[0] ?? "";
  const wanted = group.toLowerCase();
  const members = Object.values(context.world.users).filter((user) =>
    user.groups.some((name) => name.toLowerCase() === wanted),
  );
  if (members.length > 0) return members.flatMap(personKeys);
  problems.list.push(
    `Function 'membersOf' can not generate a list of usernames for group '${group}'; the group does not exist.`,
  );
  return undefined;
}

function cascade({ args, field, context, problems }: FunctionCall): readonly string[] | undefined {
  const [parent = "", child] = args.map((arg) => arg.toLowerCase());
  const listed = context.site.fields[field.id]?.["{options}"];
  const options = Array.isArray(listed) ? listed.map(asRecord) : [];
  const known = options.length === 0 || options.some((one) => names(one).includes(parent));
  if (parent !== "none" && !known) {
    problems.list.push(`The option '${args[0]}' for function 'cascadeOption' does not exist.`);
    return undefined;
  }
  return [child === undefined ? parent : `${parent} > ${child}`];
}

function names(option: ReturnType<typeof asRecord>): string[] {
  return [option?.id, option?.value].map((name) => String(name ?? "").toLowerCase());
}

const FUNCTIONS: Readonly<Record<string, JqlFunction>> = {
  currentuser: { on: person, most: 0, keys: ({ context }) => context.me },
  membersof: { on: person, least: 1, most: 1, keys: membersOf },
  cascadeoption: { on: (field) => field.cascading === true, least: 1, most: 2, keys: cascade },
  ...siteFunctions,
  ...issueFunctions,
};

/** What a function call stands for; what is wrong with it is written to the problems. */
export function callFunction(name: string, call: FunctionCall): Resolved[] {
  const { args, field, context, problems } = call;
  const text = `${name}()`;
  const lower = name.toLowerCase();
  const known = Object.hasOwn(FUNCTIONS, lower) ? FUNCTIONS[lower] : undefined;
  const date = known === undefined ? dateFunction(name, args, context) : undefined;
  if (known === undefined && date === undefined) {
    problems.list.push(`Unable to find JQL function '${name}(${args.join(", ")})'.`);
    return [];
  }
  const { least = 0, most } = known ?? { most: lower === "now" ? 0 : 1 };
  if (args.length < least || (most !== undefined && args.length > most)) {
    const wanted = args.length < least ? least : (most ?? least);
    problems.list.push(`Function '${name}' expected '${wanted}' arguments but received '${args.length}'.`);
    return [];
  }
  if (known === undefined ? field.kind !== "date" : !known.on(field)) {
    problems.list.push(`The function '${text}' is not supported by the field '${field.name}'.`);
    return [];
  }
  if (known === undefined) return dateResult(name, date, problems);
  const keys = known.keys(call);
  if (keys === undefined) return [];
  return [{ text, keys: keys.length === 0 ? [NOTHING] : keys }];
}

function dateResult(name: string, date: ReturnType<typeof dateFunction>, problems: Problems): Resolved[] {
  if (date === "bad argument") {
    problems.list.push(
      `Duration for function '${name}' should have the format (+/-)n(yMwdhm), e.g. -1M for 1 month earlier.`,
    );
    return [];
  }
  problems.timed = true;
  return date === undefined ? [] : [{ text: `${name}()`, keys: [], number: date }];
}
