/**
 * Every way Latchkey can refuse or fail, in one table. Classes go by origin, codes by cause; where an RFC names
 * the cause, the code is that name unchanged. HTTP status, exit code, the docs page and the doctor derive from it.
 */

/** Where a failure comes from. */
export type Origin =
  | "configuration"
  | "caller"
  | "jira"
  | "authorization-server"
  | "network"
  | "vault"
  | "policy";

/** Whether the same call may work again: never, later, or after the person has connected again. */
export type Retry = "never" | "later" | "after-reconnect";

/** Who can mend it. */
export type Fault = "operator" | "caller" | "person" | "jira-admin" | "jira" | "network" | "latchkey";

export type ErrorRow = {
  readonly origin: Origin;
  /** HTTP status of the gateway's own answer. */
  readonly status: number;
  readonly retry: Retry;
  readonly fault: Fault;
  /** One sentence: what it means. */
  readonly meaning: string;
  /** One sentence: the next step. */
  readonly fix: string;
};

function row(
  origin: Origin,
  status: number,
  retry: Retry,
  fault: Fault,
  meaning: string,
  fix: string,
): ErrorRow {
  return { origin, status, retry, fault, meaning, fix };
}

const AS = "authorization-server";

// biome-ignore format: a table reads by its rows
export const ERRORS = {
  // configuration
  config_invalid: row("configuration", 500, "never", "operator", "The configuration has mistakes.", "Mend every line listed; `latchkey config` shows where each value comes from."),
  key_missing: row("configuration", 500, "never", "operator", "There is no encryption key for the vault.", "Set LATCHKEY_KEY, LATCHKEY_KEY_FILE or LATCHKEY_KEY_COMMAND."),
  key_wrong: row("configuration", 500, "never", "operator", "The encryption key does not open this vault.", "Give the key the vault was made with; nothing has been changed."),
  home_unwritable: row("configuration", 500, "never", "operator", "The home directory cannot be written.", "Set LATCHKEY_HOME to a directory that this user may write."),
  file_unreadable: row("configuration", 500, "never", "operator", "A file cannot be read.", "Check the path and its permissions."),
  port_in_use: row("configuration", 500, "never", "operator", "The port is in use by another process.", "Stop that process or choose another port with --port."),
  node_too_old: row("configuration", 500, "never", "operator", "This Node.js is too old.", "Use Node.js 24 or newer."),
  public_bind_refused: row("configuration", 500, "never", "operator", "A public address was asked for without a sign-in method.", "Listen on loopback and put a reverse proxy that signs people in before it, or embed the handler with owner(request)."),
  private_key_invalid: row("configuration", 400, "never", "operator", "This is not a usable RSA private key.", "Paste the private key in PEM (PKCS#8 or PKCS#1), unencrypted."),
  registration_incomplete: row("configuration", 409, "never", "operator", "The registration lacks something this flavor needs.", "Complete it with `latchkey registrations add` or on its set-up page."),
  registration_unknown: row("configuration", 404, "never", "operator", "No registration fits this site.", "Register Latchkey at this Jira first: `latchkey registrations add`, or the guided set-up."),
  redirect_uri_mismatch: row("configuration", 409, "never", "operator", "The redirect URI is not one that Jira takes for this registration.", "Compare it letter by letter with the one in Jira's settings."),
  app_not_shared: row("configuration", 409, "never", "operator", "The app is its creator's alone.", "Switch on sharing under Distribution in the developer console."),
  cloud_gateway_required: row("configuration", 409, "never", "operator", "A token of OAuth 2.0 was sent to a Cloud site itself.", "Send it to api.atlassian.com/ex/jira/{cloudId}."),
  base_url_wrong: row("configuration", 409, "never", "jira-admin", "Jira's own base URL, or what a proxy tells it of its address, is wrong.", "Set the base URL to https, and scheme and secure on the Connector in server.xml."),
  // caller
  bad_request: row("caller", 400, "never", "caller", "The request is not well formed.", "Mend the field that is named."),
  usage: row("caller", 400, "never", "caller", "The command is not well formed.", "See --help."),
  export_stopped: row("caller", 409, "later", "caller", "The export was stopped before its end; what was read is kept.", "Ask for the same export again: it goes on where it was."),
  exports_full: row("caller", 409, "never", "caller", "No more exports, or no larger ones, are kept for you here.", "Remove exports that you no longer need, or ask for less."),
  unauthenticated: row("caller", 401, "never", "caller", "The call carries no usable handle.", "Send `Authorization: Bearer lk_…` with a handle that is neither revoked nor expired."),
  forbidden: row("caller", 403, "never", "caller", "The handle does not allow this.", "Create a handle whose limits include it."),
  cross_site: row("caller", 403, "never", "caller", "The form came from another site.", "Open the page itself and send the form from there."),
  not_found: row("caller", 404, "never", "caller", "There is nothing here with that name.", "Check the id; what belongs to another owner does not exist for you."),
  method_not_allowed: row("caller", 405, "never", "caller", "This address does not answer that method.", "See the Allow header."),
  webhook_refused: row("caller", 401, "never", "jira-admin", "The webhook does not prove where it comes from.", "Send it with the token or signature that Jira makes, to the address that Latchkey gave."),
  body_too_large: row("caller", 413, "never", "caller", "The body is larger than the limit.", "Send less at once."),
  media_type_unsupported: row("caller", 415, "never", "caller", "The body is of a kind this address does not take.", "Send JSON, with Content-Type: application/json."),
  path_refused: row("caller", 403, "never", "caller", "This path never passes the proxy.", "Ask for a REST resource of Jira below the site's base URL, written plainly."),
  rate_limited: row("caller", 429, "later", "caller", "The handle has made its calls for now.", "Wait as long as Retry-After says."),
  connection_ambiguous: row("caller", 400, "never", "caller", "Several connections fit.", "Name one with --connection."),
  url_outside_connections: row("caller", 400, "never", "caller", "The URL is outside every connection's base, so no credential was attached.", "Connect to that site first, or ask for a path below a connection's base."),
  confirmation_required: row("caller", 409, "never", "person", "This needs an explicit confirmation.", "Confirm on the page or with --yes."),
  // policy
  policy_denied: row("policy", 403, "never", "caller", "The policy does not let this through.", "Ask for what the policy allows, or have it changed."),
  // authorization server, OAuth 2.0 (RFC 6749 sections 4.1.2.1 and 5.2)
  invalid_request: row(AS, 502, "never", "operator", "The authorization server found the request malformed, or the code expired or was used before.", "Start the dance again; if it stays, check redirect URI and registration."),
  invalid_client: row(AS, 502, "never", "operator", "The client id or secret is wrong.", "Copy both again from Jira's settings; `latchkey registrations check` proves them."),
  invalid_grant: row(AS, 409, "after-reconnect", "person", "The code or refresh token is expired, used, revoked or unknown.", "Connect again."),
  unauthorized_client: row(AS, 409, "after-reconnect", "person", "Jira no longer accepts this refresh token, or this client may not use this grant.", "Connect again."),
  unsupported_grant_type: row(AS, 502, "never", "operator", "The authorization server does not offer this grant.", "Check that the registration's flavor fits this Jira."),
  invalid_scope: row(AS, 409, "never", "operator", "A scope is unknown, or above what the registration allows.", "Ask only for scopes configured for this app; Data Center knows READ, WRITE, ADMIN and SYSTEM_ADMIN."),
  access_denied: row(AS, 409, "never", "person", "The person declined, or an administrator blocks the app.", "Try again and approve, or ask the site's administrator to allow the app."),
  unsupported_response_type: row(AS, 502, "never", "operator", "The authorization server does not offer this response type.", "Check that the registration's flavor fits this Jira."),
  server_error: row(AS, 502, "later", "jira", "The authorization server failed.", "Try again in a moment."),
  temporarily_unavailable: row(AS, 503, "later", "jira", "The authorization server is not available now.", "Try again in a moment."),
  authorization_error_unknown: row(AS, 502, "never", "jira", "The authorization server named an error that no document lists.", "See the details; start again, and check the registration if it stays."),
  token_answer_unreadable: row(AS, 502, "later", "jira", "The token endpoint answered something that is not a token answer.", "Check the address in the registration; a proxy may answer in its place."),
  refresh_token_absent: row(AS, 409, "after-reconnect", "operator", "Jira gave no refresh token, so the connection would end within the hour.", "Add offline_access to the registration's scopes and connect again."),
  // authorization server, OAuth 1.0a (OAuth problem reporting)
  consumer_key_unknown: row(AS, 502, "never", "jira-admin", "Jira does not know this consumer key.", "Enter the key under Incoming Authentication of the application link, exactly as the registration has it."),
  consumer_key_rejected: row(AS, 502, "never", "jira-admin", "Jira rejects this consumer key.", "Check the application link."),
  consumer_key_refused: row(AS, 503, "later", "jira", "Jira refuses this consumer for now.", "Try again later."),
  signature_invalid: row(AS, 502, "never", "jira-admin", "Jira computed another signature: it sees another address, or holds another public key.", "Compare the two base strings; if they agree, paste the public key again."),
  signature_method_rejected: row(AS, 502, "never", "operator", "Jira accepts only RSA-SHA1.", "Use RSA-SHA1; nothing else is offered for application links."),
  timestamp_refused: row(AS, 502, "never", "operator", "The clocks of Latchkey and Jira are more than five minutes apart.", "Set both clocks (NTP)."),
  nonce_used: row(AS, 502, "later", "latchkey", "Jira has seen this signed request before.", "Sign each try anew; something in between repeats requests."),
  version_rejected: row(AS, 502, "never", "operator", "Jira does not accept this OAuth version.", "Use OAuth 1.0a."),
  parameter_absent: row(AS, 502, "never", "operator", "An OAuth parameter is missing.", "Check what removes it on the way."),
  parameter_rejected: row(AS, 502, "never", "operator", "An OAuth parameter is rejected.", "The callback must be an absolute http or https URL, or oob; no parameter may stand twice."),
  token_rejected: row(AS, 409, "after-reconnect", "person", "Jira does not know this token: revoked, of another consumer, or from another instance.", "Connect again."),
  token_expired: row(AS, 409, "after-reconnect", "person", "The token has expired.", "Connect again."),
  token_used: row(AS, 409, "never", "person", "The request token was decided before.", "Start the dance again."),
  token_revoked: row(AS, 409, "after-reconnect", "person", "The token was revoked.", "Connect again."),
  permission_unknown: row(AS, 409, "later", "person", "The person has not decided yet.", "Approve on Jira's page first."),
  permission_denied: row(AS, 409, "never", "person", "The person declined, or 3-legged calls are off for this consumer.", "Try again and approve, or have the link allow it."),
  user_refused: row(AS, 409, "never", "person", "Jira refuses this user.", "Ask the Jira administrator."),
  additional_authorization_required: row(AS, 409, "after-reconnect", "person", "Jira wants a further authorization.", "Connect again."),
  oauth_problem_unknown: row(AS, 502, "never", "jira", "Jira named a problem that no document lists.", "See the details; `latchkey doctor` may know more."),
  callback_not_confirmed: row(AS, 502, "never", "jira", "Jira did not confirm the callback (oauth_callback_confirmed), so the dance would be open to session fixation.", "Check that the address is Jira's own request-token servlet."),
  // the dance itself
  state_mismatch: row("caller", 400, "never", "person", "The answer does not belong to any dance begun here.", "Start again from the connect page; nothing was changed."),
  browser_mismatch: row("caller", 400, "never", "person", "The dance was begun in another browser.", "Finish it in the browser that began it, or start again here."),
  attempt_expired: row("caller", 400, "never", "person", "The dance took too long and has ended.", "Start again."),
  attempt_used: row("caller", 400, "never", "person", "This dance is over already; its answer was used once.", "Open your connections, or start again."),
  callback_malformed: row("caller", 400, "never", "person", "The callback carries too little, too much, or something twice.", "Start again from the connect page."),
  callback_not_waited_for: row("caller", 400, "never", "person", "This callback address is not the one the dance was begun with.", "Start again; each registration has its own callback path."),
  token_kind_wrong: row("caller", 400, "never", "person", "This Jira takes tokens of another kind.", "Make a token of the kind named."),
  token_refused: row("jira", 422, "never", "person", "Jira does not take this token.", "Make a new one in Jira and give that."),
  account_mismatch: row("caller", 409, "never", "person", "Another Jira account approved than the one this connection belongs to.", "Sign in to Jira as the same account, or confirm the change."),
  account_other: row("caller", 409, "never", "person", "Another Jira account approved than the one this link renews.", "Open a new link, and sign in to Jira as the account the connection belongs to."),
  connect_session_over: row("caller", 409, "never", "person", "The link to connect was used before, or its time is over.", "Go back to the application and ask it to connect again."),
  connect_result_refused: row("caller", 403, "never", "caller", "The result does not fit this session, or it was made for another user.", "Redeem what came to the return URL, for the very user who is signed in; where that is another one, ask that user to connect anew."),
  admin_approval_required: row("jira", 409, "never", "jira-admin", "The site's administrator must allow the app first.", "Ask the administrator to allow it under Connected apps."),
  no_sites: row("jira", 409, "never", "person", "The grant reaches no Jira site.", "Approve with an account that has Jira on the site; Confluence guests have none."),
  site_not_granted: row("jira", 409, "never", "person", "The site is not among those that were granted.", "Connect again and choose that site on the consent page."),
  site_choice_required: row("caller", 409, "never", "person", "The grant reaches several sites; none is taken by guess.", "Choose one."),
  oauth1_on_cloud: row("caller", 400, "never", "caller", "Atlassian has replaced OAuth 1.0a on Jira Cloud by OAuth 2.0 (3LO).", "Connect with the cloud flavor; --flavor datacenter-oauth1 forces the old dance."),
  // jira
  not_a_jira: row("jira", 422, "never", "caller", "There is a server, but it is not a Jira.", "Type the address of Jira as the browser shows it, context path included."),
  jira_unauthorized: row("jira", 409, "after-reconnect", "person", "Jira does not accept the credential.", "Connect again."),
  jira_anonymous: row("jira", 409, "after-reconnect", "person", "Jira answered as if nobody had signed in.", "Connect again."),
  jira_forbidden: row("jira", 403, "never", "jira-admin", "The account may not do this in Jira.", "Have the permission granted in Jira."),
  jira_not_found: row("jira", 404, "never", "caller", "It does not exist, or the account may not see it.", "Check the key; ask for Browse permission."),
  jira_bad_request: row("jira", 400, "never", "caller", "Jira found the request wrong.", "See Jira's own words in the details."),
  jira_conflict: row("jira", 409, "later", "caller", "Jira found a conflict with another change.", "Read again, then write."),
  jira_gone: row("jira", 410, "never", "latchkey", "Jira has removed this resource.", "Use its successor; for search that is /rest/api/3/search/jql."),
  jira_rate_limited: row("jira", 429, "later", "caller", "Jira limits the rate of calls.", "Wait as long as Retry-After says."),
  jira_failed: row("jira", 502, "later", "jira", "Jira failed.", "Try again in a moment."),
  jira_answer_unreadable: row("jira", 502, "later", "jira", "Jira answered something that is not JSON.", "Check what stands between Latchkey and Jira."),
  scope_missing: row("jira", 403, "after-reconnect", "person", "The token lacks a scope that this call needs.", "Connect again and grant the scope named."),
  captcha_required: row("jira", 403, "never", "person", "Jira wants a CAPTCHA after failed logins.", "Sign in to Jira once in the browser."),
  xsrf_refused: row("jira", 403, "never", "latchkey", "Jira's XSRF check refused the call.", "Send X-Atlassian-Token: no-check and no cookies."),
  push_refused: row("caller", 422, "never", "caller", "The idea does not fit what Jira asks for.", "Mend the fields that are named."),
  push_under_way: row("caller", 409, "later", "caller", "The idea is being pushed by another call now.", "Push it again in a moment; nothing is done twice."),
  push_outcome_open: row("jira", 503, "later", "jira", "Whether Jira made the issue is not known yet.", "Push the idea again when Retry-After says; until it is known, nothing is created."),
  push_issue_gone: row("jira", 409, "never", "caller", "The issue behind the idea was deleted, or the account may no longer see it.", "Forget the link and push the idea again, if there is to be a new issue."),
  page_guard: row("jira", 502, "later", "jira", "Jira's pages do not add up: a token repeated or an empty page that promises more.", "Try again; nothing was silently dropped."),
  // network
  dns_failed: row("network", 504, "never", "caller", "The host name is not known.", "Check the spelling; a private Jira needs a DNS server that knows it."),
  connection_refused: row("network", 502, "later", "network", "Nothing listens at that address and port.", "Check the port and that Jira is running."),
  connection_reset: row("network", 502, "later", "network", "The connection was cut.", "Try again."),
  unreachable: row("network", 504, "later", "network", "The host cannot be reached.", "Check network, VPN and firewall."),
  timed_out: row("network", 504, "later", "network", "No answer came in time.", "Try again; check what is slow."),
  tls_failed: row("network", 502, "never", "operator", "The TLS handshake failed.", "Check the certificate; give a private CA with the site's CA bundle."),
  tls_client_certificate_required: row("network", 502, "never", "operator", "The server lets nobody in without a client certificate.", "Give client_certificate_file and client_key_file under [reach.\"https://…\"] in the configuration file."),
  tls_client_certificate_refused: row("network", 502, "never", "operator", "The server refuses the client certificate.", "Check that it has not expired and comes from an authority that this server trusts."),
  proxy_credentials_required: row("network", 502, "never", "operator", "The HTTP proxy asks for a user name and password, or refuses those given.", "Give http_proxy_user and http_proxy_password_file under [reach.\"https://…\"] in the configuration file."),
  proxy_refused: row("network", 502, "later", "operator", "The HTTP proxy does not let the connection through.", "Ask whoever runs the proxy to allow CONNECT to this host and port."),
  proxy_unreachable: row("network", 504, "later", "operator", "The HTTP proxy cannot be reached.", "Check http_proxy under [reach.\"https://…\"] in the configuration file, and that the proxy is running."),
  http_not_https: row("network", 400, "never", "caller", "The server speaks https, but http was asked for (or the reverse).", "Use the address exactly as the browser shows it."),
  egress_refused: row("network", 403, "never", "operator", "This address is private and no operator has allowed it.", "An operator can allow it by registering that Jira on the command line or the admin page."),
  redirect_refused: row("network", 502, "never", "jira", "The server redirects away from the site.", "Use the address it redirects to, if you trust it."),
  answer_too_large: row("network", 502, "never", "jira", "The answer is larger than the limit.", "Ask for less at once."),
  // vault
  connection_dead: row("vault", 409, "after-reconnect", "person", "The connection is dead; its cause stands beside it.", "Reconnect."),
  token_renewed: row("vault", 503, "later", "latchkey", "Jira refused the token behind a body too large to be kept; the token has been renewed, and nothing was done.", "Send the call again."),
  connection_pending: row("vault", 409, "later", "caller", "The connection waits to be redeemed by the application.", "Redeem the one-time result first."),
  connection_exported: row("vault", 409, "after-reconnect", "operator", "The connection was handed over and is no longer used or refreshed here.", "Connect again to use it here."),
  registration_suspended: row("vault", 503, "later", "operator", "The registration is suspended: Jira refuses its client secret.", "Correct the secret; no connection has died of it."),
  vault_unreadable: row("vault", 500, "never", "operator", "A sealed value cannot be opened: wrong key, or the row was changed or moved.", "Restore the row from a backup; check the key."),
  vault_quarantined: row("vault", 503, "later", "operator", "This vault is a copy or was restored: nothing is renewed, so that two holders do not burn the tokens.", "Make sure that the original is stopped for good, then run `latchkey vault confirm --original-stopped`."),
  key_in_use: row("vault", 409, "later", "operator", "Another process goes on sealing with an older key.", "Start every process with the new key as LATCHKEY_KEY and the older one in LATCHKEY_OLD_KEYS, then run it again."),
  bundle_unreadable: row("vault", 400, "never", "operator", "The bundle cannot be read: another passphrase, or the file was changed, cut short or is no bundle.", "Check the passphrase and take the file from its source again; nothing was written."),
  bundle_too_new: row("vault", 400, "never", "operator", "The bundle was written by a newer Latchkey.", "Import it with the newer version; nothing was written."),
  store_not_empty: row("vault", 409, "never", "operator", "There is something in this vault already.", "Import into a new one: another LATCHKEY_HOME, or an empty database."),
  store_failed: row("vault", 503, "later", "operator", "The database did not answer.", "Check the database; nothing was half-written."),
  store_too_new: row("vault", 500, "never", "operator", "The database was written by a newer Latchkey.", "Start the newer version."),
  internal: row("vault", 500, "later", "latchkey", "Something went wrong inside Latchkey.", "See the log at this request id, and report it."),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

export type ErrorOptions = {
  readonly cause?: unknown;
  /** Evidence for the operator: bounded data, never shown to strangers, never part of the message. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Seconds to wait, where the other side named them. */
  readonly retry_after_s?: number;
  /** A sharper next step than the table's. */
  readonly fix?: string;
};

/**
 * The one error of Latchkey. `message` is ours and safe to show; what came from elsewhere is in `details`,
 * which does not enumerate, so dumping an error does not dump it.
 */
export class LatchkeyError extends Error {
  override readonly name = "LatchkeyError";
  readonly code: ErrorCode;
  readonly retry_after_s: number | undefined;
  readonly fix: string;
  declare readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message?: string, options: ErrorOptions = {}) {
    super(message ?? ERRORS[code].meaning, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.retry_after_s = options.retry_after_s;
    this.fix = options.fix ?? ERRORS[code].fix;
    Object.defineProperty(this, "details", { value: options.details ?? {}, enumerable: false });
  }

  get origin(): Origin {
    return ERRORS[this.code].origin;
  }
  get status(): number {
    return ERRORS[this.code].status;
  }
  get retry(): Retry {
    return ERRORS[this.code].retry;
  }
  get fault(): Fault {
    return ERRORS[this.code].fault;
  }
}

/** Works across two copies of the package in one process, where `instanceof` does not. */
export function isLatchkeyError(thrown: unknown): thrown is LatchkeyError {
  return thrown instanceof Error && thrown.name === "LatchkeyError" && "code" in thrown;
}

/** Exit codes of the command line (DESIGN 4.2). */
export const EXIT = { done: 0, failure: 1, usage: 2, reconnect: 3, network: 4, configuration: 78 } as const;

/** The exit code an error ends the command line with. */
export function exitCodeOf(thrown: unknown): number {
  if (!isLatchkeyError(thrown)) return EXIT.failure;
  if (thrown.origin === "configuration") return EXIT.configuration;
  if (thrown.origin === "network") return EXIT.network;
  if (thrown.retry === "after-reconnect") return EXIT.reconnect;
  return thrown.code === "usage" ||
    thrown.code === "bad_request" ||
    thrown.code === "oauth1_on_cloud" ||
    thrown.code === "token_kind_wrong" ||
    thrown.code.startsWith("connection_ambig") ||
    thrown.code === "url_outside_connections"
    ? EXIT.usage
    : EXIT.failure;
}
