export {
  type At,
  authorizeOAuth1,
  type OAuth1Client,
  type OAuth1Options,
  prepareSigner,
  type Signer,
} from "./authorize.ts";
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
  type ValidatedOAuth1Callback,
  validateCallback,
  validateVerifier,
} from "./dance.ts";
export { formEncode, parseForm, percentDecode, percentEncode } from "./encode.ts";
export { isPair, type PublicKey, parsePrivateKey, parsePublicKey, type SigningKey } from "./key.ts";
export { type OAuthProblem, oauthProblemOf, type ProblemContext, problemError } from "./problem.ts";
export {
  baseStringUri,
  normalizedParameters,
  sign,
  signatureBaseString,
  signSync,
} from "./signature.ts";
