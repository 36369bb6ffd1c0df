/** The words for each way a dance fails, as data. A cause that is missing here falls back to the error table. */
import type { ErrorCode, LatchkeyError } from "../errors.ts";
import type { Flavor } from "../protocol/flavors.ts";

export type Words = {
  readonly title: string;
  readonly happened: string;
  readonly next: readonly string[];
  readonly try_again?: boolean;
};

type About = {
  readonly site: string;
  readonly flavor: Flavor | undefined;
  readonly error: LatchkeyError;
};

const AGAIN = "Press Connect to Jira again.";
const LINK_PAGE = "Jira administration > Applications > Application links";

function declined({ site, flavor }: About): Words {
  return {
    title: "The request was declined",
    happened: `Jira says that access to ${site} was not approved. Nothing was connected, and nothing was changed.`,
    next: [
      "If you pressed Deny by mistake, connect again and approve.",
      flavor === "cloud"
        ? "If Jira said that an administrator must authorize the app, ask the site's administrator to allow it under Connected apps."
        : "If you did not press Deny, ask the Jira administrator whether the link allows it.",
    ],
    try_again: true,
  };
}

function expired(): Words {
  return {
    title: "The request has expired",
    happened:
      "Too much time went by between the start and the approval, so Jira's one-time permission is no longer valid.",
    next: [`${AGAIN} It has to be finished within about ten minutes.`],
    try_again: true,
  };
}

function unreachable({ site, error }: About): Words {
  return {
    title: "Jira could not be reached",
    happened: `${error.message} The address was ${site}.`,
    next: [
      error.fix,
      "If your browser opens this Jira, the server that runs Latchkey may not be allowed to.",
    ],
    try_again: true,
  };
}

