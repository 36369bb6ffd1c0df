import type { Switch } from "../switch.ts";

/** Behaviour of the identity providers that no public document settles. */
export const authSwitches: readonly Switch[] = [
  {
    name: "unregistered_scope",
    values: ["page", "drop", "later"],
    default: "page",
    meaning:
      "Cloud, a scope the app is not registered for: an error page, the scope left out, or granted in name and refused at the API",
  },
  {
    name: "pkce",
    values: ["verify", "ignore", "require"],
    default: "verify",
    meaning: "Cloud, whether a code challenge that was sent is verified, ignored, or demanded",
  },
  {
    name: "access_type",
    values: ["resource", "account"],
    default: "resource",
    meaning: "Cloud, whether a consent covers the chosen site alone or every site of the user",
  },
  {
    name: "admin_approval",
    values: ["off", "on"],
    default: "off",
    meaning: "Cloud, whether the site's administrator blocks apps that users install",
  },
  {
    name: "guest",
    values: ["off", "on"],
    default: "off",
    meaning: "Cloud, whether accessible-resources is empty, as for a guest of a site",
  },
  {
    name: "refresh_error",
    values: ["unauthorized_client", "invalid_grant"],
    default: "unauthorized_client",
    meaning: "Cloud, the 403 for a dead refresh token: as seen in production, or as documented",
  },
  {
    name: "code_error",
    values: ["invalid_request", "invalid_grant"],
    default: "invalid_request",
    meaning: "Cloud, the answer for a dead code: 400 as seen today, or the older 403",
  },
  {
    name: "bad_secret",
    values: ["401", "403", "invalid_client"],
    default: "401",
    meaning:
      "Cloud, the answer for a wrong client secret: access_denied with 401 or 403, or invalid_client with 401",
  },
  {
    name: "cloud_code_ttl_s",
    values: "seconds",
    default: "300",
    meaning: "Cloud, life of an authorization code",
  },
  {
    name: "access_ttl_s",
    values: "seconds",
    default: "3600",
    meaning: "life of an OAuth 2.0 access token, both faces",
  },
  {
    name: "refresh_idle_s",
    values: "seconds",
    default: "7776000",
    meaning: "life of an unused refresh token, both faces (90 days)",
  },
  {
    name: "family_absolute_s",
    values: "seconds",
    default: "31536000",
    meaning: "Cloud, life of a family from the consent on (365 days)",
  },
  {
    name: "reuse_leeway_s",
    values: "seconds",
    default: "600",
    meaning: "Cloud, how long a rotated refresh token may be presented again",
  },
  {
    name: "reuse",
    values: ["siblings_live", "supersede", "same_pair"],
    default: "siblings_live",
    meaning:
      "Cloud, a reuse inside the leeway: a new pair beside the earlier one, a new pair instead of it, or the same pair again",
  },
  {
    name: "unknown_cloud_id",
    values: ["404", "401", "403"],
    default: "404",
    meaning: "Cloud, the gateway's answer for a cloud id the token does not cover",
  },
  {
    name: "revoke_endpoint",
    values: ["absent", "200"],
    default: "absent",
    meaning: "Cloud, whether POST /oauth/revoke exists",
  },
  {
    name: "oauth1_on_cloud",
    values: ["off", "on"],
    default: "off",
    meaning: "whether OAuth 1.0a is answered under /sites/{name}",
  },
  {
    name: "token_url_get",
    values: ["accept", "405"],
    default: "accept",
    meaning: "Data Center OAuth 1.0a, whether the token URLs answer GET",
  },
  {
    name: "problem_order",
    values: ["shuffled", "fixed"],
    default: "shuffled",
    meaning: "Data Center OAuth 1.0a, the order of the parameters of an oauth_problem",
  },
  {
    name: "nonce_per_consumer",
    values: ["on", "off"],
    default: "on",
    meaning:
      "Data Center OAuth 1.0a, whether a nonce is also refused when only its timestamp or token differs",
  },
  {
    name: "callback_confirmed",
    values: ["1.0a", "always"],
    default: "1.0a",
    meaning: "Data Center OAuth 1.0a, whether oauth_callback_confirmed is sent for 1.0 tokens too",
  },
  {
    name: "code_ttl_s",
    values: "seconds",
    default: "10",
    meaning: "Data Center OAuth 2.0, life of an authorization code",
  },
  {
    name: "refresh_redirect_uri",
    values: ["lenient", "strict"],
    default: "lenient",
    meaning: "Data Center OAuth 2.0, whether redirect_uri must be sent on refresh",
  },
  {
    name: "invalid_client_status",
    values: ["401", "400"],
    default: "401",
    meaning: "Data Center OAuth 2.0, the status of invalid_client",
  },
  {
    name: "referer_check",
    values: ["off", "on"],
    default: "off",
    meaning: "Data Center OAuth 2.0, whether a consent without a Referer is shown again",
  },
  {
    name: "https_enforced",
    values: ["off", "on"],
    default: "off",
    meaning: "Data Center OAuth 2.0, whether http is refused even on a loopback address",
  },
  {
    name: "session_resource",
    values: ["on", "off"],
    default: "on",
    meaning: "Data Center, whether /rest/auth/1/session answers (off as in Jira 11)",
  },
  {
    name: "basic_auth",
    values: ["on", "off"],
    default: "on",
    meaning: "Data Center, Basic authentication (off as in Jira 11)",
  },
  {
    name: "captcha_after",
    values: "number",
    default: "3",
    meaning:
      "Data Center, failed logins in a row after which Basic is refused until a sign-in in a browser; 0: never",
  },
  {
    name: "personal_access_tokens",
    values: ["on", "off"],
    default: "on",
    meaning: "Data Center, whether the administrator lets people use personal access tokens",
  },
];
