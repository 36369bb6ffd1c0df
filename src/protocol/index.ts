/**
 * `latchkey/protocol`: the OAuth dances of every kind of Jira as pure functions over plain HTTP values. No
 * connection is opened, no clock read, no randomness drawn here; all three come in as arguments.
 */
export { ERRORS, type ErrorCode, isLatchkeyError, LatchkeyError } from "../errors.ts";
export type { HttpHeaders, HttpRequest, HttpResponse } from "../http.ts";
export { Secret, secret } from "../secret.ts";
export type { Credential } from "./credential.ts";
export {
  buildProbe,
  type CloudSites,
  type Conclusion,
  conclude,
  type Failed,
  type Finding,
  type ParsedSite,
  parseSite,
  processProbe,
} from "./discovery.ts";
export {
  type Dialect,
  endpointsFor,
  FLAVORS,
  type Flavor,
  type Lifetimes,
  type OAuth2Endpoints,
  type Where,
} from "./flavors.ts";
export { FORM_WORDS, type GivenTokenKind, recogniseToken, type TokenForm } from "./given-token.ts";
export * as oauth1 from "./oauth1/index.ts";
export * as oauth2 from "./oauth2/index.ts";
export { type ScopeWords, scopesOf, scopeWords } from "./scopes.ts";
