/** The policies of a directory: `analyst.yaml` holds the policy `analyst`. Read only; `handles/` judges what they say. */
import { readFileSync, statSync } from "node:fs";
import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import { nameOf, readDirectory } from "./directory-files.ts";
import { firstLine } from "./file.ts";

/** A document as its file has it, with a way back from a place in it to a line. */
export type PolicyFile = {
  readonly name: string;
  readonly path: string;
  /** Plain values: objects, lists, texts, numbers, booleans and null. */
  readonly document: unknown;
  /** The line of a place such as `endpoints[0].answer[2]`, or of what stands nearest above it; counted from 1. */
  readonly lineOf: (place: string) => number | undefined;
};

const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const MAX_BYTES = 512 * 1024;
const MAX_FILES = 200;
/** A policy repeats itself a little; what repeats itself more is a bomb. */
const MAX_ALIASES = 50;

/** Reads the policies of a directory. What is wrong is added to the problems, each with file and line. */
export function readPolicies(directory: string, problems: string[]): PolicyFile[] {
  return readDirectory(
    directory,
    { one: "policy", many: "policies", most: MAX_FILES, read: readOne },
    problems,
  );
}

function readOne(path: string, problems: string[]): PolicyFile | undefined {
  const name = nameOf(path);
  if (!NAME.test(name) || name === "raw") {
    const why =
      name === "raw"
        ? "raw means that answers leave as they are"
        : "the name of a policy has a-z, 0-9, - and _";
    problems.push(`${path} cannot be the name of a policy: ${why}`);
    return undefined;
  }
  try {
    if (statSync(path).size > MAX_BYTES) {
      problems.push(`${path} is larger than ${MAX_BYTES} bytes`);
      return undefined;
    }
    return readPolicyText(readFileSync(path, "utf8"), path, problems, name);
  } catch (error) {
    problems.push(`${path} cannot be read: ${firstLine(error)}`);
    return undefined;
  }
}

/**
 * Reads one policy, YAML 1.2 or JSON: no tags of its own, no second document, no name twice. Every mistake is added
 * to the problems with its line; `undefined` where there was one.
 *
 * @param path As the problems name it.
 */
export function readPolicyText(
  text: string,
  path: string,
  problems: string[],
  name: string = NAME.test(nameOf(path)) ? nameOf(path) : "policy",
): PolicyFile | undefined {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    problems.push(`${path} is larger than ${MAX_BYTES} bytes`);
    return undefined;
  }
  try {
    const lines = new LineCounter();
    const parsed = parseDocument(text, {
      lineCounter: lines,
      schema: "core",
      prettyErrors: false,
      uniqueKeys: true,
    });
    const mistakes = [...parsed.errors, ...parsed.warnings];
    for (const mistake of mistakes) {
      problems.push(`${path}:${lines.linePos(mistake.pos[0]).line}: ${mistake.message}`);
    }
    if (mistakes.length > 0) return undefined;
    const document: unknown = parsed.toJS({ maxAliasCount: MAX_ALIASES });
    return { name, path, document, lineOf: (place) => lineOf(parsed, lines, place) };
  } catch (error) {
    // Aliases that unfold without end, or lists in lists deeper than a parser can go.
    problems.push(
      `${path} is not a policy: ${error instanceof RangeError ? "it is nested too deeply" : firstLine(error)}`,
    );
    return undefined;
  }
}

/** The line of a place, or of what stands nearest above it. */
export function lineOf(parsed: Document, lines: LineCounter, place: string): number | undefined {
  const steps = [...place.matchAll(/[^.[\]]+/g)].map(([step]) => (/^\d+$/.test(step) ? Number(step) : step));
  for (let length = steps.length; length >= 0; length--) {
    const node: unknown = length === 0 ? parsed.contents : parsed.getIn(steps.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}
