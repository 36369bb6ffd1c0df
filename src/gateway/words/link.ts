import type { LinkState, LinkView } from "../../push/index.ts";
import type { Shape } from "./health.ts";

type Words = { readonly shape: Shape; readonly word: string; readonly says: string };

/** What each state of a link is called, and what it means for whoever looks. */
export const LINK_STATES: Readonly<Record<LinkState, Words>> = {
  ok: { shape: "well", word: "In step", says: "The idea and its issue say the same." },
  differs: {
    shape: "soon",
    word: "Differs",
    says: "It was edited on both sides. Choose below which version stands.",
  },
  moved: {
    shape: "soon",
    word: "Moved",
    says: "The issue is in another project than it was made in. The link goes with it.",
  },
  duplicate: {
    shape: "soon",
    word: "Twice",
    says: "More than one issue carries this idea. Nothing was deleted; close the one that is too many.",
  },
  waiting: {
    shape: "info",
    word: "Waiting",
    says: "The issue does not stand yet, or Jira has not told what became of it.",
  },
  failed: {
    shape: "dead",
    word: "Failed",
    says: "The last push did not go through.",
  },
  deleted: {
    shape: "dead",
    word: "Deleted",
    says: "The issue is gone, or this account may no longer see it.",
  },
};

/** In the order in which they want somebody. */
export const STATE_ORDER: readonly LinkState[] = [
  "failed",
  "differs",
  "duplicate",
  "deleted",
  "moved",
  "waiting",
  "ok",
];

export function isLinkState(value: string | null): value is LinkState {
  return value !== null && Object.hasOwn(LINK_STATES, value);
}

/** A colour for each of Jira's three categories; the word of the status says the rest. */
export function statusShape({ status_category }: Pick<LinkView, "status_category">): Shape {
  if (status_category === "done") return "well";
  return status_category === "indeterminate" ? "soon" : "info";
}
