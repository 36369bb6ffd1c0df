/** The form of a policy, as a JSON Schema; published as docs/policy.schema.json. */
import { KINDS, TREATMENTS } from "./kinds.ts";

/** The part of JSON Schema that policies need. */
export type JsonSchema = {
  readonly $schema?: string;
  readonly $id?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: "object" | "array" | "string" | "integer" | "boolean";
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false | JsonSchema;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly enum?: readonly (string | number)[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly oneOf?: readonly JsonSchema[];
};

const TREATMENT: JsonSchema = { type: "string", enum: TREATMENTS };
const WORDS: JsonSchema = { type: "array", items: { type: "string" } };
const PARAMETER: JsonSchema = {
  description: "What a parameter may hold.",
  oneOf: [
    {
      type: "string",
      enum: "integer boolean id key issue date text rich person group cursor jql any".split(" "),
    },
    {
      type: "object",
      properties: {
        type: { type: "string", enum: ["integer", "list"] },
        max: { type: "integer", minimum: 0, description: "The largest integer." },
        of: { ...WORDS, minItems: 1, description: "The words a list may hold, separated by commas." },
      },
      required: ["type"],
      additionalProperties: false,
    },
  ],
};
const PARAMETERS: JsonSchema = { type: "object", additionalProperties: PARAMETER };

export const POLICY_SCHEMA: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Latchkey policy",
  description:
    "What may be asked of a Jira, and in what form the answer leaves. What is not named is denied.",
  type: "object",
  properties: {
    latchkey_policy: { type: "integer", enum: [1], description: "The version of this form." },
    name: { type: "string" },
    flavor: { type: "string", enum: ["cloud", "datacenter"] },
    tenant: {
      type: "string",
      pattern: "^[a-z0-9][a-z0-9._-]{0,62}$",
      description:
        "Whose tokens it makes. Policies of one tenant make the same tokens for the same person, whoever owns the connection; unless said, the tokens of each owner are its own.",
    },
    kinds: {
      description: "What is done with each kind of value where no rule says otherwise.",
      type: "object",
      properties: Object.fromEntries(
        Object.entries(KINDS).map(([kind, row]) => [
          kind,
          { ...TREATMENT, enum: row.allowed, description: `${row.meaning}; unless said: ${row.usual}` },
        ]),
      ),
      additionalProperties: false,
    },
    jql: {
      description: "What a query may ask. People are named by tokens only.",
      type: "object",
      properties: {
        clauses: {
          ...WORDS,
          description: "Fields that may be compared; unless said, times, states and projects.",
        },
        people: { ...WORDS, description: "Fields that may be compared with tokens of people." },
        functions: WORDS,
        order: { ...WORDS, description: "Fields the answer may be ordered by." },
        max_clauses: { type: "integer", minimum: 1 },
      },
      additionalProperties: false,
    },
    endpoints: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        properties: {
          path: {
            type: "string",
            pattern: "^/",
            description: "A path as Atlassian writes it: /rest/api/3/issue/{issueIdOrKey}",
          },
          methods: {
            type: "array",
            minItems: 1,
            items: { type: "string", enum: ["GET", "POST", "PUT", "DELETE", "PATCH"] },
            description: "Unless said, GET.",
          },
          query: PARAMETERS,
          body: { ...PARAMETERS, description: "By path: jql, fields.project.key; lists are passed through." },
          answer: {
            type: "array",
            description: "Fields that leave. The first rule that covers a field has it.",
            items: {
              oneOf: [
                { type: "string", pattern: "^[^.]+(\\.[^.]+)*$" },
                {
                  type: "object",
                  properties: { path: { type: "string", pattern: "^[^.]+(\\.[^.]+)*$" }, treat: TREATMENT },
                  required: ["path"],
                  additionalProperties: false,
                },
              ],
            },
          },
        },
        required: ["path", "answer"],
        additionalProperties: false,
      },
    },
  },
  required: ["latchkey_policy", "flavor", "endpoints"],
  additionalProperties: false,
};
