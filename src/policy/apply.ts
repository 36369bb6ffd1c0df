/**
 * A policy, compiled once: what is asked goes through `admit`, what is answered through `answer`. Both are pure.
 */
import { LatchkeyError } from "../errors.ts";
import { type Asking, denied } from "./asking.ts";
import { admitBody, ambiguousPaths } from "./body.ts";
import { type FieldDescription, readCustomFields } from "./custom.ts";
import { type Flavor, findOperation, type Node, type Operation, operationOf, versioned } from "./fields.ts";
import { namesSomeone } from "./forms.ts";
import type { ResolvePerson } from "./jql.ts";
import { KINDS } from "./kinds.ts";
import { type Coverage, type Plan, planFor, type Setting } from "./plan.ts";
import { createPseudonyms, type PseudonymOptions } from "./pseudonym.ts";
import { answerHeaderPasses } from "./refusals.ts";
import { admitPath, admitQuery } from "./request.ts";
import { type EndpointRule, type Mistake, mistakesOfForm, type PolicyDocument } from "./rules.ts";
import { readPattern } from "./select.ts";
import { plainUrl } from "./treat.ts";

export type CompileOptions = PseudonymOptions & {
  /** The fields of the site, as its `/field` answers them; without them no custom field leaves. */
  readonly custom_fields?: readonly FieldDescription[];
};
export type Asked = {
  readonly method: string;
  /** Below the site's base, as `refusePath` gives it. */
  readonly path: string;
  /** Without the question mark. */
  readonly query?: string;
  /** Parsed JSON. */
  readonly body?: unknown;
};
export type Admitted = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: unknown;
  /** Give it to `answer`. */
  readonly operation: string;
};
export type CompiledPolicy = {
  /** @throws LatchkeyError `policy_denied` */
  readonly admit: (asked: Asked, resolve?: ResolvePerson) => Admitted;
  /** What leaves of an answer. Statuses from 300 on are read as errors, whatever the operation. */
  readonly answer: (operation: string, status: number, body: unknown) => unknown;
  readonly headers: (headers: Readonly<Record<string, string>>) => Record<string, string>;
  readonly endpoints: readonly CompiledEndpoint[];
};
export type CompiledEndpoint = {
  readonly operation: Operation;
  readonly rule: EndpointRule;
  /** Its place in the document. */
  readonly at: number;
  readonly plan: Plan | undefined;
  readonly coverage: Coverage;
};

