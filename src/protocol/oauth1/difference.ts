import { percentDecode } from "./encode.ts";

/** Two base strings side by side: the best evidence there is for a refused signature. */
export type BaseStringDifference = {
  readonly equal: boolean;
  /** Which of the three parts differ. */
  readonly parts: readonly ("method" | "url" | "parameters")[];
  readonly our_url: string;
  readonly their_url: string;
  /** Parameters (`name=value`, encoded once) that only one side has. */
  readonly only_ours: readonly string[];
  readonly only_theirs: readonly string[];
};

const PARTS = ["method", "url", "parameters"] as const;

/** Compares our base string with the one Jira computed. */
export function compareBaseStrings(ours: string, theirs: string): BaseStringDifference {
  const our = ours.split("&").map(percentDecode);
  const their = theirs.split("&").map(percentDecode);
  const ourParameters = (our[2] ?? "").split("&").filter(Boolean);
  const theirParameters = (their[2] ?? "").split("&").filter(Boolean);
  return {
    equal: ours === theirs,
    parts: PARTS.filter((_, index) => our[index] !== their[index]),
    our_url: our[1] ?? "",
    their_url: their[1] ?? "",
    only_ours: without(ourParameters, theirParameters),
    only_theirs: without(theirParameters, ourParameters),
  };
}

/** What stays of `all` when each of `others` has taken one away. */
function without(all: readonly string[], others: readonly string[]): string[] {
  const left = [...all];
  for (const other of others) {
    const index = left.indexOf(other);
    if (index >= 0) left.splice(index, 1);
  }
  return left;
}
