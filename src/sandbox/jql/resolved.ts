import type { Issue } from "../world/model.ts";

export type Predicate = (issue: Issue) => boolean;

/** Collects what is wrong with a query; Jira reports all of it at once. */
export type Problems = {
  readonly list: string[];
  /** Whether the meaning of the query changes with time. */
  timed: boolean;
  /** How many saved filters deep the clause stands that is read. */
  depth?: number;
};

export type Resolved = {
  /** As written, for messages. */
  readonly text: string;
  /** In lower case; several where one function stands for several values. `""` is EMPTY. */
  readonly keys: readonly string[];
  /** A date or a number, where the field compares those. */
  readonly number?: number;
};
