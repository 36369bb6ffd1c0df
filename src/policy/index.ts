/**
 * What may be asked through the proxy and in what form the answer leaves. Pure: it runs anywhere, loads no
 * server and no database.
 */
export {
  type Admitted,
  type Asked,
  type CompiledEndpoint,
  type CompiledPolicy,
  type CompileOptions,
  compilePolicy,
} from "./apply.ts";
export { checkPolicy } from "./check.ts";
export type { FieldDescription } from "./custom.ts";
export { type Flavor, findOperation, type Node, type Operation, operationOf, operations } from "./fields.ts";
export { admitJql, type ResolvePerson } from "./jql.ts";
export { KINDS, type Kind, type Treatment } from "./kinds.ts";
export { createDirectory, type Directory, type KnownPerson, tokensAsked } from "./people.ts";
export { type PreviewLine, previewLines } from "./preview.ts";
export {
  createPseudonyms,
  type PolicyKey,
  type PseudonymOptions,
  type Pseudonyms,
  readToken,
  type Token,
} from "./pseudonym.ts";
export {
  answerHeaderPasses,
  namedByConnection,
  refuseParameters,
  refusePath,
  refuseQuery,
  requestHeaders,
} from "./refusals.ts";
export { type ReportLine, reportPolicy } from "./report.ts";
export type { EndpointRule, JqlRule, Mistake, Parameter, PolicyDocument } from "./rules.ts";
export { type JsonSchema, POLICY_SCHEMA } from "./schema.ts";
