/** Rules at work: which calls pass, with what in the place of reversible tokens, and what leaves of an answer. */
import { LatchkeyError } from "../../errors.ts";
import { vocabulary } from "../fields.ts";
import { knownMessage } from "../messages.ts";
import { refusePath, refuseQuery } from "../refusals.ts";
import { parameterFits } from "./parameters.ts";
import { isTooDeep } from "./path.ts";
import { type PsoxyPseudonyms, REVERSIBLE } from "./pseudonym.ts";
import type { Endpoint, PsoxyRules } from "./rules.ts";
import { filterOf } from "./schema.ts";
import { transform, Untransformable } from "./transform.ts";

export type PsoxyAsked = {
  readonly method: string;
  /** As Psoxy has it, `/ex/jira/{cloudId}/rest/…`; as `refusePath` gives it. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly body?: unknown;
};
export type PsoxyAdmitted = PsoxyAsked & { readonly endpoint: Endpoint };

export type PsoxySanitizer = {
  readonly rules: PsoxyRules;
  /**
   * The call as it is sent. The rules judge it as it was asked, with the tokens in it, and once more with what the
   * tokens stand for.
   * @throws LatchkeyError `policy_denied`
   */
  admit(asked: PsoxyAsked): PsoxyAdmitted;
  /** What leaves; the JSON given is changed. From status 300 on it is read as an error. @throws LatchkeyError `policy_denied` */
  answer(endpoint: Endpoint, status: number, json: unknown): unknown;
};

export function createPsoxySanitizer(rules: PsoxyRules, pseudonyms: PsoxyPseudonyms): PsoxySanitizer {
  const filters = rules.endpoints.map(
    ({ responseSchema }) => responseSchema && filterOf(responseSchema, rules.definitions),
  );
  return {
    rules,
    admit(asked) {
      const endpoint = endpointFor(rules, asked);
      const opened = openTokens(asked, pseudonyms);
      if (opened !== asked && !endpoint.match(opened.path, opened.query)) throw blocked();
      return { ...opened, endpoint };
    },
    answer(endpoint, status, json) {
      if (isTooDeep(json)) throw withheld("is nested too deeply");
      if (status >= 300) return errorsOf(json);
      const filter = filters[endpoint.at];
      const left = filter ? filter(json) : json;
      try {
        for (const one of endpoint.transforms) transform(left, one, pseudonyms);
      } catch (error) {
        if (error instanceof Untransformable) throw withheld(`does not fit the rules: ${error.message}`);
        throw error;
      }
      return left;
    },
  };
}

function endpointFor(rules: PsoxyRules, asked: PsoxyAsked): Endpoint {
  for (const endpoint of rules.endpoints) {
    const parameters = endpoint.match(asked.path, asked.query);
    if (parameters && allows(endpoint, asked, parameters)) return endpoint;
  }
  throw blocked();
}

function allows(endpoint: Endpoint, asked: PsoxyAsked, inPath: Readonly<Record<string, string>>): boolean {
  const { allowedMethods, allowedQueryParams, queryParamSchemas, pathParameterSchemas } = endpoint;
  if (allowedMethods && !allowedMethods.includes(asked.method)) return false;
  const query = pairsOf(asked.query);
  const names = new Set(query.map(([name]) => name));
  if (allowedQueryParams && ![...names].every((name) => allowedQueryParams.includes(name))) return false;
  for (const [name, schema] of Object.entries(queryParamSchemas)) {
    const values = query.filter(([one]) => one === name);
    if (schema.required && values.length === 0) return false;
    if (!values.every(([, value]) => parameterFits(schema, value))) return false;
  }
  return Object.entries(inPath).every(([name, raw]) => {
    const schema = pathParameterSchemas[name.toLowerCase()];
    return !schema || parameterFits(schema, decoded(raw));
  });
}

/** Names in lower case, both sides decoded. */
function pairsOf(query: string): [string, string][] {
  if (query === "") return [];
  return query.split("&").map((pair) => {
    const at = pair.indexOf("=");
    const name = at < 0 ? pair : pair.slice(0, at);
    return [decoded(plused(name)).toLowerCase(), at < 0 ? "" : decoded(plused(pair.slice(at + 1)))];
  });
}

/** In a query a plus sign is a blank. */
function plused(text: string): string {
  return text.replaceAll("+", " ");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw blocked();
  }
}

/** What stands behind a token is put in as one value: percent-encoded, so that it cannot become path or parameter. */
function openTokens(asked: PsoxyAsked, pseudonyms: PsoxyPseudonyms): PsoxyAsked {
  const path = asked.path.replace(REVERSIBLE, (token) => encodeURIComponent(openOne(token, pseudonyms)));
  const query = asked.query.replace(REVERSIBLE, (token) => encodeURIComponent(openOne(token, pseudonyms)));
  const body = inTexts(
    asked.body,
    (text) => text.replace(REVERSIBLE, (token) => openOne(token, pseudonyms)),
    0,
  );
  if (path === asked.path && query === asked.query && body === asked.body) return asked;
  refuseQuery(query);
  return { ...asked, path: refusePath(path), query, body };
}

function openOne(token: string, pseudonyms: PsoxyPseudonyms): string {
  const opened = pseudonyms.open(token);
  // A dot segment would be read as a way up.
  if (opened !== undefined && opened !== "." && opened !== "..") return opened;
  throw new LatchkeyError(
    "policy_denied",
    "A reversible token was not made with the salt and key of this instance.",
    {
      details: { psoxy: "TOKENIZED_REQUEST_PARAMETER_INVALID" },
      fix: "Send the token as it was given out, by this instance or by one with the same salt and key.",
    },
  );
}

function inTexts(value: unknown, change: (text: string) => string, depth: number): unknown {
  if (depth > 100) throw blocked();
  if (typeof value === "string") return change(value);
  if (typeof value !== "object" || value === null) return value;
  let changed = false;
  const entries = Object.entries(value).map(([name, member]): [string, unknown] => {
    const next = inTexts(member, change, depth + 1);
    changed ||= next !== member;
    return [name, next];
  });
  if (!changed) return value;
  return Array.isArray(value) ? entries.map(([, member]) => member) : Object.fromEntries(entries);
}

/** Of Jira's refusals only sentences that are known; they quote what was asked, people included. */
function errorsOf(json: unknown): unknown {
  const { errorMessages, errors } = (typeof json === "object" && json !== null ? json : {}) as Record<
    string,
    unknown
  >;
  const messages = Array.isArray(errorMessages) ? errorMessages.filter((one) => typeof one === "string") : [];
  const known = (name: string) => vocabulary().system.has(name) || /^customfield_\d{1,10}$/.test(name);
  const fields = typeof errors === "object" && errors !== null ? Object.entries(errors) : [];
  return {
    errorMessages: messages.slice(0, 50).map(knownMessage),
    errors: Object.fromEntries(
      fields
        .flatMap(([name, said]) =>
          known(name) && typeof said === "string" ? [[name, knownMessage(said)]] : [],
        )
        .slice(0, 50),
    ),
  };
}

function blocked(): LatchkeyError {
  return new LatchkeyError("policy_denied", "The rules of this instance let no such call through.", {
    details: { psoxy: "BLOCKED_BY_RULES" },
    fix: "Ask for a path, a method and parameters that the rules name.",
  });
}

function withheld(why: string): LatchkeyError {
  return new LatchkeyError("policy_denied", `Jira's answer ${why}, so nothing of it leaves.`, {
    details: { psoxy: "UNKNOWN" },
    fix: "Correct the rules of this instance.",
  });
}
