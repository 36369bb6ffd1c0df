export {
  buildAuthorizeUrl,
  type OAuth2Client,
  type OAuth2Endpoints,
  type ValidatedOAuth2Callback,
  validateCallback,
} from "./authorize.ts";
export { codeChallenge, isCodeVerifier, verifierFrom } from "./pkce.ts";
export {
  buildCodeExchange,
  buildRefresh,
  classifyRefreshFailure,
  processTokenResponse,
  type RefreshFailure,
  type TokenSet,
  tokenError,
  usableUntil,
} from "./token.ts";
