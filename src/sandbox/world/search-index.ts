/**
 * What search sees while the index lags behind: for each issue the states it had before its latest changes. Kept in
 * memory only; after a restart the index has caught up.
 */
import type { Issue, Site } from "./model.ts";

/** A state that a change replaced; `issue` is absent where the change made the issue. */
type Replaced = { readonly issue: Issue | undefined; readonly changed_ms: number };

export type SearchIndex = {
  /** Call before an issue is made, changed or deleted. */
  remember(site: Site, id: string, before: Issue | undefined, now_ms: number, lag_ms: number): void;
  /** The issues of a site as the index knows them, or undefined where it has caught up with all of them. */
  issuesOf(site: Site, now_ms: number, lag_ms: number, fresh: ReadonlySet<string>): Issue[] | undefined;
  clear(): void;
};

export function createSearchIndex(): SearchIndex {
  const sites = new Map<string, Map<string, Replaced[]>>();
  return {
    remember: (site, id, before, now_ms, lag_ms) => {
      if (lag_ms <= 0) return;
      const issues = sites.get(site.id) ?? new Map<string, Replaced[]>();
      sites.set(site.id, issues);
      const states = (issues.get(id) ?? []).filter((one) => one.changed_ms > now_ms - lag_ms);
      // Several parts of one call change an issue one after the other; they become visible together.
      if (states[states.length - 1]?.changed_ms !== now_ms)
        states.push({ issue: before && structuredClone(before), changed_ms: now_ms });
      issues.set(id, states);
    },
    issuesOf: (site, now_ms, lag_ms, fresh) => {
      const issues = sites.get(site.id);
      if (issues === undefined || lag_ms <= 0) return undefined;
      const stale = new Map<string, Issue | undefined>();
      for (const [id, states] of issues) {
        const known = states.find((one) => one.changed_ms > now_ms - lag_ms);
        if (known === undefined) issues.delete(id);
        else if (!fresh.has(id)) stale.set(id, known.issue);
      }
      if (issues.size === 0) return undefined;
      const seen = Object.values(site.issues).filter((issue) => !stale.has(issue.id));
      for (const issue of stale.values()) if (issue !== undefined) seen.push(issue);
      return seen;
    },
    clear: () => sites.clear(),
  };
}
