/** What is seen of a site from time to time, and what that changes. */
import type { ConnectionRow, Store } from "../store/index.ts";
import { type EventInput, note } from "./events.ts";
import { present } from "./read.ts";
import type { SiteFacts } from "./site-facts.ts";

export type { SiteFacts } from "./site-facts.ts";

type Named = { readonly id: string; readonly url: string; readonly name: string };

export type Sighting =
  /** It answered. `says_url`: the address it gives itself (Data Center), believed by nobody but told. */
  | {
      readonly kind: "there";
      readonly name?: string;
      readonly url?: string;
      readonly version?: string;
      readonly says_url?: string;
    }
  /** It did not, or the grant no longer reaches it. `granted`: what the grant reaches instead. */
  | { readonly kind: "gone"; readonly granted: readonly Named[] };

type Known = Named & { readonly facts: SiteFacts };
type Told = Pick<EventInput, "type" | "data">;

/**
 * What a sighting changes: a new name or address of the same site is taken over, everything else is only told. No
 * other site is ever taken in its place.
 */
export function changeBy(
  known: Known,
  seen: Sighting,
  at: number,
): {
  readonly name: string;
  readonly url: string;
  readonly facts: SiteFacts;
  readonly told: readonly Told[];
} {
  const { id, url, name, facts } = known;
  const site = { id, url, name };
  const { deployment, gone_at, says_url } = facts;
  if (seen.kind === "gone") {
    const kept = { name, url, facts: { ...facts, gone_at: gone_at ?? at } };
    if (gone_at !== undefined) return { ...kept, told: [] };
    const elsewhere = seen.granted.find((one) => sameAddress(one.url, url));
    const told: Told = elsewhere
      ? { type: "site.moved", data: { site, now: elsewhere } }
      : { type: "site.removed", data: { site, granted: seen.granted } };
    return { ...kept, told: [told] };
  }
  const now = { id, url: seen.url ?? url, name: seen.name ?? name };
  const told: Told[] = [];
  if (gone_at !== undefined) told.push({ type: "site.returned", data: { site: now } });
  if (now.url !== url || now.name !== name) told.push({ type: "site.renamed", data: { before: site, now } });
  const claims =
    seen.says_url !== undefined && !sameAddress(seen.says_url, now.url) ? seen.says_url : undefined;
  if (claims !== undefined && claims !== says_url) {
    told.push({ type: "site.moved", data: { site: now, now: { url: claims } } });
  }
  const version = seen.version ?? facts.version;
  const after = { deployment, ...present({ version, says_url: claims }) };
  return { name: now.name, url: now.url, facts: after, told };
}

function sameAddress(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function plain(text: string): string {
  if (!URL.canParse(text)) return text;
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname.replace(/\/+$/, "")}`;
}

/** Writes what a sighting changes, and its events, in one transaction. */
export function sight(
  parts: { store: Store; now: () => number; random: (bytes: number) => Uint8Array },
  owner: string,
  id: string,
  seen: Sighting,
): Promise<void> {
  const { store, now, random } = parts;
  return store.transaction(async (tx) => {
    const row = (await tx.connections.get(owner, id))?.connection;
    if (!row) return;
    const at = now();
    const change = changeBy(knownOf(row), seen, at);
    await tx.connections.update(owner, id, {
      site_name: change.name,
      site_url: change.url,
      site: JSON.stringify(change.facts),
      site_checked_at: at,
    });
    const about = { owner, connection_id: id, family_id: row.family_id, at };
    for (const told of change.told) await note(tx, random, { ...about, ...told });
  });
}

function knownOf(row: ConnectionRow): Known {
  return {
    id: row.site_id,
    url: row.site_url,
    name: row.site_name,
    facts: JSON.parse(row.site) as SiteFacts,
  };
}