const OWN_FIELD = /(^|\.)customfield_\d{1,10}(?=\.|\[|$)/;

/**
 * @throws LatchkeyError `config_invalid`; `details.mistakes` lists every mistake with its path and what mends it
 */
export function compilePolicy(document: unknown, options: CompileOptions): CompiledPolicy {
  const { endpoints, mistakes, setting } = readPolicy(document, options);
  if (mistakes.length > 0 || setting === undefined) {
    const first = mistakes[0]!;
    throw new LatchkeyError(
      "config_invalid",
      `The policy has ${mistakes.length} mistake${mistakes.length === 1 ? "" : "s"}; the first: ${first.path} ${first.what}.`,
      { details: { mistakes }, fix: first.fix },
    );
  }
  return run(document as PolicyDocument, endpoints, setting);
}

/**
 * The endpoints of a policy and every mistake of its form and sense.
 *
 * @param judgeOwnFields Whether a rule about a field of a site's own must hold at this site. One policy serves
 * several sites, so where it is used such a rule that finds nothing lets nothing out, and is no mistake.
 */
export function readPolicy(
  document: unknown,
  options: CompileOptions,
  judgeOwnFields = false,
): { endpoints: CompiledEndpoint[]; mistakes: Mistake[]; setting: Setting | undefined } {
  const mistakes = mistakesOfForm(document);
  if (mistakes.length > 0) return { endpoints: [], mistakes, setting: undefined };
  const policy = document as PolicyDocument;
  const kinds = policy.kinds ?? {};
  const setting: Setting = {
    flavor: policy.flavor,
    custom: readCustomFields(options.custom_fields ?? []),
    tools: {
      pseudonyms: createPseudonyms(options),
      usual: (kind) => kinds[kind] ?? KINDS[kind].usual,
    },
  };
  const endpoints: CompiledEndpoint[] = [];
  const taken = new Map<string, number>();
  for (const [at, rule] of policy.endpoints.entries()) {
    for (const method of rule.methods ?? ["GET"]) {
      const operation = operationOf(policy.flavor, method, rule.path);
      if (operation === undefined) {
        mistakes.push(noOperation(at, method, rule.path, policy.flavor));
      } else if (taken.has(operation.name)) {
        mistakes.push({
          path: `endpoints[${at}]`,
          what: `is shadowed: ${operation.name} is already endpoints[${taken.get(operation.name)}]`,
          fix: "Remove one of them.",
        });
      } else {
        taken.set(operation.name, at);
        const endpoint = compileEndpoint(rule, at, operation, setting);
        endpoints.push(endpoint);
        mistakes.push(...mistakesOf(endpoint, judgeOwnFields));
      }
    }
  }
  return { endpoints, mistakes, setting };
}

function compileEndpoint(
  rule: EndpointRule,
  at: number,
  operation: Operation,
  setting: Setting,
): CompiledEndpoint {
  const rules = rule.answer.map((one) => ({
    pattern: readPattern(typeof one === "string" ? one : one.path),
    treat: typeof one === "string" ? undefined : one.treat,
  }));
  const made = planFor(operation.answer ?? {}, rules, setting);
  return { operation, rule, at, ...made };
}

function mistakesOf({ rule, at, coverage, operation }: CompiledEndpoint, judgeOwnFields: boolean): Mistake[] {
  const open = [...Object.entries(rule.query ?? {}), ...Object.entries(rule.body ?? {})]
    .filter(([name, parameter]) => /(^|\.)jql/i.test(name) && parameter !== "jql")
    .map(([name]) => ({
      path: `endpoints[${at}]`,
      what: `lets ${name} hold a query that nobody reads`,
      fix: `Write ${name}: jql. A query can ask what the answer does not show.`,
    }));
  const both = ambiguousPaths(rule.body ?? {}).map((name) => ({
    path: `endpoints[${at}].body.${name}`,
    what: "is said to be a value, and other rules say what is in it",
    fix: "Remove one or the other.",
  }));
  const answers = rule.answer.flatMap((one, i): Mistake[] => {
    const path = `endpoints[${at}].answer[${i}]`;
    const name = typeof one === "string" ? one : one.path;
    if (!judgeOwnFields && OWN_FIELD.test(name)) return [];
    const impossible = coverage.impossible.get(i);
    if (impossible !== undefined) {
      return [
        {
          path,
          what: `treats ${[...impossible].join(", ")} in a way that is not possible`,
          fix: `Possible: ${[...impossible].map((kind) => `${kind} ${KINDS[kind].allowed.join(", ")}`).join("; ")}.`,
        },
      ];
    }
    const silent = coverage.leaves[i] === 0 && (typeof one === "string" || one.treat === undefined);
    if (coverage.has[i]! > 0 && !silent) return [];
    if (coverage.has[i]! > 0) {
      return [
        {
          path,
          what: `(${name}) lets nothing through: what it covers is dropped by its kind`,
          fix: "Say how to treat it, as in {path, treat}, or change what is done with the kind.",
        },
      ];
    }
    if (coverage.lost[i]! > 0) {
      return [
        {
          path,
          what: `(${name}) is shadowed by the rules before it`,
          fix: "Put it before them, or remove it.",
        },
      ];
    }
    return [
      {
        path,
        what: `(${name}) matches no field that ${operation.name} answers`,
        fix: "Correct the path, or remove it.",
      },
    ];
  });
  return [...open, ...both, ...answers];
}

function noOperation(at: number, method: string, path: string, flavor: Flavor): Mistake {
  return {
    path: `endpoints[${at}].path`,
    what: `matches nothing: ${method} ${path} is no operation of ${flavor === "cloud" ? "Jira Cloud" : "Jira Data Center"}`,
    fix: "Write the path as Atlassian's reference has it, with its parameters in braces.",
  };
}

function run(
  policy: PolicyDocument,
  endpoints: readonly CompiledEndpoint[],
  setting: Setting,
): CompiledPolicy {
  const byOperation = new Map(endpoints.map((endpoint) => [endpoint.operation.name, endpoint]));
  const errors = planFor("@Errors" as Node, [{ pattern: ["**"], treat: undefined }], setting).plan;
  return {
    endpoints,
    admit(asked, resolve = () => undefined) {
      const operation = findOperation(
        policy.flavor,
        asked.method === "HEAD" ? "GET" : asked.method,
        asked.path,
      );
      const endpoint = operation && byOperation.get(operation.name);
      if (endpoint === undefined)
        throw denied("The policy does not allow this endpoint.", "Ask for one that it names.");
      const asking: Asking = { pseudonyms: setting.tools.pseudonyms, jql: policy.jql ?? {}, resolve };
      return {
        method: asked.method,
        path: samePath(
          asked.path,
          admitPath(endpoint.operation, versioned(policy.flavor, asked.path), asking),
        ),
        query: admitQuery(asked.query ?? "", endpoint.rule.query ?? {}, asking),
        body: asked.body === undefined ? undefined : admitBody(asked.body, endpoint.rule.body ?? {}, asking),
        operation: endpoint.operation.name,
      };
    },
    answer(operation, status, body) {
      if (status >= 300) return errors?.walk(body, 0);
      return byOperation.get(operation)?.plan?.walk(body, 0);
    },
    headers: answerHeaders,
  };
}

/** The version the caller asked for stays in the path that is sent. */
function samePath(asked: string, admitted: string): string {
  const given = asked.split("/");
  return admitted
    .split("/")
    .map((segment, i) => (i === 3 && /^\d(\.\d)?$/.test(segment) ? (given[3] ?? segment) : segment))
    .join("/");
}

/** Answer headers that pass, without file names, addresses with queries, and people. */
function answerHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (!answerHeaderPasses(lower) || lower === "content-disposition" || lower === "content-length") continue;
    if (lower === "link") {
      const url = plainUrl(/^<([^>]*)>/.exec(value)?.[1] ?? "");
      if (url !== undefined) out[lower] = `<${url}>`;
    } else if (!namesSomeone(value)) out[lower] = value;
  }
  return out;
}
