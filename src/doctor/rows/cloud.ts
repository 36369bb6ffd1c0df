/** Jira Cloud: what goes wrong, most frequent first. */
import type { Row } from "../contract.ts";
import { consolePage } from "../places.ts";
import { atSite, header, isHtml, jsonOf, named, oauth2Error, path, query, says, scheme } from "../signs.ts";

const flavors = ["cloud"] as const;
const AGAIN = "Connect again; the connection keeps its id.";

export const CLOUD: readonly Row[] = [
  {
    id: "cloud-1",
    flavors,
    step: "family",
    code: "unauthorized_client",
    title: "The refresh token is no longer accepted",
    signs:
      '403 `unauthorized_client` "refresh_token is invalid", or `invalid_grant` "Unknown or invalid refresh token."',
    cause:
      "A rotated token was used twice by two programs or its successor was never saved, nobody renewed it for 90 days, the consent is 365 days old, the password was changed, or the approval was taken back.",
    next: () =>
      `${AGAIN} If it dies again, another program holds a copy of these tokens: let each have its own.`,
    sees: (seen) =>
      says(seen, /refresh_token is invalid|unknown or invalid refresh token/i) ||
      (seen.code === "unauthorized_client" && !says(seen, /callback|redirect/i)),
  },
  {
    id: "cloud-2",
    flavors,
    step: "scopes",
    code: "refresh_token_absent",
    title: "offline_access is not asked for",
    signs: "It works for one hour, then 401; the token answer holds no `refresh_token`.",
    cause: "The scopes lack offline_access, so Jira gives an access token and nothing to renew it with.",
    next: ({ registration }) =>
      `Add offline_access to the scopes${registration ? ` of the registration ${registration.id}` : ""}, then connect again and approve.`,
    sees: (seen) => {
      if (named(seen, "refresh_token_absent")) return true;
      const answer = jsonOf(seen);
      return typeof answer?.access_token === "string" && answer.refresh_token === undefined;
    },
  },
  {
    id: "cloud-5",
    flavors,
    step: "base_url",
    code: "cloud_gateway_required",
    title: "A token of OAuth 2.0 was sent to the site itself",
    signs: "401, as a page or as JSON, on `https://SITE.atlassian.net/rest/…` with a Bearer token.",
    cause:
      "Such tokens are good at api.atlassian.com/ex/jira/{cloudId} alone; the site's own address refuses them.",
    next: () =>
      "Ask https://api.atlassian.com/ex/jira/{cloudId}/rest/… instead; latchkey request and the proxy do so by themselves.",
    sees: (seen) => seen.status === 401 && atSite(seen) && /^bearer$/i.test(scheme(seen)),
  },
  {
    id: "cloud-more-6",
    flavors,
    step: "scopes",
    code: "scope_missing",
    title: "Reading members of groups needs more than the classic scopes",
    signs: "401 on `/group/member` although read:jira-user is granted.",
    cause:
      "Members of groups ask for manage:jira-configuration, or the granular read:group:jira with read:user:jira.",
    next: () =>
      `Add manage:jira-configuration under ${consolePage("Permissions")} and to the registration, then connect again.`,
    sees: (seen) =>
      (seen.status === 401 || seen.status === 403) && /\/group(\/member|userpicker)/.test(path(seen)),
  },
  {
    id: "cloud-more-5",
    flavors,
    step: "scopes",
    code: "scope_missing",
    title: "read:me comes from another API",
    signs: "401 or 403 on `api.atlassian.com/me` or `users/me`.",
    cause:
      "Who approved is told by the User identity API, whose scope read:me is enabled apart from those of Jira.",
    next: () =>
      `Enable the User identity API under ${consolePage("Permissions")}, add read:me to the scopes and connect again; or ask /myself of the site.`,
    sees: (seen) => (seen.status === 401 || seen.status === 403) && /(^|\/users)\/me$/.test(path(seen)),
  },
  {
    id: "cloud-3",
    flavors,
    step: "scopes",
    code: "scope_missing",
    title: "The token lacks a scope",
    signs: '401 `{"code":401,"message":"Unauthorized; scope does not match"}`.',
    cause:
      "The scope was not asked for, is not enabled for the app, or a set of granular scopes is not whole; agile and service management have scopes of their own.",
    next: ({ seen }) => {
      const missing = seen.details?.missing;
      const which =
        Array.isArray(missing) && missing.length > 0 ? missing.join(" and ") : "the scope of this operation";
      return `Enable ${which} under ${consolePage("Permissions")} and add it to the registration, then connect again; refreshing does not help.`;
    },
    sees: (seen) => named(seen, "scope_missing") || says(seen, /scope does not match|insufficient[ _]scope/i),
  },
  {
    id: "cloud-4",
    flavors,
    step: "callback",
    code: "redirect_uri_mismatch",
    title: "The callback is not the one that is registered",
    signs:
      'A page at id.atlassian.com: `unauthorized_client`, "Callback URL mismatch. … is not in the list of allowed callback URLs".',
    cause:
      "The redirect URI differs from the app's Callback URL by path, slash, port or scheme; an app has one.",
    next: ({ registration }) =>
      `Enter exactly ${registration?.redirect_uri ?? "the address that the page names"} under ${consolePage("Authorization > OAuth 2.0 (3LO) > Callback URL")}.`,
    sees: (seen) =>
      (named(seen, "redirect_uri_mismatch") && !seen.details?.malformed) ||
      says(seen, /callback url mismatch|list of allowed callback/i),
  },
  {
    id: "cloud-6",
    flavors,
    step: "permission",
    code: "jira_gone",
    title: "The old search was removed",
    signs: '410 "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API…"',
    cause: "Atlassian took /rest/api/3/search away in 2025.",
    next: () => "Ask /rest/api/3/search/jql and follow nextPageToken; latchkey search does.",
    sees: (seen) =>
      seen.status === 410 || named(seen, "jira_gone") || says(seen, /requested API has been removed/i),
  },
  {
    id: "cloud-7",
    flavors,
    step: "permission",
    code: "bad_request",
    title: "The search asked for no fields",
    signs: "Issues come back with nothing but their `id`.",
    cause: "The search of Jira Cloud gives ids alone where `fields` is not given.",
    next: () => "Give fields, for example fields=summary,status or fields=*navigable.",
    sees: (seen) => {
      const issues = jsonOf(seen)?.issues;
      if (!Array.isArray(issues) || issues.length === 0 || query(seen).has("fields")) return false;
      return issues.every((one) => Object.keys(one as object).join() === "id");
    },
  },
  {
    id: "cloud-8",
    flavors,
    step: "permission",
    code: "jira_bad_request",
    title: "The JQL has no restriction",
    signs: '400 "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."',
    cause: "A query that would find every issue is refused.",
    next: () => "Add a restriction, for example project = X or updated >= -30d.",
    sees: (seen) => says(seen, /unbounded jql/i),
  },
  {
    id: "cloud-9",
    flavors,
    step: "permission",
    code: "admin_approval_required",
    title: "The site's administrator must allow the app first",
    signs: '"Your site admin must authorize this app for the site …" in place of the consent.',
    cause: "The site blocks apps that its users install.",
    next: () =>
      "Ask the site's administrator: admin.atlassian.com > the site > Connected apps > Settings > User-installed apps, or to give the first consent.",
    sees: (seen) => named(seen, "admin_approval_required") || says(seen, /site admin must authorize/i),
  },
  {
    id: "cloud-10",
    flavors,
    step: "registration",
    code: "app_not_shared",
    title: "The app is not shared",
    signs: 'Its creator can connect, colleagues cannot: "developer mode", or "failed to retrieve client".',
    cause: "An app is its creator's alone until distribution is switched on.",
    next: () => `Switch on sharing under ${consolePage("Distribution")}.`,
    sees: (seen) =>
      named(seen, "app_not_shared") ||
      says(seen, /failed to retrieve client|in developer mode|development mode/i),
  },
  {
    id: "cloud-11",
    flavors,
    step: "family",
    code: "invalid_request",
    title: "The code was no longer good",
    signs: '400 `invalid_request` "authorization_code is invalid"; older: 403 "Invalid authorization code".',
    cause: "The code was used twice, is minutes old, or the browser opened the callback twice.",
    next: () =>
      "Connect again and finish within a few minutes; let nothing open the callback address before the browser does.",
    sees: (seen) =>
      says(seen, /(authorization_code is invalid|invalid authorization code)/i) ||
      (seen.code === "invalid_request" && /token$/.test(path(seen))) ||
      named(seen, "invalid_grant"),
  },
  {
    id: "cloud-12",
    flavors,
    step: "site",
    code: "no_sites",
    title: "The approval does not reach the site",
    signs: "accessible-resources answers `[]`, other sites, or several of them.",
    cause:
      "The consent covers other sites, or the account has no Jira there: it is a guest, or its access was taken away.",
    next: ({ site }) =>
      `Connect again with an account that uses Jira there, and choose ${site ?? "the site"} on the consent page.`,
    sees: (seen) =>
      named(seen, "no_sites", "site_not_granted", "site_choice_required") ||
      (/accessible-resources$/.test(path(seen)) &&
        seen.status === 200 &&
        /^\s*\[\s*\]\s*$/.test(seen.text ?? "")) ||
      says(seen, /multiple accessible resources/i),
  },
  {
    id: "cloud-13",
    flavors,
    step: "registration",
    code: "invalid_client",
    title: "The client secret is wrong",
    signs: '401 or 403 `{"error":"access_denied","error_description":"Unauthorized"}` at the token address.',
    cause:
      "The client secret is wrong or was replaced, the client id is another app's, or a blank was copied along.",
    next: ({ registration }) =>
      `Copy client id and secret again from ${consolePage("Settings")}${registration ? `, then: latchkey registrations check ${registration.id}` : ""}.`,
    sees: (seen) =>
      named(seen, "invalid_client", "registration_suspended") ||
      oauth2Error(seen) === "invalid_client" ||
      (oauth2Error(seen) === "access_denied" &&
        (seen.status === 401 || seen.status === 403) &&
        says(seen, /unauthorized/i)),
  },
  {
    id: "cloud-14",
    flavors,
    step: "scopes",
    code: "invalid_scope",
    title: "The consent page does not open with these scopes",
    signs:
      '"Something went wrong. There\'s nothing here", or "The authorize request was incomplete or invalid".',
    cause:
      "openid, profile or email stands among the scopes, audience=api.atlassian.com is missing, or the client id is wrong.",
    next: ({ registration }) =>
      `Ask only for scopes that stand under ${consolePage("Permissions")}, without openid, profile and email${registration ? `; change the scopes of the registration ${registration.id}` : ""}.`,
    sees: (seen) =>
      named(seen, "invalid_scope") ||
      says(seen, /there.s nothing here|authorize request was incomplete|not registered for/i),
  },
  {
    id: "cloud-15",
    flavors,
    step: "rate_limits",
    code: "jira_rate_limited",
    title: "Jira limits the rate of calls",
    signs: "429, mostly with `RateLimit-Reason`.",
    cause:
      "An app's points for the hour, a burst at one endpoint, or writes to one issue have reached their limit.",
    next: ({ seen }) => byReason(header(seen, "ratelimit-reason"), header(seen, "retry-after")),
    sees: (seen) => seen.status === 429 || named(seen, "jira_rate_limited"),
  },
  {
    id: "cloud-edge",
    flavors,
    step: "site",
    code: "jira_answer_unreadable",
    title: "Something before Jira answered",
    signs: "A page in place of JSON, with 401 or 403, from the gateway.",
    cause: "The edge of Cloud, or a proxy on the way, refused the call before Jira saw it.",
    next: () =>
      "Check the API address of the registration, and that no proxy on the way signs people in or filters.",
    sees: (seen) => isHtml(seen) && (seen.status === 401 || seen.status === 403),
  },
];

function byReason(reason: string, retry_after: string): string {
  const wait = retry_after ? `Wait ${retry_after} seconds` : "Wait a minute";
  if (/quota/i.test(reason)) {
    return `${wait}, until the hour's points come anew; ask for fewer fields and use webhooks in place of polling.`;
  }
  if (/issue/i.test(reason)) return `${wait}; write to one issue more slowly.`;
  if (/burst/i.test(reason)) return `${wait}; send fewer calls at once to this endpoint.`;
  return `${wait}, as Retry-After says; never repeat at once.`;
}
