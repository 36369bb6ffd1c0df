/** What follows from a grant: connect, let the person choose, or have another account confirmed. Pure. */
import { LatchkeyError } from "../errors.ts";
import type { Account, Connection, SiteRef } from "../vault/index.ts";
import { sitesMatching } from "./sites.ts";

export type Decision =
  | { readonly kind: "connect"; readonly site: SiteRef }
  | { readonly kind: "choose"; readonly sites: readonly SiteRef[] }
  | { readonly kind: "confirm-account"; readonly site: SiteRef };

export type Granted = {
  readonly sites: readonly SiteRef[];
  readonly account: Account | undefined;
  /** What the person had asked for. */
  readonly site_hint?: string;
  /** The connection that is renewed. */
  readonly reconnect?: Connection;
  readonly confirmed: boolean;
};

/**
 * Never the first of several: one site is taken where it is the only one, or the one that was asked for.
 *
 * @throws LatchkeyError `no_sites`, `site_not_granted`
 */
export function decide(granted: Granted): Decision {
  const { sites, site_hint, reconnect } = granted;
  if (sites.length === 0) throw new LatchkeyError("no_sites");
  if (reconnect !== undefined) return decideReconnect(granted, reconnect);
  const [only, ...others] = site_hint === undefined ? sites : sitesMatching(sites, site_hint);
  // Another site than the one asked for is a choice too, even where it is the only one.
  if (only === undefined || others.length > 0) return { kind: "choose", sites };
  return { kind: "connect", site: only };
}

function decideReconnect(granted: Granted, reconnect: Connection): Decision {
  const site = granted.sites.find((one) => one.id === reconnect.site.id);
  if (site === undefined) {
    throw new LatchkeyError("site_not_granted", "The approval does not reach the site of this connection.", {
      details: { site: reconnect.site.url, granted: granted.sites.map((one) => one.url) },
      fix: "Reconnect, and choose this connection's site on Jira's consent page.",
    });
  }
  if (granted.confirmed || isSameAccount(reconnect.account, granted.account))
    return { kind: "connect", site };
  return { kind: "confirm-account", site };
}

/** An unknown account is never the same as another, not even as an unknown one. */
export function isSameAccount(one: Account | undefined, other: Account | undefined): boolean {
  return one !== undefined && other !== undefined && one.account_id === other.account_id;
}
