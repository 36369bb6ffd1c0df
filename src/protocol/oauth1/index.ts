/** OAuth 1.0a with RSA-SHA1, as Jira Server and Data Center speak it. @see RFC 5849 */
export {
  type At,
  authorizeOAuth1,
  baseStringOf,
  type OAuth1Client,
  type OAuth1Options,
  prepareSigner,
  type Signer,
} from "./authorize.ts";
export { type ValidatedOAuth1Callback, validateCallback, validateVerifier } from "./callback.ts";
export {
  authorizeUrl,
  buildAccessToken,
  buildRenewal,
  buildRequestToken,
  endpointsOf,
  type OAuth1Endpoints,
  type OAuth1Tokens,
  processAccessToken,
  processRequestToken,
  type RequestToken,
} from "./dance.ts";
export { type BaseStringDifference, compareBaseStrings } from "./difference.ts";
export { formEncode, parseForm, percentDecode, percentEncode } from "./encode.ts";
export { isPair, type PublicKey, parsePrivateKey, parsePublicKey, type SigningKey } from "./key.ts";
export { type OAuthProblem, oauthProblemOf, type ProblemContext, problemError } from "./problem.ts";
export { baseStringUri, normalizedParameters, sign, signatureBaseString, signSync } from "./signature.ts";
