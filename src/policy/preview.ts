/** What a policy does to one answer, line by line: the original on one side, what leaves on the other. */

export type PreviewLine = {
  /** How far in it stands. */
  readonly depth: number;
  /** The line of the original; empty where there is none. */
  readonly original: string;
  /** The line that leaves; empty where nothing does. */
  readonly outgoing: string;
  readonly change: "same" | "changed" | "left-out";
};

type Side = "original" | "outgoing";

/** Deeper things are shown as one line. */
const DEEPEST = 40;

/**
 * JSON of both sides, member beside member. A policy leaves members out and puts others in their place, and never
 * moves one.
 */
export function previewLines(original: unknown, outgoing: unknown): PreviewLine[] {
  const lines: PreviewLine[] = [];
  compare(lines, 0, "", original, outgoing, "");
  return lines;
}

function compare(
  lines: PreviewLine[],
  depth: number,
  name: string,
  original: unknown,
  outgoing: unknown,
  comma: string,
): void {
  if (outgoing === undefined) one(lines, depth, name, original, comma, "original");
  else if (alike(original, outgoing) && depth <= DEEPEST)
    members(lines, depth, name, original as object, outgoing as object, comma);
  else if (isHolder(original) || isHolder(outgoing)) {
    one(lines, depth, name, original, comma, "original");
    one(lines, depth, name, outgoing, comma, "outgoing");
  } else {
    lines.push({
      depth,
      original: `${name}${JSON.stringify(original)}${comma}`,
      outgoing: `${name}${JSON.stringify(outgoing)}${comma}`,
      change: original === outgoing ? "same" : "changed",
    });
  }
}

function members(
  lines: PreviewLine[],
  depth: number,
  name: string,
  original: object,
  outgoing: object,
  comma: string,
): void {
  const [open, close] = Array.isArray(original) ? "[]" : "{}";
  const left = Object.entries(original);
  const right = outgoing as Record<string, unknown>;
  both(lines, depth, `${name}${open}${left.length === 0 ? `${close}${comma}` : ""}`);
  for (const [at, [member, value]] of left.entries()) {
    const label = Array.isArray(original) ? "" : `${JSON.stringify(member)}: `;
    const got = Object.hasOwn(right, member) ? right[member] : undefined;
    compare(lines, depth + 1, label, value, got, at === left.length - 1 ? "" : ",");
  }
  if (left.length > 0) both(lines, depth, `${close}${comma}`);
}

/** Two lists of one length, or two objects of which one has only what the other has, go member by member. */
function alike(original: unknown, outgoing: unknown): boolean {
  if (!isHolder(original) || !isHolder(outgoing)) return false;
  if (Array.isArray(original) !== Array.isArray(outgoing)) return false;
  if (Array.isArray(original)) return original.length === (outgoing as unknown[]).length;
  return Object.keys(outgoing).every((name) => Object.hasOwn(original, name));
}

function isHolder(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function both(lines: PreviewLine[], depth: number, text: string): void {
  lines.push({ depth, original: text, outgoing: text, change: "same" });
}

/** A value that stands on one side alone. */
function one(
  lines: PreviewLine[],
  depth: number,
  name: string,
  value: unknown,
  comma: string,
  side: Side,
): void {
  const text = JSON.stringify(value, null, 2) ?? "null";
  const rows = text.split("\n");
  for (const [at, line] of rows.entries()) {
    const indent = /^ */.exec(line)![0].length;
    const last = at === rows.length - 1;
    const shown = `${at === 0 ? name : ""}${line.slice(indent)}${last ? comma : ""}`;
    lines.push({
      depth: depth + indent / 2,
      original: side === "original" ? shown : "",
      outgoing: side === "outgoing" ? shown : "",
      change: side === "original" ? "left-out" : "changed",
    });
  }
}
