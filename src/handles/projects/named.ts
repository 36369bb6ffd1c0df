/** The issues and projects that a body names, wherever they stand in it. */
import { LatchkeyError } from "../../errors.ts";

export type Named = {
  /** Keys and ids; each must be an issue of a project that is allowed. */
  readonly issues: ReadonlySet<string>;
  /** Texts of custom fields that look like a key: if there is such an issue, it must be one that is allowed. */
  readonly perhaps: ReadonlySet<string>;
  readonly projects: ReadonlySet<string>;
  readonly desks: ReadonlySet<string>;
};

type Sort = "issues" | "perhaps" | "projects" | "desks";

export const ISSUE_KEY = /^[A-Za-z][A-Za-z0-9_]*-\d{1,12}$/;
const DEEPEST = 64;
const MOST = 50;

const BY_NAME: Readonly<Record<string, Sort>> = {
  parent: "issues",
  inwardissue: "issues",
  outwardissue: "issues",
  issue: "issues",
  epic: "issues",
  issueid: "issues",
  issuekey: "issues",
  issueidorkey: "issues",
  project: "projects",
  projectid: "projects",
  projectkey: "projects",
  projectidorkey: "projects",
  servicedeskid: "desks",
};
/** Many issues at once: bulk, whatever the endpoint. */
const BULK = /^(issues|issueids|issuekeys|issueidsorkeys|issueupdates|selectedissueidsorkeys)$/;
/** Operations of an edit; what they change is what the name above them says. */
const EDITS = new Set(["set", "add", "edit", "remove", "copy"]);
const TREES = new Set(["content", "attrs", "marks"]);

/** @throws LatchkeyError `forbidden` for many issues at once, or more names than anybody checks */
export function namedIn(body: unknown): Named {
  const found = {
    issues: new Set<string>(),
    perhaps: new Set<string>(),
    projects: new Set<string>(),
    desks: new Set<string>(),
  };
  visit(body, undefined, 0, (sort, text) => {
    found[sort].add(text);
    if (found[sort].size > MOST) throw refused("names too many issues at once");
  });
  return found;
}

type Note = (sort: Sort, text: string) => void;

function visit(value: unknown, sort: Sort | undefined, depth: number, note: Note): void {
  if (depth > DEEPEST) throw refused("is nested too deeply");
  if (typeof value === "string" || typeof value === "number") {
    const text = String(value).trim();
    if (sort !== undefined && (sort !== "perhaps" || ISSUE_KEY.test(text))) note(sort, text);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) visit(item, sort, depth + 1, note);
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    const lower = name.toLowerCase();
    if (BULK.test(lower)) throw refused("changes several issues at once");
    visit(member, sortOf(lower, sort), depth + 1, note);
  }
}

function sortOf(name: string, above: Sort | undefined): Sort | undefined {
  if (/^customfield_\d+$/.test(name)) return "perhaps";
  // Rich text has names of its own.
  if (TREES.has(name)) return undefined;
  if (above !== undefined && (name === "id" || name === "key" || EDITS.has(name))) return above;
  return Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
}

function refused(why: string): LatchkeyError {
  return new LatchkeyError("forbidden", `The body ${why}, and the handle is limited to projects.`, {
    fix: "Send one change to one issue.",
  });
}
