/** What a rule file lets out, loses or leaves open, found by running it over planted answers. */
import { compilePolicy } from "../apply.ts";
import { type Flavor, findOperation, type Operation } from "../fields.ts";
import { KINDS, type Kind, PEOPLE } from "../kinds.ts";
import type { PolicyDocument } from "../rules.ts";
import { nativePolicy } from "./native.ts";
import { type Leaf, type Planted, plantedAnswer, valueAt } from "./planted.ts";
import { createPsoxyPseudonyms } from "./pseudonym.ts";
import { compilePsoxyRules, type Endpoint, type PsoxyRules } from "./rules.ts";
import { createPsoxySanitizer, type PsoxySanitizer } from "./sanitizer.ts";
import type { Schema } from "./schema.ts";

export type LeakItem = {
  /** `endpoints[0]` */
  readonly endpoint: string;
  /** `GET /rest/api/3/search/jql` */
  readonly operation: string;
  /** `issues[].fields.assignee.displayName` */
  readonly path: string;
  readonly kind: Kind;
  /** What the kind means, in words. */
  readonly meaning: string;
};
export type LossItem = LeakItem & { readonly how: "left out" | "null" | "hashed" | "changed" };
/** Something open that no planted answer shows. */
export type OpenItem = { readonly place: string; readonly what: string };

export type LeakReport = {
  readonly flavor: Flavor;
  /** Leaves as Jira sent it, although it says who somebody is or what somebody wrote. */
  readonly leaks: readonly LeakItem[];
  /** Does not leave, or not as it is, although it names nobody. */
  readonly losses: readonly LossItem[];
  readonly open: readonly OpenItem[];
  /** Endpoints that are no operation Jira documents, and so could not be tried. */
  readonly untried: readonly string[];
  /** A policy of Latchkey's own for the same endpoints. */
  readonly native: PolicyDocument;
  /** What of the same planted answers that policy lets out as it is. */
  readonly native_leaks: readonly LeakItem[];
  readonly native_losses: number;
};

/** Kinds that tell of people or hold words of people. */
const PERSONAL: ReadonlySet<Kind> = new Set<Kind>([
  ...PEOPLE,
  "timeZone",
  "group",
  "fileName",
  "text",
  "rich",
  "html",
  "jql",
  "url",
  "title",
]);
const FACTS: ReadonlySet<Kind> = new Set<Kind>([
  "id",
  "key",
  "code",
  "enum",
  "date",
  "duration",
  "number",
  "boolean",
  "label",
  "option",
]);

/** @throws LatchkeyError `config_invalid` where the rules have mistakes */
export function reportPsoxyRules(document: unknown): LeakReport {
  const rules = compilePsoxyRules(document);
  const flavor = flavorOf(rules);
  const pseudonyms = createPsoxyPseudonyms({ salt: "report", encryption_key: "report" });
  const sanitizer = createPsoxySanitizer(rules, pseudonyms);
  const tried = rules.endpoints.map((endpoint) => ({ endpoint, operation: operationFor(flavor, endpoint) }));
  const leaks: LeakItem[] = [];
  const losses: LossItem[] = [];
  const open: OpenItem[] = [];
  for (const { endpoint, operation } of tried) {
    open.push(...openEnds(endpoint));
    if (!operation) continue;
    const planted = plantedAnswer(operation, flavor);
    open.push(...silentNames(endpoint, rules, planted));
    compare(endpoint, operation, planted, answered(sanitizer, endpoint, planted, open), leaks, losses);
  }
  const native = nativePolicy(flavor, tried);
  return {
    flavor,
    leaks,
    losses,
    open,
    untried: tried.filter(({ operation }) => !operation).map(({ endpoint }) => nameOf(endpoint)),
    native,
    ...nativeFindings(native, flavor),
  };
}

function flavorOf({ endpoints }: PsoxyRules): Flavor {
  return endpoints.some((endpoint) => nameOf(endpoint).includes("/ex/jira/")) ? "cloud" : "datacenter";
}

function nameOf({ pathTemplate, pathRegex }: Endpoint): string {
  return pathTemplate ?? pathRegex ?? "";
}

/** The operation of Jira that a path is for; a regular expression may be for many, and is not tried. */
function operationFor(flavor: Flavor, { pathTemplate }: Endpoint): Operation | undefined {
  // The list of sites belongs to no site, so no policy of a site speaks of it.
  if (pathTemplate === undefined || pathTemplate.startsWith("/oauth/")) return undefined;
  const version = flavor === "cloud" ? "3" : "2";
  const path = pathTemplate
    .replace(/^\/ex\/jira\/\{[^}]*\}/, "")
    .replace(/^\/rest\/api\/\{[^}]*\}/, `/rest/api/${version}`)
    .replace(/\{[^}]*\}/g, "1");
  return findOperation(flavor, "GET", path);
}

