/** What stands on the right of an operator: values, lists, EMPTY and functions, resolved for one asking user. */
import type { Operand } from "@atlaskit/jql-ast";
import { parseJqlDate } from "./dates.ts";
import type { Field, JqlContext } from "./fields.ts";
import { callFunction } from "./functions.ts";
import { unquoted } from "./parse.ts";
import type { Problems, Resolved } from "./resolved.ts";
import { durationOf } from "./values.ts";

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
    return callFunction(name, { args, field, context, problems });
  }
  return resolveValue(unquoted(shape.text ?? ""), field, context, problems);
}

function resolveValue(text: string, field: Field, context: JqlContext, problems: Problems): Resolved[] {
  const lower = text.toLowerCase();
  if (field.kind === "date") return resolveDate(text, field, context, problems);
  if (field.kind === "number") {
    const number = field.unit === "duration" ? (durationOf(text) ?? Number.NaN) : Number(text);
    if (text.trim() !== "" && !Number.isNaN(number)) return [{ text, keys: [lower], number }];
    problems.list.push(`The value '${text}' is not a valid number for the field '${field.name}'.`);
    return [];
  }
  if (field.id === "resolution" && lower === "unresolved") return [{ text, keys: [""] }];
  if (field.known !== undefined && !field.known(lower, context)) {
    problems.list.push(
      field.kind === "key"
        ? `An issue with key '${text}' does not exist for field '${field.name}'.`
        : /^\d+$/.test(text)
          ? `A value with ID '${text}' does not exist for the field '${field.name}'.`
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
