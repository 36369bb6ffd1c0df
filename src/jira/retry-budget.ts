const MOST_SITES = 1_000;

/** How many second tries a site is given, so that a Jira in trouble is not drowned in them. */
export type RetryBudget = {
  /** A call begins: it earns a share of a try. */
  called(site: string): void;
  /** Takes one try; `false` where none is left. */
  take(site: string): boolean;
};

/**
 * A bucket for each site: full at first, each call adds `share`, each second try takes one. In the long run tries
 * never exceed that share of calls, by default a fifth, whatever Jira answers.
 */
export function createRetryBudget({ share = 0.2, most = 10 } = {}): RetryBudget {
  const left = new Map<string, number>();
  const put = (site: string, tokens: number) => {
    left.delete(site);
    left.set(site, tokens);
    if (left.size > MOST_SITES) left.delete(left.keys().next().value!);
  };
  return {
    called: (site) => put(site, Math.min(most, (left.get(site) ?? most) + share)),
    take(site) {
      const tokens = left.get(site) ?? most;
      if (tokens < 1) return false;
      put(site, tokens - 1);
      return true;
    },
  };
}