function answered(
  sanitizer: PsoxySanitizer,
  endpoint: Endpoint,
  { body }: Planted,
  open: OpenItem[],
): unknown {
  try {
    return sanitizer.answer(endpoint, 200, structuredClone(body));
  } catch (error) {
    open.push({
      place: placeOf(endpoint),
      what: `cannot be applied to what Jira answers: ${(error as Error).message}`,
    });
    return undefined;
  }
}

function placeOf(endpoint: Endpoint): string {
  return `endpoints[${endpoint.at}]`;
}

function compare(
  endpoint: Endpoint,
  operation: Operation,
  planted: Planted,
  left: unknown,
  leaks: LeakItem[],
  losses: LossItem[],
): void {
  for (const leaf of planted.leaves) {
    const value = valueAt(left, leaf.place);
    const item = itemOf(placeOf(endpoint), operation, leaf);
    if (value === leaf.value) {
      if (PERSONAL.has(leaf.kind)) leaks.push(item);
    } else if (FACTS.has(leaf.kind)) losses.push({ ...item, how: howLost(value) });
  }
}

function itemOf(endpoint: string, operation: Operation, { path, kind }: Leaf): LeakItem {
  return { endpoint, operation: operation.name, path, kind, meaning: KINDS[kind].meaning };
}

function howLost(value: unknown): LossItem["how"] {
  if (value === undefined) return "left out";
  if (value === null) return "null";
  return typeof value === "string" && /^[tp]~/.test(value) ? "hashed" : "changed";
}

/** What the rules leave to the caller. */
function openEnds(endpoint: Endpoint): OpenItem[] {
  const place = placeOf(endpoint);
  const out: OpenItem[] = [];
  if (!endpoint.allowedMethods)
    out.push({ place, what: "names no methods: whatever the credential may write or delete, a caller may" });
  if (!endpoint.allowedQueryParams) out.push({ place, what: "names no query parameters: every one passes" });
  else if (endpoint.allowedQueryParams.includes("jql") && !endpoint.queryParamSchemas.jql)
    out.push({
      place,
      what: "lets any JQL through: a caller who asks for a person by name reads off whose the tokens are",
    });
  if (endpoint.allowedQueryParams?.includes("username") && !endpoint.queryParamSchemas.username)
    out.push({ place, what: "lets username through: a search for a name answers with that person's token" });
  if (!endpoint.responseSchema)
    out.push({ place, what: "has no responseSchema: a field that Jira adds tomorrow leaves as it is" });
  return out;
}

/** Names in a schema that Jira's answer has nowhere, and paths that select nothing in it. */
function silentNames(endpoint: Endpoint, rules: PsoxyRules, { body, leaves }: Planted): OpenItem[] {
  const known = new Set(leaves.flatMap(({ place }) => place.filter((step) => typeof step === "string")));
  const place = placeOf(endpoint);
  const out: OpenItem[] = [];
  const seen = new Set<Schema>();
  const visit = (schema: Schema | undefined, at: string) => {
    if (!schema || seen.has(schema)) return;
    seen.add(schema);
    const name = /^#\/definitions\/(.+)$/.exec(schema.$ref ?? "")?.[1];
    if (name !== undefined) visit(rules.definitions[name], `definitions.${name}`);
    for (const [member, one] of Object.entries(schema.properties ?? {})) {
      if (!known.has(member))
        out.push({ place: `${at}.properties.${member}`, what: "matches no field that Jira answers here" });
      visit(one, `${at}.properties.${member}`);
    }
    visit(schema.items, `${at}.items`);
    for (const one of schema.anyOf ?? []) visit(one, at);
  };
  visit(endpoint.responseSchema, `${place}.responseSchema`);
  for (const [i, one] of endpoint.transforms.entries()) {
    for (const [j, path] of one.jsonPaths.entries()) {
      if (path.select(body).length === 0)
        out.push({
          place: `${place}.transforms[${i}].jsonPaths[${j}]`,
          what: `(${path.text}) selects nothing in what Jira answers here`,
        });
    }
  }
  return out;
}

function nativeFindings(native: PolicyDocument, flavor: Flavor) {
  const policy = compilePolicy(native, {
    tenant: "report",
    keys: [{ id: "report", bytes: new Uint8Array(32) }],
    custom_fields: [
      {
        id: "customfield_10016",
        schema: {
          type: "number",
          custom: "com.atlassian.jira.plugin.system.customfieldtypes:float",
        },
      },
    ],
  });
  const native_leaks: LeakItem[] = [];
  let native_losses = 0;
  for (const { operation, at } of policy.endpoints) {
    if (operation.method !== "GET") continue;
    const planted = plantedAnswer(operation, flavor);
    const left = policy.answer(operation.name, 200, planted.body);
    for (const leaf of planted.leaves) {
      const same = valueAt(left, leaf.place) === leaf.value;
      if (same && PERSONAL.has(leaf.kind)) native_leaks.push(itemOf(`endpoints[${at}]`, operation, leaf));
      if (!same && FACTS.has(leaf.kind)) native_losses++;
    }
  }
  return { native_leaks, native_losses };
}
