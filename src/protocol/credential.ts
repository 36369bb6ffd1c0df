import type { Secret } from "../secret.ts";
import type { SigningKey } from "./oauth1/key.ts";

/**
 * How one request is authorized. A credential is a value of the moment: it names the token it carries
 * (`token_id`), so that a 401 can say which token failed.
 */
export type Credential =
  /** OAuth 2.0 access token, Data Center personal access token, service account token. @see RFC 6750 section 2.1 */
  | { readonly kind: "bearer"; readonly token: Secret; readonly token_id: string }
  /** OAuth 1.0a, RSA-SHA1. Without `oauth_token` the call is 2-legged. @see RFC 5849 section 3 */
  | {
      readonly kind: "oauth1";
      readonly consumer_key: string;
      readonly key: SigningKey;
      readonly oauth_token?: Secret;
      readonly token_id: string;
    }
  /** E-mail and API token, or user name and password. @see RFC 7617 */
  | {
      readonly kind: "basic";
      readonly username: string;
      readonly password: Secret;
      readonly token_id: string;
    };
