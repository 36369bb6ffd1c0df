/** Application links of Data Center and Server (OAuth 1.0a): the words of `oauth_problem` and what is behind them. */
import type { About, Observation, Row } from "../contract.ts";
import { hasOAuth2, incomingSide, linksPage } from "../places.ts";
import { header, isHtml, named, parameter, path, problem, says } from "../signs.ts";

const flavors = ["datacenter-oauth1"] as const;
const AGAIN = "Connect again and approve; the connection keeps its id.";

/** What the comparison of the two base strings has shown. */
function differs(seen: Observation, part: "url" | "form" | "query" | "nothing"): boolean {
  return named(seen, "signature_invalid") && seen.details?.differs === part;
}

export const OAUTH1: readonly Row[] = [
  {
    id: "dc-3",
    flavors,
    step: "base_url",
    code: "signature_invalid",
    title: "The body was signed otherwise than Jira reads it",
    signs: "`signature_invalid` only where something is sent: POST with a form, or with JSON.",
    cause: "Fields of a form belong into the signature, a JSON body does not; one side did the other.",
    next: () =>
      "Sign the fields of a form (Content-Type: application/x-www-form-urlencoded); leave JSON out and send Content-Type: application/json.",
    sees: (seen) => differs(seen, "form"),
  },
  {
    id: "dc-4",
    flavors,
    step: "base_url",
    code: "signature_invalid",
    title: "The query was encoded otherwise than Jira reads it",
    signs: "`signature_invalid` only with some queries: `+`, `*`, `~`, letters beyond ASCII.",
    cause: "Something re-encodes the query on its way, or the client does not encode as RFC 3986 says.",
    next: () =>
      "Let the proxy hand the query on as it came (nginx: proxy_pass without a path; Apache: AllowEncodedSlashes NoDecode and nocanon), and encode by RFC 3986.",
    sees: (seen) => differs(seen, "query"),
  },
  {
    id: "dc-2",
    flavors,
    step: "key_pair",
    code: "signature_invalid",
    title: "Jira holds another public key",
    signs: "`signature_invalid` although both base strings are the same.",
    cause:
      "Both sides signed the very same text, so the public key in Jira is not the pair of the private key, or was damaged when it was pasted.",
    next: (about) =>
      `Paste the public key again at ${incomingSide(about)}, all lines of it, and save. ${keyOf(about)}`,
    sees: (seen) => differs(seen, "nothing"),
  },
  {
    id: "dc-1",
    flavors,
    step: "base_url",
    code: "signature_invalid",
    title: "A proxy before Jira changes the address",
    signs: "401 `oauth_problem=signature_invalid` on every call; the base strings differ in the address.",
    cause:
      "Jira signs for the address its Tomcat sees; the proxy hands on another scheme, host, port or context path than the one people use.",
    next: ({ seen }) =>
      typeof seen.details?.setting === "string"
        ? seen.details.setting
        : "Compare the two base strings: where the second part differs, set scheme, proxyName, proxyPort and secure on the Connector in Jira's server.xml, and let the proxy pass the Host header through; where they are the same, paste the public key again.",
    sees: (seen) => named(seen, "signature_invalid"),
  },
  {
    id: "dc-5",
    flavors,
    step: "registration",
    code: "signature_method_rejected",
    title: "Jira takes only RSA-SHA1",
    signs: "400 `oauth_problem=signature_method_rejected`.",
    cause:
      "The client signs with HMAC-SHA1 or RSA-SHA256; pycontribs jira does since 3.5.1, and falls back after a refusal.",
    next: () =>
      "Have the client sign with RSA-SHA1 (pycontribs: signature_method=SIGNATURE_RSA_SHA1); Latchkey does.",
    sees: (seen) => named(seen, "signature_method_rejected"),
  },
  {
    id: "dc-14",
    flavors,
    step: "registration",
    code: "consumer_key_unknown",
    title: "The incoming side of the link is not filled in",
    signs:
      "A bare 401 at the first step, as in `failed to get a connect link: oauth1: Server returned status 401`.",
    cause:
      "Only the outgoing side of the application link was set up; the library hides Jira's answer, which names the problem.",
    next: (about) => `Fill in consumer key and public key at ${incomingSide(about)}.`,
    sees: (seen) =>
      says(seen, /oauth1: Server returned status 401|failed to get a connect link/i) ||
      (seen.status === 401 &&
        seen.details?.consumer_key === undefined &&
        (seen.code === "consumer_key_unknown" || /oauth\/request-token$/.test(path(seen))) &&
        problem(seen) === undefined),
  },
  {
    id: "dc-7",
    flavors,
    step: "registration",
    code: "consumer_key_unknown",
    title: "Jira does not know the consumer key",
    signs: "401 `oauth_problem=consumer_key_unknown`.",
    cause:
      "The link is missing or was removed, the key is written differently, it was entered under outgoing, or this is another instance, such as a copy.",
    next: (about) =>
      `Enter the consumer key ${about.registration ? `${about.registration.client_id} ` : ""}exactly so at ${incomingSide(about)}.`,
    sees: (seen) => named(seen, "consumer_key_unknown", "consumer_key_rejected", "consumer_key_refused"),
  },
  {
    id: "dc-8b",
    flavors,
    step: "clock",
    code: "timestamp_refused",
    title: "The timestamp is in milliseconds",
    signs: "400 `oauth_problem=timestamp_refused`, and the oauth_timestamp sent has 13 digits.",
    cause: "OAuth counts seconds since 1970; the client sent milliseconds.",
    next: () => "Divide by a thousand and round down.",
    sees: (seen) =>
      named(seen, "timestamp_refused") && /oauth_timestamp(=|%3D|%253D)["']?\d{13}/.test(sentWith(seen)),
  },
  {
    id: "dc-8",
    flavors,
    step: "clock",
    code: "timestamp_refused",
    title: "The clocks are more than five minutes apart",
    signs: "400 `oauth_problem=timestamp_refused` with `oauth_acceptable_timestamps`.",
    cause: "Jira takes signed requests only within five minutes of its own clock.",
    next: ({ seen }) => {
      const skew = Number(seen.details?.skew_s);
      const whose = Number.isNaN(skew)
        ? ""
        : ` Jira's clock is ${Math.abs(skew)} seconds ${skew > 0 ? "ahead of" : "behind"} ours.`;
      return `Set the clock of this computer and of the Jira server by NTP (timedatectl set-ntp true).${whose}`;
    },
    sees: (seen) => named(seen, "timestamp_refused"),
  },
  {
    id: "dc-9",
    flavors,
    step: "connection",
    code: "nonce_used",
    title: "Something repeats signed requests",
    signs: "401 `oauth_problem=nonce_used`.",
    cause:
      "Jira remembers each nonce, also of a request it refused; a proxy or an HTTP library sent the same one again.",
    next: () =>
      "Switch off retries in the proxy (nginx: proxy_next_upstream off) and in the HTTP library; sign each try anew.",
    sees: (seen) => named(seen, "nonce_used"),
  },
  {
    id: "dc-10",
    flavors,
    step: "family",
    code: "token_rejected",
    title: "Jira does not know this token",
    signs: "401 `oauth_problem=token_rejected`.",
    cause:
      "The person revoked it, Jira's database came from another instance, the verification code was wrong, the request token was used for REST, or it belongs to another consumer key.",
    next: () => AGAIN,
    sees: (seen) => named(seen, "token_rejected", "token_revoked"),
  },
  {
    id: "dc-11",
    flavors,
    step: "family",
    code: "token_expired",
    title: "The dance took too long, or was not approved",
    signs: "`token_expired`, `token_used`, `permission_unknown` or `permission_denied` at the access token.",
    cause:
      "More than ten minutes passed, the approval page was sent twice, the exchange came before the approval, or the person pressed Deny.",
    next: (about) => whatOfTheDance(about),
    sees: (seen) =>
      named(
        seen,
        "token_expired",
        "token_used",
        "permission_unknown",
        "permission_denied",
        "user_refused",
        "access_denied",
      ) || says(seen, /oauth_verifier=denied/),
  },
  {
    id: "dc-12",
    flavors,
    step: "registration",
    code: "parameter_absent",
    title: "The verifier is missing",
    signs: "400 `oauth_problem=parameter_absent`, `oauth_parameters_absent=oauth_verifier`.",
    cause:
      "A callback was sent at the first step, so Jira wants the verifier at the third; the library does OAuth 1.0.",
    next: () => "Send oauth_verifier, which came with the callback or stood on Jira's page; Latchkey does.",
    sees: (seen) => named(seen, "parameter_absent"),
  },
  {
    id: "dc-13",
    flavors,
    step: "callback",
    code: "parameter_rejected",
    title: "The callback is none that Jira takes, or a parameter stands twice",
    signs: "400 `oauth_problem=parameter_rejected`.",
    cause:
      "The callback is no absolute http or https address (`myapp://…`), or the same oauth parameter stands in header and query.",
    next: ({ registration }) =>
      `Register an http or https callback, or oob${registration ? ` (now: ${registration.redirect_uri})` : ""}; send each oauth parameter in the header alone.`,
    sees: (seen) => named(seen, "parameter_rejected") || seen.code === "redirect_uri_mismatch",
  },
  {
    id: "dc-18",
    flavors,
    step: "base_url",
    code: "not_a_jira",
    title: "The context path is missing from the address",
    signs: "404, or a page, from `/plugins/servlet/oauth/…`.",
    cause: "The client asks at the host's root; this Jira lives below a path, which belongs to its base URL.",
    next: ({ seen, site }) =>
      typeof seen.details?.found === "string"
        ? `Change the base URL to ${seen.details.found}; the context path belongs to it.`
        : `Join the path to the base URL${site ? ` ${site}` : ""} and do not resolve it against the host: https://HOST/jira/plugins/servlet/oauth/….`,
    sees: (seen) =>
      ((seen.status === 404 || isHtml(seen)) && /\/plugins\/servlet\/oauth\//.test(path(seen))) ||
      (seen.code === "not_a_jira" && typeof seen.details?.found === "string"),
  },
  {
    id: "dc-no-confirmation",
    flavors,
    step: "jira",
    code: "callback_not_confirmed",
    title: "What answers speaks OAuth 1.0, not 1.0a",
    signs: "No `oauth_callback_confirmed=true` with the request token.",
    cause: "Something other than Jira's own servlet answered, or a Jira older than any that is supported.",
    next: (about) =>
      `Check the address${hasOAuth2(about.version) ? "" : " and the version of Jira"}; ${linksPage(about)} shows whether links work.`,
    sees: (seen) => named(seen, "callback_not_confirmed"),
  },
];

/** The request's parameters: what was sent stands in its header, and in the base string that came back. */
function sentWith(seen: Observation): string {
  return [
    seen.request_headers?.authorization,
    header(seen, "www-authenticate"),
    parameter(seen, "oauth_signature_base_string"),
    seen.text,
  ].join(" ");
}

function keyOf({ registration }: About): string {
  if (!registration?.public_key) return "Compare the SHA-256 of both keys.";
  return `latchkey registrations show ${registration.id} prints it; its SHA-256 is ${registration.public_key.spki_sha256}.`;
}

function whatOfTheDance({ seen }: About): string {
  if (named(seen, "token_used")) return "Connect again; open Jira's approval page once and do not reload it.";
  if (named(seen, "permission_unknown"))
    return "Press Allow on Jira's page first, then come back; or connect again.";
  if (named(seen, "permission_denied", "user_refused") || says(seen, /verifier=denied/)) {
    return "Connect again and press Allow. If nobody pressed Deny: the link must allow 3-legged OAuth for its consumer.";
  }
  return "Connect again, and finish within ten minutes.";
}
