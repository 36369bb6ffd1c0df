export {
  type Answer,
  type AnswerClass,
  answerError,
  classifyAnswer,
  type JiraErrors,
  parseErrors,
} from "./answers.ts";
export { authorizationOf, authorize, type Moment } from "./authorize.ts";
export { createJira } from "./client.ts";
export type { Priority } from "./gates.ts";
export type { Gauge, GaugePort } from "./gauges.ts";
export {
  createGovernor,
  type GovernedCall,
  type Governor,
  type GovernorParts,
  type Turn,
} from "./governor.ts";
export { remoteLinkJson } from "./issue-parts.ts";
export type { Bucket, Quota, Reach } from "./limits.ts";
export type {
  CredentialSource,
  FieldChoice,
  FieldValues,
  IssueChange,
  IssueJson,
  Jira,
  JiraAnswer,
  JiraParts,
  JiraRequest,
  JiraStream,
  Json,
  NewIssue,
  NewRequest,
  PageOptions,
  Query,
  SearchOptions,
  SearchPage,
} from "./model.ts";
export { type OperationScopes, scopesFor } from "./operations.ts";
export { type Person, personOf } from "./people.ts";
export { userValue } from "./person-values.ts";
export type {
  Attachments,
  Download,
  IssueHistory,
  IssueProperties,
  NewFile,
  NewWorklog,
  PersonValue,
  RemoteLink,
  RemoteLinks,
  Users,
  Worklogs,
} from "./resources.ts";
export { createRetryBudget, type RetryBudget } from "./retry-budget.ts";
export { pause, retryAfter } from "./retry-timing.ts";
export { markdownOf, plainText, type RichText, richTextFor } from "./richtext.ts";
export { provenMissing, type ScopeLedger, scopeLedger } from "./scopes.ts";
export { type AccountParts, type GrantedSite, listSites, me } from "./sites.ts";
export type { Standing } from "./standing.ts";
export {
  type FailedCall,
  type FailedTry,
  failedCall,
  leave,
  newTrail,
  sending,
  type Trail,
} from "./trail.ts";
