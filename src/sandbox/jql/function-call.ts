import type { Field, JqlContext } from "./field-kinds.ts";
import type { Problems } from "./resolved.ts";

/** One call of a function. */
export type FunctionCall = {
  readonly args: readonly string[];
  readonly field: Field;
  readonly context: JqlContext;
  readonly problems: Problems;
};

export type JqlFunction = {
  /** Whether it may stand beside a field. */
  readonly on: (field: Field) => boolean;
  readonly least?: number;
  /** Absent = any number of arguments. */
  readonly most?: number;
  /** The keys it stands for; undefined where it has said what is wrong. */
  readonly keys: (call: FunctionCall) => readonly string[] | undefined;
};
