/** Everything before Jira answers, and what Latchkey itself is in need of. */
import type { Row } from "../contract.ts";
import { named } from "../signs.ts";

const flavors = ["cloud", "datacenter-oauth2", "datacenter-oauth1"] as const;

/** A row for a code of the error table whose words need no more than the address. */
function plain(
  id: string,
  step: Row["step"],
  code: Row["code"],
  title: string,
  signs: string,
  cause: string,
  next: Row["next"],
): Row {
  return { id, flavors, step, code, title, signs, cause, next, sees: (seen) => named(seen, code) };
}

const own = ({ seen }: Parameters<Row["next"]>[0], otherwise: string): string =>
  typeof seen.details?.fix === "string" ? seen.details.fix : otherwise;

// biome-ignore format: a table reads by its rows
export const MACHINE: readonly Row[] = [
  plain("net-1", "dns", "dns_failed", "The host name is not known", "`ENOTFOUND`; dns_failed.", "No name server that this computer asks knows the name.",
    ({ site }) => `Check the spelling of ${site ?? "the address"}; for a Jira inside a company, this computer needs its VPN or its name server.`),
  plain("net-2", "dns", "egress_refused", "The address is private, and nobody allowed it", "egress_refused.", "The name leads into a private network; typed addresses never go there unless an operator allows it.",
    () => "An operator registers this Jira on the command line (latchkey registrations add) or on the admin page; that allows it."),
  plain("net-3", "connection", "connection_refused", "connection refused", "`ECONNREFUSED`; connection_refused.", "The host is there, but nothing listens at that port.",
    ({ site }) => `Check the port of ${site ?? "the address"}, and that Jira is running.`),
  plain("net-4", "connection", "unreachable", "unreachable", "`EHOSTUNREACH`, `ENETUNREACH`; unreachable.", "No way leads from this computer to the host.", () => "Check network, VPN and firewall."),
  plain("net-5", "connection", "timed_out", "No answer came in time", "timed_out.", "A firewall drops the packets, or the server is too slow.", () => "Check whether a firewall lets this computer through, and whether Jira is slow for a browser too."),
  plain("net-6", "connection", "connection_reset", "The connection was cut", "`ECONNRESET`; connection_reset.", "Something on the way, or the server, closed the connection before it answered.", () => "Try again; if it stays, look into the log of the proxy before Jira."),
  plain("net-7", "connection", "proxy_unreachable", "The HTTP proxy cannot be reached", "proxy_unreachable.", "The proxy that is configured for this site does not answer.", () => 'Check http_proxy under [reach."https://…"] in the configuration file, and that the proxy is running.'),
  plain("net-8", "connection", "proxy_credentials_required", "The HTTP proxy wants a password", "407; proxy_credentials_required.", "The proxy lets nobody through without a user name and password.", () => 'Give http_proxy_user and http_proxy_password_file under [reach."https://…"] in the configuration file.'),
  plain("net-9", "connection", "proxy_refused", "The HTTP proxy does not let this through", "proxy_refused.", "The proxy refuses CONNECT to this host and port.", () => "Ask whoever runs the proxy to allow it."),
  plain("net-10", "tls", "tls_failed", "The certificate is not trusted", "tls_failed; `SELF_SIGNED_CERT_IN_CHAIN`, `CERT_HAS_EXPIRED`.", "The certificate comes from an authority this computer does not know, has expired, or is for another name.",
    (about) => own(about, 'Give the authority\'s certificate with ca_file under [reach."https://…"] in the configuration file; if it has expired, renew it at the server.')),
  plain("net-11", "tls", "tls_client_certificate_required", "The server wants a client certificate", "tls_client_certificate_required.", "The server lets nobody in without one.", () => 'Give client_certificate_file and client_key_file under [reach."https://…"] in the configuration file.'),
  plain("net-12", "tls", "tls_client_certificate_refused", "The server refuses the client certificate", "tls_client_certificate_refused.", "It has expired, or comes from an authority that the server does not trust.", () => "Have a new one made by an authority the server trusts."),
  plain("net-13", "tls", "http_not_https", "The address begins with the wrong scheme", "http_not_https.", "The server speaks https where http was asked for, or the reverse.", (about) => own(about, "Use the address exactly as the browser shows it.")),
  plain("net-14", "base_url", "redirect_refused", "The address leads elsewhere", "redirect_refused; 301, 302.", "Jira, or a proxy before it, sends everybody to another address; credentials are not carried there.",
    ({ seen }) => (typeof seen.details?.location === "string" ? `Use ${seen.details.location} as the base URL, if that is your Jira.` : "Use the address it leads to, if that is your Jira.")),
  plain("net-15", "jira", "not_a_jira", "not a Jira", "A server answers, but not as a Jira.", "The address is another server's, a page for signing in stands before Jira, or the context path is missing.",
    (about) => own(about, "Type the address as the browser shows it when Jira is open, with what follows the host name (often /jira).")),
  plain("net-16", "jira", "jira_failed", "Jira fails just now", "5xx.", "Jira, or what stands before it, answers with an error of its own.", () => "Try again in a moment; if it stays, Jira's administrator looks into its log."),
  plain("own-1", "registration", "registration_unknown", "Latchkey is not registered at this Jira", "registration_unknown.", "No registration fits this address and what this Jira takes.",
    ({ flavor, site, version }) =>
      flavor === "cloud"
        ? "Make an app at developer.atlassian.com/console/myapps, then: latchkey registrations add --client-id …"
        : `latchkey registrations add --site ${site ?? "URL"} ${flavor === "datacenter-oauth1" ? "--consumer-key KEY --generate-key" : "--client-id …"}, then latchkey registrations show ID says what to paste where in Jira${version ? ` ${version}` : ""}.`),
  plain("own-2", "registration", "registration_incomplete", "The registration is not complete", "registration_incomplete.", "It is a draft, or lacks something that its flavor needs.", (about) => own(about, "Complete it with latchkey registrations add, or on its set-up page.")),
  plain("own-3", "registration", "registration_suspended", "The registration is suspended", "registration_suspended.", "Jira refused its secret, so nothing more is sent; no connection has died of it.", () => "Correct the secret (latchkey registrations add with the same id, or the admin page), then run latchkey registrations check."),
  plain("own-4", "family", "connection_pending", "The connection waits to be redeemed", "connection_pending.", "A person has connected by a link of the application, and its backend has not redeemed the result.", () => "The application redeems the one-time result, or sends the person through a new link."),
  plain("own-5", "family", "connection_exported", "The connection was handed over", "connection_exported.", "Its tokens were exported to another program; used in two places they would end each other.", () => "Connect again to use it here too, with tokens of its own."),
  plain("own-6", "family", "vault_quarantined", "This vault is a copy", "vault_quarantined.", "It was restored or copied, so nothing is renewed until it is certain that the original has stopped.", () => "Make sure that the original is stopped for good, then: latchkey vault confirm --original-stopped."),
  plain("own-7", "family", "connection_dead", "The connection is dead", "connection_dead.", "Jira no longer accepts its tokens.", (about) => own(about, "Connect again; the connection keeps its id.")),
  plain("own-8", "callback", "state_mismatch", "The answer belongs to no dance from here", "state_mismatch.", "An old link was opened, or somebody else sent it.", () => "Start again from the connect page; nothing was changed."),
  plain("own-9", "callback", "browser_mismatch", "The dance was begun in another browser", "browser_mismatch.", "The answer came to a browser that does not hold the cookie of the beginning.", () => "Finish in the browser where you began, with cookies allowed, or start again."),
  plain("own-10", "callback", "callback_not_waited_for", "Nobody waits at this callback address", "callback_not_waited_for.", "The redirect URI leads to another address than the one this registration has here.", (about) => own(about, "Enter the callback that latchkey registrations show prints, in Jira and in the registration.")),
  plain("own-11", "family", "attempt_expired", "The dance took too long", "attempt_expired.", "More time passed between begin and approval than Jira's permission lives.", () => "Connect again, and finish within ten minutes."),
  plain("own-12", "callback", "redirect_uri_mismatch", "The redirect URI is none that Jira takes", "redirect_uri_mismatch.", "It is not absolute, has a fragment, or is http on another computer than this one.", (about) => own(about, "Register an absolute https address, or http on localhost.")),
  plain("own-13", "permission", "access_denied", "The approval was declined", "`error=access_denied`.", "The person pressed Deny, or an administrator does not let the app in.", () => "Connect again and approve; if nobody pressed Deny, ask the site's administrator to allow the app."),
  plain("own-14", "permission", "jira_forbidden", "The account may not do this", "403.", "Jira knows the account, and does not let it.", () => "Have the permission granted in the project's permission scheme, or connect with another account."),
  plain("own-15", "family", "jira_unauthorized", "Jira does not accept the token", "401.", "The token was revoked, has ended, or the account was closed.", (about) => own(about, "Connect again; the connection keeps its id.")),
  plain("own-16", "family", "account_mismatch", "Another account approved", "account_mismatch.", "The person who approved is not the one the connection belongs to.", () => "Sign in to Jira as the same account, or confirm that the connection shall be the other's."),
];
