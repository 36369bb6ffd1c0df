/** Data Center and Server beyond application links: OAuth 2.0, tokens of persons, and Jira's own refusals. */
import type { Row } from "../contract.ts";
import { hasOAuth2, linksPage, majorOf } from "../places.ts";
import { header, isHtml, named, oauth2Error, path, says, scheme } from "../signs.ts";

const oauth2 = ["datacenter-oauth2"] as const;
const both = ["datacenter-oauth2", "datacenter-oauth1"] as const;

export const DATA_CENTER: readonly Row[] = [
  {
    id: "dc-20",
    flavors: oauth2,
    step: "base_url",
    code: "base_url_wrong",
    title: "This Jira does OAuth 2.0 over https alone",
    signs:
      'A page with 400: "Please ensure that your server is using HTTPS and that your application base URL is configured appropriately."',
    cause:
      "Jira's base URL begins with http, or a proxy ends TLS and the connector does not say that it is secure.",
    next: ({ version }) =>
      `Set the base URL to https under ${majorOf(version) >= 10 ? "Administration > System > General configuration" : "Jira administration > System > General configuration"}, and scheme="https" secure="true" on the Connector in server.xml.`,
    sees: (seen) => named(seen, "base_url_wrong") || says(seen, /ensure that your server is using https/i),
  },
  {
    id: "dc-21",
    flavors: oauth2,
    step: "scopes",
    code: "invalid_scope",
    title: "Data Center does not know this scope",
    signs: "The browser comes back with `error=invalid_scope`.",
    cause: "Scopes of Cloud were asked for, or more than the incoming link allows.",
    next: ({ registration }) =>
      `Ask for READ, WRITE, ADMIN or SYSTEM_ADMIN, and no more than the link allows${registration ? `; change the scopes of the registration ${registration.id}` : ""}.`,
    sees: (seen) => named(seen, "invalid_scope") || oauth2Error(seen) === "invalid_scope",
  },
  {
    id: "dc-22",
    flavors: oauth2,
    step: "callback",
    code: "redirect_uri_mismatch",
    title: "The redirect URI or client id is not the registered one",
    signs: "Jira shows an error page, and the browser never comes back to the application.",
    cause:
      "client id or redirect URI differ from the incoming link by a slash, the port or http for https; or the PKCE challenge is malformed.",
    next: (about) =>
      `Compare letter by letter with ${linksPage(about)} > the incoming link: redirect URL ${about.registration?.redirect_uri ?? "as the application sends it"}. A PKCE verifier has 43 to 128 characters.`,
    sees: (seen) =>
      (named(seen, "redirect_uri_mismatch") && !seen.details?.malformed) ||
      says(
        seen,
        /redirect_uri[^.]{0,60}(mismatch|not registered|invalid|does not match|not match)|invalid redirect|unknown client|client_id[^.]{0,40}(unknown|invalid|not known)/i,
      ) ||
      says(seen, /code_(challenge|verifier)/),
  },
  {
    id: "dc-23",
    flavors: oauth2,
    step: "callback",
    code: "base_url_wrong",
    title: "Something strips the Referer",
    signs: "Jira's consent page comes again and again.",
    cause:
      "The consent counts only with the Referer of Jira's own page; a proxy or a Referrer-Policy takes it away.",
    next: () =>
      "Let the proxy pass Referer through, and remove Referrer-Policy: no-referrer from what stands before Jira.",
    sees: (seen) =>
      says(seen, /consent[^.]{0,60}(again and again|over and over|loop|keeps coming|shown again)/i),
  },
  {
    id: "dc-25",
    flavors: oauth2,
    step: "family",
    code: "invalid_request",
    title: "The code was no longer good",
    signs: "400 `invalid_request` at the token address although the code looks fine.",
    cause: "A code of Data Center lives seconds; it was redeemed too late, twice, or with another verifier.",
    next: () => "Connect again; the callback must reach Latchkey at once, so let nothing hold it back.",
    sees: (seen) =>
      seen.code === "invalid_request" ||
      (oauth2Error(seen) === "invalid_request" && /token$/.test(path(seen))),
  },
  {
    id: "dc-24",
    flavors: oauth2,
    step: "family",
    code: "invalid_grant",
    title: "The refresh token is no longer accepted",
    signs: "`invalid_grant` on refresh.",
    cause:
      "Two programs renewed at once, an old token was used again, nobody renewed for 90 days, or redirect_uri was not sent along.",
    next: () =>
      "Connect again; the connection keeps its id. Data Center takes a token once: let no other program hold a copy.",
    sees: (seen) => named(seen, "invalid_grant") || oauth2Error(seen) === "invalid_grant",
  },
  {
    id: "dc-client",
    flavors: oauth2,
    step: "registration",
    code: "invalid_client",
    title: "The client secret is wrong",
    signs: "`invalid_client` at the token address.",
    cause: "Client id or secret differ from those of the incoming link.",
    next: (about) =>
      `Copy both again from ${linksPage(about)} > the incoming link > View credentials${about.registration ? `, then: latchkey registrations check ${about.registration.id}` : ""}.`,
    sees: (seen) =>
      named(seen, "invalid_client", "registration_suspended") || oauth2Error(seen) === "invalid_client",
  },
  {
    id: "dc-old",
    flavors: oauth2,
    step: "jira",
    code: "registration_unknown",
    title: "This Jira has no OAuth 2.0",
    signs: "A version below 8.22.",
    cause: "OAuth 2.0 came with Jira 8.22.",
    next: ({ version }) =>
      `Use an application link (OAuth 1.0a): latchkey registrations add --flavor datacenter-oauth1 --site … --consumer-key … --generate-key${hasOAuth2(version) ? "" : ", or a personal access token from 8.14 on"}.`,
    sees: (seen) => seen.details?.flavor_refused === "datacenter-oauth2",
  },
  {
    id: "dc-26",
    flavors: both,
    step: "family",
    code: "token_kind_wrong",
    title: "The token was sent as a password, or Basic is off",
    signs: "401 with `Authorization: Basic …`; on Jira 11 always.",
    cause:
      "Personal access tokens and tokens of OAuth 2.0 go as Bearer; Basic is off by default since Jira 11.",
    next: () => "Send Authorization: Bearer TOKEN, with a capital B and without a user name.",
    sees: (seen) =>
      ((seen.status === 401 || seen.status === 403) &&
        /^basic$/i.test(scheme(seen)) &&
        !/CAPTCHA/i.test(header(seen, "x-authentication-denied-reason"))) ||
      says(seen, /basic authentication[^.]{0,40}(disabled|not allowed|off)/i),
  },
  {
    id: "dc-27",
    flavors: both,
    step: "permission",
    code: "captcha_required",
    title: "Jira wants a CAPTCHA",
    signs: "403 with `X-Authentication-Denied-Reason: CAPTCHA_CHALLENGE`.",
    cause: "Too many sign-ins of this account failed.",
    next: ({ site }) =>
      `Sign in once in the browser${site ? ` at ${site}/login.jsp` : ""}, then use a token and no password.`,
    sees: (seen) =>
      named(seen, "captcha_required") ||
      /CAPTCHA/i.test(header(seen, "x-authentication-denied-reason")) ||
      says(seen, /CAPTCHA_CHALLENGE/),
  },
  {
    id: "dc-28",
    flavors: both,
    step: "permission",
    code: "xsrf_refused",
    title: "Jira's XSRF check refused the call",
    signs: '403 "XSRF check failed".',
    cause: "The call carried a cookie, or looked like a browser's.",
    next: () =>
      "Send X-Atlassian-Token: no-check and no cookies; Latchkey does, so look at what stands between.",
    sees: (seen) => named(seen, "xsrf_refused") || says(seen, /xsrf check failed/i),
  },
  {
    id: "dc-29",
    flavors: both,
    step: "rate_limits",
    code: "jira_rate_limited",
    title: "Jira limits the rate of calls",
    signs: "429 with `Retry-After` and `X-RateLimit-…`.",
    cause: "This Jira's administrator limits calls, and this account has used its own.",
    next: ({ seen, version }) => {
      const after = header(seen, "retry-after");
      const page =
        majorOf(version) >= 10
          ? "Administration > System > Rate limiting"
          : "Jira administration > System > Rate limiting";
      return `Wait ${after ? `${after} seconds` : "a minute"}. For more, the administrator exempts the account: ${page}.`;
    },
    sees: (seen) => seen.status === 429 || named(seen, "jira_rate_limited"),
  },
  {
    id: "dc-19",
    flavors: both,
    step: "family",
    code: "jira_anonymous",
    title: "Jira answered as if nobody had signed in",
    signs:
      '200 with no or few issues, or 401 and 404 "does not exist"; `X-AUSERNAME: anonymous`, or `X-Seraph-LoginReason`.',
    cause:
      "An oauth parameter was missing, the token has run out, a 2-legged call came without `oauth_token=`, or Bearer was written in small letters.",
    next: ({ seen }) =>
      scheme(seen) === "bearer"
        ? "Write Bearer with a capital B: this Jira compares the case."
        : "Connect again. In another program: send all six oauth parameters, also an empty oauth_token=, and look at X-AUSERNAME of the answer to /rest/api/2/myself.",
    sees: (seen) =>
      named(seen, "jira_anonymous") ||
      /^anonymous$/i.test(header(seen, "x-ausername").trim()) ||
      /AUTHENTICATED_FAILED|AUTHENTICATION_DENIED/.test(header(seen, "x-seraph-loginreason")) ||
      (seen.status === 401 && scheme(seen) === "bearer"),
  },
  {
    id: "dc-hidden",
    flavors: both,
    step: "permission",
    code: "jira_not_found",
    title: "The issue exists, but this account may not see it",
    signs: "404 for an issue that is there.",
    cause: "Without the Browse Projects permission, Jira says of an issue that it does not exist.",
    next: () =>
      "Have the account given Browse Projects in the project's permission scheme, or connect with another account.",
    sees: (seen) => seen.status === 404 && /\/issue\//.test(path(seen)) && !isHtml(seen),
  },
];
