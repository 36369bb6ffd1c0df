/** Named policies as they were written: judged once, when Latchkey starts. */
import { LatchkeyError } from "../errors.ts";
import { readCustomFields } from "../policy/custom.ts";
import { checkPolicy, type FieldDescription, type Mistake, type PolicyDocument } from "../policy/index.ts";

export type NamedPolicy = {
  readonly name: string;
  /** Plain values, as YAML or JSON gave them. */
  readonly document: unknown;
  /** The file it was read from. */
  readonly path?: string;
  readonly lineOf?: (place: string) => number | undefined;
};

const CUSTOM = /(^|\.)(customfield_\d{1,10})(?=\.|\[|$)/;

/**
 * Every policy by its name.
 *
 * @throws LatchkeyError `config_invalid`: every mistake of every policy, each with file, line and place
 */
export function readNamed(named: readonly NamedPolicy[]): ReadonlyMap<string, PolicyDocument> {
  const problems = named.flatMap((policy) =>
    mistakesBeforeAnySite(policy.document).map((mistake) => described(policy, mistake)),
  );
  if (problems.length > 0) {
    const list = problems.map((problem) => `  - ${problem}`).join("\n");
    const count = problems.length === 1 ? "one mistake" : `${problems.length} mistakes`;
    throw new LatchkeyError("config_invalid", `The policies have ${count}:\n${list}`, {
      details: { problems },
    });
  }
  return new Map(named.map(({ name, document }) => [name, document as PolicyDocument]));
}

function described(policy: NamedPolicy, { path, what, fix }: Mistake): string {
  const line = policy.lineOf?.(path);
  const where = policy.path === undefined ? `policy ${policy.name}` : policy.path;
  return `${where}${line === undefined ? "" : `:${line}`}: ${path} ${what}. ${fix}`;
}

/** What a site's own fields are is known only when a site is there; until then a rule about one is taken as it is. */
function mistakesBeforeAnySite(document: unknown): Mistake[] {
  const { cut, places } = withoutCustomFields(document, new Set());
  return checkPolicy(cut).map((mistake) => ({ ...mistake, path: writtenPlace(mistake.path, places) }));
}

/**
 * The document without the rules about custom fields that a site does not have or whose type is not known: those
 * cannot leave, and one policy serves several sites.
 */
export function documentFor(document: PolicyDocument, fields: readonly FieldDescription[]): PolicyDocument {
  return withoutCustomFields(document, new Set(readCustomFields(fields).byId.keys())).cut as PolicyDocument;
}

type Cut = {
  readonly cut: unknown;
  /** For each endpoint: where each rule that is left stood. */
  readonly places: readonly (readonly number[] | undefined)[];
};

function withoutCustomFields(document: unknown, known: ReadonlySet<string>): Cut {
  const endpoints = membersOf(document)?.endpoints;
  if (!Array.isArray(endpoints)) return { cut: document, places: [] };
  const places = endpoints.map((endpoint: unknown) => {
    const answer = membersOf(endpoint)?.answer;
    if (!Array.isArray(answer)) return undefined;
    return answer.flatMap((rule, place) => (namesUnknown(rule, known) ? [] : [place]));
  });
  const kept = endpoints.map((endpoint: unknown, at) => {
    const answer = membersOf(endpoint)?.answer as unknown[];
    return places[at]
      ? { ...(endpoint as object), answer: places[at].map((place) => answer[place]) }
      : endpoint;
  });
  return { cut: { ...(document as object), endpoints: kept }, places };
}

function writtenPlace(path: string, places: Cut["places"]): string {
  return path.replace(/^endpoints\[(\d+)\]\.answer\[(\d+)\]/, (whole, at: string, rule: string) => {
    const written = places[Number(at)]?.[Number(rule)];
    return written === undefined ? whole : `endpoints[${at}].answer[${written}]`;
  });
}

function namesUnknown(rule: unknown, known: ReadonlySet<string>): boolean {
  const path = typeof rule === "string" ? rule : membersOf(rule)?.path;
  const field = typeof path === "string" ? CUSTOM.exec(path)?.[2] : undefined;
  return field !== undefined && !known.has(field);
}

function membersOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
