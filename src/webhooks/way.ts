/** How changes can become known for a connection, and what to do where Jira cannot tell of them. Pure. */
import { classOfAddress, literalAddress } from "../egress.ts";
import type { FollowRow, HookRow } from "../store/index.ts";
import type { Connection } from "../vault/index.ts";

type Reason = NonNullable<FollowRow["reason"]>;
export type Way =
  | { readonly mode: "app" | "admin"; readonly reason: null }
  | { readonly mode: "poll"; readonly reason: Reason };

const SCOPES = ["manage:jira-webhook", "write:webhook:jira"];

/**
 * A webhook of our own goes before an administrator's, and both before asking.
 *
 * @param public_url where Jira would send to
 * @param hooks those of administrators, of the connection's registration
 */
export function wayFor(
  connection: Pick<Connection, "flavor" | "kind" | "site" | "scope_granted" | "scope_asked">,
  public_url: string,
  hooks: readonly HookRow[],
): Way {
  const reached = canReach(connection.site.api_base_url, public_url);
  const asks = (reason: Reason): Way => ({ mode: "poll", reason });
  if (reached && isApp(connection)) {
    const { scope_granted, scope_asked } = connection;
    if ((scope_granted ?? scope_asked).some((scope) => SCOPES.includes(scope)))
      return { mode: "app", reason: null };
  }
  // Whoever set one up, or heard by it, knows better than an address can tell.
  if (hooks.some(({ heard_at }) => reached || heard_at !== null)) return { mode: "admin", reason: null };
  if (!reached) return asks("not_reachable");
  if (isApp(connection)) return asks("scope_missing");
  return asks(connection.flavor === "cloud" ? "not_supported" : "not_set_up");
}

/** Jira lets apps of OAuth 2.0 register webhooks, and no token that a person made. */
function isApp({ flavor, kind }: Pick<Connection, "flavor" | "kind">): boolean {
  return flavor === "cloud" && kind === "oauth2";
}

/**
 * Whether a Jira there may reach us here: a private one reaches private addresses; the cloud reaches public names, over
 * https alone.
 */
export function canReach(jira_url: string, public_url: string): boolean {
  if (isPrivate(jira_url)) return true;
  return !isPrivate(public_url) && new URL(public_url).protocol === "https:";
}

function isPrivate(text: string): boolean {
  const url = new URL(text);
  const { hostname } = url;
  if (hostname === "localhost" || hostname.endsWith(".localhost") || !/[.:]/.test(hostname)) return true;
  if (/\.(local|internal|lan|home|corp|test)$/.test(hostname)) return true;
  const literal = literalAddress(url);
  return literal !== undefined && classOfAddress(literal) !== "public";
}

/** Why a connection is only asked, and what would change that. */
export const ADVICE: Readonly<Record<Reason, string>> = {
  not_looked_yet: "It was not looked at yet; that takes a minute where `latchkey serve` runs.",
  not_reachable:
    "Jira cannot reach this address. Set public_url to a public https address that leads here, or leave it: changes are found by asking.",
  scope_missing:
    "The person has not allowed webhooks. Send them a reconnect link with the scope manage:jira-webhook, or have an administrator set one up: latchkey hooks add.",
  not_set_up: "An administrator can set a webhook up in this Jira: latchkey hooks add.",
  not_supported:
    "Jira lets no token of this kind register webhooks. An administrator can set one up: latchkey hooks add.",
  too_many_projects:
    "The issues lie in more projects than one webhook should name. An administrator can set one up: latchkey hooks add.",
  refused: "Jira refused the webhook; its words stand beside this. It is tried again in six hours.",
  failed: "Jira could not be asked for the webhook. It is tried again in a few minutes.",
  silent:
    "A webhook is registered and nothing comes. A private app is told of nothing but what its owner's connections see: share it, or look whether a firewall stands before this address. It is tried again in a day.",
};
