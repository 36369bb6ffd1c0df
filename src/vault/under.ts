/** How grants come under connections: under a new one, one that is known, or one that waits to be taken up. */
import { LatchkeyError } from "../errors.ts";
import { type ConnectionRow, newId, type Store } from "../store/index.ts";
import { note } from "./events.ts";
import { forgetFamily } from "./families.ts";
import { connectionFrom, present } from "./read.ts";
import type { SiteRef } from "./records.ts";

export type ConnectionInput = {
  readonly owner: string;
  readonly family_id: string;
  readonly site: SiteRef;
  /** Default `active`. */
  readonly state?: "pending" | "active";
};

export type AttachInput = {
  readonly owner: string;
  /** The family of the new consent. */
  readonly family_id: string;
  readonly site: SiteRef;
  /** The connection this consent renews; without it, the one this account already has for the site. */
  readonly reconnect_id?: string;
};

export type MakingParts = {
  store: Store;
  now: () => number;
  random: (bytes: number) => Uint8Array;
};

/** The oldest connection of the family's account to the site, dead or alive; one that waits to be taken up is none. */
export async function sameAlready(
  tx: Store,
  { owner, family_id, site }: AttachInput,
): Promise<string | undefined> {
  const family = await tx.families.get(owner, family_id);
  if (family?.account_id == null) return undefined;
  const { account_id, registration_id } = family;
  const found = await tx.connections.list(owner, { registration_id, site_id: site.id, account_id });
  return found.find(({ connection }) => connection.state !== "pending")?.connection.id;
}

export async function createConnection(
  parts: MakingParts,
  tx: Store,
  input: ConnectionInput,
): Promise<string> {
  const { owner, family_id } = input;
  const family = await tx.families.get(owner, family_id);
  if (!family || family.state === "forgotten") {
    throw new LatchkeyError("not_found", "There is no such family.");
  }
  const at = parts.now();
  const { registration_id, flavor } = family;
  const row: ConnectionRow = {
    ...siteColumns(input.site),
    id: newId("con", parts.random),
    owner,
    family_id,
    registration_id,
    flavor,
    name: null,
    state: input.state ?? "active",
    created_at: at,
    updated_at: at,
    last_used_at: null,
    last_status: null,
    site_checked_at: at,
  };
  await tx.connections.insert(row);
  // Nobody is told of one that waits, and may never be taken up.
  if (row.state === "active") await tellCreated(parts, tx, row, input.site);
  return row.id;
}

async function tellCreated(parts: MakingParts, tx: Store, row: ConnectionRow, site: SiteRef): Promise<void> {
  const { owner, family_id, flavor, registration_id } = row;
  const data = { flavor, registration_id, site: namedSite(site), state: "active" };
  const about = { owner, connection_id: row.id, family_id, at: parts.now() };
  await note(tx, parts.random, { ...about, type: "connection.created", data });
}

/**
 * Takes up a connection that waits: it becomes active, or its grant goes under the connection that its account has
 * for the site already.
 * @returns the id of the connection the grant is under now
 */
export async function takeUp(parts: MakingParts, tx: Store, owner: string, id: string): Promise<string> {
  const found = await tx.connections.get(owner, id);
  if (found?.connection.state !== "pending") {
    throw new LatchkeyError("not_found", "No connection with this id waits to be taken up.");
  }
  const { connection, family } = found;
  const { site } = connectionFrom(connection, family);
  const known = await sameAlready(tx, { owner, family_id: family.id, site });
  const at = parts.now();
  if (known === undefined || family.state !== "active") {
    await tx.connections.update(owner, id, { state: "active", updated_at: at });
    await tellCreated(parts, tx, connection, site);
    return id;
  }
  await putUnder(parts, tx, owner, known, family.id, site);
  await tx.connections.update(owner, id, { state: "removed", updated_at: at });
  return known;
}

/** Another family, and the site as it is now, under a connection that is there. */
export async function putUnder(
  parts: MakingParts,
  tx: Store,
  owner: string,
  id: string,
  family_id: string,
  site: SiteRef | undefined,
): Promise<void> {
  const before = await tx.connections.get(owner, id);
  if (!before) throw new LatchkeyError("not_found", "There is no connection with this id.");
  // Only the application takes up what waits for it.
  if (before.connection.state === "pending") throw new LatchkeyError("connection_pending");
  const family = await tx.families.get(owner, family_id);
  if (family?.state !== "active") throw new LatchkeyError("not_found", "There is no such family.");
  const { registration_id, flavor } = family;
  const at = parts.now();
  await tx.connections.update(owner, id, {
    ...(site && { ...siteColumns(site), site_checked_at: at }),
    family_id,
    registration_id,
    flavor,
    state: "active",
    updated_at: at,
  });
  const earlier = before.family;
  if (earlier.id !== family_id) await forgetIfUnused(tx, owner, earlier.id, at);
  const about = { owner, connection_id: id, family_id, at };
  const data = { family_id, earlier_family_id: earlier.id, earlier_state: earlier.state };
  await note(tx, parts.random, { ...about, type: "connection.reconnected", data });
  const known = namedSite(connectionFrom(before.connection, earlier).site);
  if (site && (known.url !== site.url || known.name !== site.name)) {
    const renamed = { before: known, now: namedSite(site) };
    await note(tx, parts.random, { ...about, type: "site.renamed", data: renamed });
  }
}

/** A site as events tell of it. */
function namedSite({ id, url, name }: SiteRef) {
  return { id, url, name };
}

function siteColumns(site: SiteRef) {
  const { deployment, version } = site;
  return {
    site_id: site.id,
    site_url: site.url,
    site_name: site.name,
    api_base_url: site.api_base_url,
    site: JSON.stringify({ deployment, ...present({ version }) }),
  };
}

/** Answers whether it was forgotten. */
export async function forgetIfUnused(
  tx: Store,
  owner: string,
  family_id: string,
  at: number,
): Promise<boolean> {
  const left = await tx.connections.list(owner, { family_id });
  if (left.length === 0) await forgetFamily(tx, owner, family_id, at);
  return left.length === 0;
}
