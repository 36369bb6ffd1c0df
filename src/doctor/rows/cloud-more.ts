/** Jira Cloud: what is also frequent, beside the fifteen. */
import type { Row } from "../contract.ts";
import { consolePage } from "../places.ts";
import { header, jsonOf, path, says, scheme } from "../signs.ts";

const flavors = ["cloud"] as const;

export const CLOUD_MORE: readonly Row[] = [
  {
    id: "cloud-more-1",
    flavors,
    step: "webhooks",
    code: "jira_bad_request",
    title: "A webhook was refused inside an answer of 200",
    signs:
      "`webhookRegistrationResult` with `errors` in place of `createdWebhookId`; no webhook ever arrives.",
    cause:
      "Jira registers webhooks one by one and tells the refusal of each in its own place, whatever the status.",
    next: () =>
      "Read the errors of each entry and register those again; the address must be https and below the app's own.",
    sees: (seen) => {
      const result = jsonOf(seen)?.webhookRegistrationResult;
      return Array.isArray(result) && result.some((one) => "errors" in (one as object));
    },
  },
  {
    id: "cloud-more-2",
    flavors,
    step: "webhooks",
    code: "forbidden",
    title: "Only an app may register webhooks here",
    signs: '403 "The caller isn\'t an app" on `/rest/api/3/webhook`.',
    cause: "Dynamic webhooks belong to apps; an API token is a person's.",
    next: () =>
      "Connect by OAuth 2.0 with manage:jira-webhook, or have an administrator make a webhook under System > WebHooks.",
    sees: (seen) =>
      seen.status === 403 &&
      (says(seen, /isn.t an app|not an app|only connect and oauth/i) ||
        (/\/webhook(\/|$)/.test(path(seen)) && /^basic$/i.test(scheme(seen)))),
  },
  {
    id: "cloud-more-3",
    flavors,
    step: "permission",
    code: "jira_bad_request",
    title: "Version 3 wants rich text as a document",
    signs: '400 "Comment body is not valid!", or that the description must be an Atlassian Document.',
    cause: "Version 3 of the API takes comments and descriptions as ADF and refuses plain text.",
    next: () =>
      "Send ADF, or ask version 2 of the same address; latchkey's own calls turn Markdown into ADF.",
    sees: (seen) => says(seen, /comment body is not valid|atlassian document/i),
  },
  {
    id: "cloud-more-4",
    flavors,
    step: "scopes",
    code: "invalid_scope",
    title: "Too many scopes are asked for",
    signs: '400 "Request header is too large" on the way to the consent.',
    cause: "The scopes stand in the address, and from about eighty granular ones on it is too long.",
    next: () => "Ask for classic scopes in place of granular ones, fewer than fifty in all.",
    sees: (seen) => says(seen, /request header is too large/i),
  },
  {
    id: "cloud-more-7",
    flavors,
    step: "registration",
    code: "token_answer_unreadable",
    title: "There is no token endpoint at this address",
    signs: "404 from `/token`.",
    cause: "The token endpoint of Cloud is https://auth.atlassian.com/oauth/token.",
    next: ({ registration }) =>
      registration?.auth_url
        ? `Change the --auth-url of the registration ${registration.id}; for Jira Cloud leave it out.`
        : "Ask https://auth.atlassian.com/oauth/token.",
    sees: (seen) =>
      (seen.status === 404 && /\/token$/.test(path(seen))) ||
      (seen.code === "token_answer_unreadable" && seen.status === 404),
  },
  {
    id: "cloud-more-8",
    flavors,
    step: "permission",
    code: "jira_bad_request",
    title: "Service management wants to be told that its experimental API is known",
    signs: "412 on `/rest/servicedeskapi/…`.",
    cause: "Some of its resources answer only requests that carry X-ExperimentalApi.",
    next: () => "Send X-ExperimentalApi: opt-in; latchkey request does so by itself.",
    sees: (seen) => seen.status === 412 && /servicedeskapi/.test(path(seen)),
  },
  {
    id: "cloud-more-9",
    flavors,
    step: "family",
    code: "refresh_token_absent",
    title: "The program never renews its token",
    signs: "A tool loses its access every hour and wants to be signed in again.",
    cause: "An access token lives an hour; the tool does not use its refresh token.",
    next: () =>
      "Let the tool ask through Latchkey's proxy with a handle: the token behind it is renewed ahead of its end.",
    sees: (seen) =>
      says(seen, /(token|session)[^.]{0,40}(expired|expires)[^.]{0,40}(every|after|1|one|an) ?hour/i),
  },
  {
    id: "cloud-more-10",
    flavors,
    step: "family",
    code: "jira_anonymous",
    title: "Jira answered as if nobody had signed in",
    signs: "200 with fewer issues than there are; `X-Seraph-LoginReason: AUTHENTICATED_FAILED`.",
    cause: "Jira ignored the credential and answered as it answers strangers.",
    next: () =>
      "Do not trust what came. With an API token, check the e-mail address and make a new token; else connect again.",
    sees: (seen) =>
      /AUTHENTICATED_FAILED|AUTHENTICATION_DENIED/.test(header(seen, "x-seraph-loginreason")) ||
      seen.code === "jira_anonymous",
  },
  {
    id: "cloud-more-11",
    flavors,
    step: "permission",
    code: "jira_not_found",
    title: "The issue exists, but this account may not see it",
    signs: '404 "Issue does not exist or you do not have permission to see it." for an issue that is there.',
    cause: "Without the Browse Projects permission, Jira says of an issue that it does not exist.",
    next: () =>
      "Have the account given Browse Projects in the project's permission scheme, or connect with another account.",
    sees: (seen) =>
      says(seen, /does not exist or you do not have permission/i) ||
      (seen.status === 404 && /\/issue\//.test(path(seen))),
  },
  {
    id: "cloud-more-12",
    flavors,
    step: "webhooks",
    code: "registration_incomplete",
    title: "Webhooks of a private app reach only its owner's registrations",
    signs: "A webhook was registered, the list shows it, and nothing ever arrives.",
    cause:
      "An app that is not shared gets the webhooks its owner registered and no others; and each ends after 30 days.",
    next: () =>
      `Share the app under ${consolePage("Distribution")}, then register the webhook again, and renew it before 30 days are over.`,
    sees: (seen) =>
      says(seen, /webhooks? (was|is|were|are)? ?(never|not)( \w+){0,2} (arrive|deliver|receiv|sent)/i) ||
      seen.details?.webhook === "silent",
  },
  {
    id: "cloud-more-13",
    flavors,
    step: "webhooks",
    code: "registration_incomplete",
    title: "A webhook is about to end, or has ended",
    signs: "The `expirationDate` of a dynamic webhook is past, or near.",
    cause: "Dynamic webhooks end after 30 days unless they are extended.",
    next: () =>
      "Extend it (PUT /rest/api/3/webhook/refresh), and let a gateway with jobs run: it extends in time.",
    sees: (seen) => seen.details?.webhook === "expired",
  },
  {
    id: "cloud-more-14",
    flavors,
    step: "webhooks",
    code: "registration_incomplete",
    title: "The webhook's address is not https",
    signs: "A webhook whose address begins with http:// is refused, or nothing arrives.",
    cause: "Jira Cloud sends only to https addresses that the internet can reach.",
    next: () => "Serve the receiver over https, and register that address.",
    sees: (seen) =>
      seen.details?.webhook === "http" || says(seen, /url[^.]{0,60}must (be|use) https|not a valid https/i),
  },
];