/** One row for each code that a dance, its beginning or its check can end with. */
export const FAILURE_WORDS: Partial<Record<ErrorCode, (about: About) => Words>> = {
  access_denied: declined,
  permission_denied: declined,
  user_refused: declined,
  attempt_expired: expired,
  token_expired: expired,
  attempt_used: () => ({
    title: "This answer was used before",
    happened:
      "The address of this page works once. It was opened a second time: by the back button, by reloading, or by pasting the code twice. The first time counts.",
    next: ["Look at your connections: the connection is probably there.", `If it is not: ${AGAIN}`],
    try_again: true,
  }),
  token_used: () => ({
    title: "This request was decided before",
    happened: "Jira has already taken a decision on this request, and it works only once.",
    next: [AGAIN],
    try_again: true,
  }),
  state_mismatch: () => ({
    title: "This answer belongs to no request from here",
    happened:
      "The browser came back with an answer that does not belong to any dance begun here (its state is unknown). That happens with an old link, or when somebody else sent you the link. Nothing was changed.",
    next: ["Start from the connect page, not from a link.", AGAIN],
    try_again: true,
  }),
  browser_mismatch: () => ({
    title: "This was begun in another browser",
    happened:
      "The answer arrived in a browser other than the one that asked. So that nobody can connect their Jira to your account, it was not used.",
    next: [
      "Finish it in the browser where you began, which still works.",
      "Or begin again here. If you began here, allow cookies for this site.",
    ],
    try_again: true,
  }),
  callback_malformed: () => ({
    title: "The answer cannot be read",
    happened:
      "The address that brought you back carries too little, too much, or the same thing twice, so it was not used. Nothing was changed.",
    next: ["If you pasted the address, paste the whole of it.", AGAIN],
    try_again: true,
  }),
  callback_not_waited_for: () => ({
    title: "Nobody waits for an answer at this address",
    happened:
      "Each registration has its own callback address, and this is not the one the dance was begun with. Nothing was changed.",
    next: ["Compare the callback URL in Jira's settings with the one the registration shows.", AGAIN],
    try_again: true,
  }),
  callback_not_confirmed: () => ({
    title: "Jira did not confirm where to come back to",
    happened:
      "The answer lacks oauth_callback_confirmed, so another person could slip in their approval. It was not used.",
    next: ["Check that the address is the Jira itself and not something in front of it."],
    try_again: false,
  }),
  account_mismatch: ({ error }) => ({
    title: "Another Jira account approved",
    happened: error.message,
    next: [
      "Sign in to Jira with the account that the connection belongs to, and reconnect.",
      "Or confirm that the connection shall belong to the other account from now on.",
    ],
    try_again: true,
  }),
  no_sites: () => ({
    title: "The approval reaches no Jira site",
    happened:
      "The approval was given, but Atlassian lists no site with Jira for it. The account has no Jira there, is a Confluence guest, or the site's administrator blocks the app.",
    next: [
      "Approve with an account that uses Jira on the site.",
      "On the consent page, choose the site with Jira.",
    ],
    try_again: true,
  }),
  site_not_granted: ({ site }) => ({
    title: "The site was not among those approved",
    happened: `The approval reaches other sites, but not ${site}.`,
    next: ["Connect again and choose that site on Jira's consent page."],
    try_again: true,
  }),
  scope_missing: ({ error }) => ({
    title: "A permission is missing",
    happened: `${error.message} Refreshing would not help: the permission has to be asked for and granted.`,
    next: [
      "Add the scope to the app in Jira's settings and to the registration.",
      "Then connect again and approve.",
    ],
    try_again: true,
  }),
  invalid_scope: ({ flavor }) => ({
    title: "Jira does not know a permission that was asked for",
    happened: "A scope is unknown there, or above what the registration allows.",
    next: [
      flavor === "datacenter-oauth2"
        ? "Data Center knows READ, WRITE, ADMIN and SYSTEM_ADMIN. Ask for no more than the incoming link allows."
        : "Ask only for scopes that are added to the app in the developer console.",
    ],
    try_again: false,
  }),
  refresh_token_absent: ({ flavor }) => ({
    title: "The connection would end within the hour",
    happened:
      flavor === "cloud"
        ? "Jira gave no refresh token, because offline_access is not among the scopes that were asked for. Such a connection dies when its first hour is over, so it was not made."
        : "Jira gave no refresh token. Such a connection dies when its first hour is over, so it was not made.",
    next: ["Add offline_access to the registration's scopes.", "Then connect again and approve."],
    try_again: false,
  }),
  invalid_client: () => ({
    title: "Jira does not accept the registration",
    happened: "The client id or the client secret is wrong. No person can mend that by trying again.",
    next: [
      "The operator copies client id and secret again from Jira's settings; `latchkey registrations check` proves them.",
    ],
    try_again: false,
  }),
  invalid_request: () => ({
    title: "Jira did not take the code",
    happened: "The one-time code was used before, is too old, or belongs to another request.",
    next: [AGAIN, "If it stays, the operator runs `latchkey registrations check`."],
    try_again: true,
  }),
  invalid_grant: () => ({
    title: "Jira did not take the code",
    happened: "The one-time code was used before, is too old, or belongs to another request.",
    next: [AGAIN],
    try_again: true,
  }),
  unauthorized_client: ({ flavor }) => ({
    title: "Jira does not let this app ask",
    happened: "Jira knows the app, but does not allow it this kind of request.",
    next: [
      flavor === "cloud"
        ? "The operator compares client id and callback URL with the developer console, and shares the app under Distribution."
        : "The operator compares client id and redirect URL with the incoming link in Jira.",
      "`latchkey registrations check` proves what can be proven.",
    ],
    try_again: false,
  }),
  registration_suspended: () => ({
    title: "Connecting is paused",
    happened: "Jira refuses the registration's secret, so nothing is sent until the operator corrects it.",
    next: ["The operator corrects the secret and runs `latchkey registrations check`."],
    try_again: false,
  }),
  signature_invalid: ({ site, error }) => ({
    title: "Jira refuses the signature",
    happened:
      typeof error.details.says === "string"
        ? error.message
        : `${site} computed another signature: it sees another address than the one typed, or it holds another public key.`,
    next: [
      "Ask the Jira administrator to paste the public key again under the incoming side of the application link.",
      "If the key is right: the proxy before Jira must pass scheme, host and port through (server.xml: scheme, proxyName, proxyPort, secure).",
    ],
    try_again: false,
  }),
  timestamp_refused: () => ({
    title: "The clocks are too far apart",
    happened: "Jira takes signed requests only within five minutes of its own clock.",
    next: ["Set the clock of the computer that runs Latchkey, or of the Jira server, by NTP.", AGAIN],
    try_again: true,
  }),
  consumer_key_unknown: ({ site }) => ({
    title: "Jira does not know the consumer key",
    happened: `${site} has no application link with this consumer key on its incoming side.`,
    next: [
      `The Jira administrator opens ${LINK_PAGE}, and enters the key under incoming authentication, exactly as the registration shows it.`,
      "Check that this is the right Jira, and not a copy of it.",
    ],
    try_again: false,
  }),
  token_rejected: () => ({
    title: "Jira does not accept the code",
    happened: "The verification code is wrong, or the request it belongs to is gone.",
    next: [AGAIN, "Copy the code exactly as Jira shows it."],
    try_again: true,
  }),
  permission_unknown: () => ({
    title: "Nobody has decided yet",
    happened: "Jira has not been told whether the request is approved.",
    next: ["Open Jira's page, press Allow, then come back."],
    try_again: true,
  }),
  not_a_jira: ({ site }) => ({
    title: "This is not a Jira",
    happened: `Something answers at ${site}, but it is not a Jira.`,
    next: [
      "Type the address as the browser shows it when Jira is open, with what follows the host name (the context path, often /jira).",
    ],
    try_again: true,
  }),
  http_not_https: ({ error }) => ({
    title: "The address begins with the wrong scheme",
    happened: error.message,
    next: ["Type the address exactly as the browser shows it, with https:// or http:// before it."],
    try_again: true,
  }),
  egress_refused: () => ({
    title: "This address is private",
    happened: "The address lies in a private network, and no operator has allowed Latchkey to go there.",
    next: [
      "If it is your company's Jira, the operator registers it on the command line or the admin page; then it can be used here.",
    ],
    try_again: false,
  }),
  oauth1_on_cloud: ({ error }) => ({
    title: "Jira Cloud uses OAuth 2.0",
    happened: error.message,
    next: ["Connect with the flavor cloud.", "`--flavor datacenter-oauth1 --force` tries the old dance."],
    try_again: false,
  }),
  dns_failed: unreachable,
  connection_refused: unreachable,
  connection_reset: unreachable,
  unreachable,
  timed_out: unreachable,
  tls_failed: unreachable,
};
