/** OAuth 2.0 with PKCE, as Jira Cloud and Data Center speak it. @see RFC 6749, RFC 7636, RFC 9700 */
export {
  buildAuthorizeUrl,
  type OAuth2Client,
  type OAuth2Endpoints,
  type ValidatedOAuth2Callback,
  validateCallback,
} from "./authorize.ts";
export { codeChallenge, isCodeVerifier, verifierFrom } from "./pkce.ts";
export {
  buildClientCredentials,
  buildCodeExchange,
  buildRefresh,
  classifyRefreshFailure,
  processTokenResponse,
  type RefreshFailure,
  type TokenSet,
  tokenError,
  usableUntil,
} from "./token.ts";
