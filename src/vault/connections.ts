import { LatchkeyError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { JoinedConnection, Store } from "../store/index.ts";
import { note } from "./events.ts";
import { boundedMap } from "./memory.ts";
import { connectionFrom } from "./read.ts";
import type { Recollection } from "./recollection.ts";
import type { Connection, SiteRef } from "./records.ts";
import { type Sighting, sight } from "./sightings.ts";
import {
  type AttachInput,
  type ConnectionInput,
  createConnection,
  forgetIfUnused,
  type MakingParts,
  putUnder,
  sameAlready,
  takeUp,
} from "./under.ts";

/** The last use is written this often at most: a write per answer would cost more than the answer. */
const TOUCH_MS = 60_000;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export type { AttachInput, ConnectionInput } from "./under.ts";

export type Connections = {
  /** @throws not_found: no such family of this owner */
  create(input: ConnectionInput): Promise<Connection>;
  /** @throws not_found, also for another owner's */
  get(owner: string, id: string): Promise<Connection>;
  /** The same where nothing has to be read for it; else `undefined`. */
  getAtOnce(owner: string, id: string): Connection | undefined;
  list(
    owner: string,
    filter?: { readonly registration_id?: string; readonly family_id?: string; readonly site_id?: string },
  ): Promise<Connection[]>;
  listForOperator(): Promise<Connection[]>;
  /** The oldest connection of this account to this site, dead or alive. */
  findBySite(
    owner: string,
    registration_id: string,
    site_id: string,
    account_id: string,
  ): Promise<Connection | undefined>;
  /**
   * Puts the grant of a dance under a connection, in one transaction: under the one that is renewed, under the one
   * this owner already has for the same site with the same account, or under a new one. Of two dances that end at
   * once, the second finds the connection of the first. An unknown account joins none.
   * @throws not_found
   */
  attach(input: AttachInput): Promise<{ readonly connection: Connection; readonly reconnected: boolean }>;
  /**
   * Puts another family, and the site as it is now, under the connection, whose id stays; a family left without
   * connections is forgotten.
   * @throws not_found
   */
  reattach(owner: string, id: string, family_id: string, site?: SiteRef): Promise<Connection>;
  /** Notes what was seen of its site: a new name is taken over, a site that is gone or elsewhere is only told. */
  sighted(owner: string, id: string, seen: Sighting): Promise<void>;
  /**
   * Takes up a pending connection, in one transaction: it becomes active, or its grant goes under the connection that
   * this owner has for the same site with the same account. One that is active already is given as it is.
   * @throws not_found
   */
  activate(owner: string, id: string): Promise<Connection>;
  /** Forgets a pending connection and its grant, without a word: nobody was told of it. False where none is pending. */
  discard(owner: string, id: string): Promise<boolean>;
  /** The same within a transaction of the caller. */
  within(tx: Store): Connections;
  /** Names it; a name that another connection of the owner has moves here. @throws not_found, bad_request */
  rename(owner: string, id: string, name: string): Promise<Connection>;
  /** Notes the last use; written at most once a minute, or when the status changes. Never throws. */
  touch(id: string, status: number): void;
  /** Forgets the family when this was its last connection. @throws not_found */
  remove(owner: string, id: string): Promise<void>;
  /** The family is no longer used or refreshed here, with every connection on it. @throws not_found */
  markExported(owner: string, id: string): Promise<void>;
};

export type ConnectionParts = MakingParts & {
  log: Log;
  /** What was last read, for calls that come while the database is away. */
  recollection: Recollection;
};

const FORGETFUL: Recollection = { read: (_owner, _id, read) => read(), known: () => undefined };

export function createConnections(parts: ConnectionParts): Connections {
  const { store, now } = parts;
  const touched = boundedMap<{ at: number; status: number }>(10_000);

  /** Of what was read once and still stands, one view is made. */
  const views = new WeakMap<JoinedConnection, Connection>();
  const view = (found: JoinedConnection): Connection => {
    const known = views.get(found) ?? connectionFrom(found.connection, found.family);
    views.set(found, known);
    return known;
  };
  const joined = async (owner: string, id: string, from = store): Promise<JoinedConnection> => {
    const found = await from.connections.get(owner, id);
    if (!found) throw new LatchkeyError("not_found", "There is no connection with this id.");
    return found;
  };
  const get = async (owner: string, id: string) =>
    view(await parts.recollection.read(owner, id, () => joined(owner, id)));

  return {
    async create(input) {
      const id = await store.transaction((tx) => createConnection(parts, tx, input));
      return await get(input.owner, id);
    },
    get,
    getAtOnce: (owner, id) => {
      const found = parts.recollection.known(owner, id);
      return found && view(found);
    },
    list: async (owner, filter) => (await store.connections.list(owner, filter)).map(view),
    listForOperator: async () => (await store.connections.listForOperator()).map(view),
    async findBySite(owner, registration_id, site_id, account_id) {
      const found = await store.connections.list(owner, { registration_id, site_id, account_id });
      const first = found.find(({ connection }) => connection.state !== "pending");
      return first && view(first);
    },
    async attach(input) {
      const { owner, family_id, site } = input;
      const { id, reconnected } = await store.transaction(async (tx) => {
        const id = input.reconnect_id ?? (await sameAlready(tx, input));
        if (id !== undefined) {
          await putUnder(parts, tx, owner, id, family_id, site);
          return { id, reconnected: true };
        }
        return { id: await createConnection(parts, tx, { owner, family_id, site }), reconnected: false };
      });
      return { connection: await get(owner, id), reconnected };
    },
    async reattach(owner, id, family_id, site) {
      await store.transaction((tx) => putUnder(parts, tx, owner, id, family_id, site));
      return await get(owner, id);
    },
    sighted: (owner, id, seen) => sight(parts, owner, id, seen),
    async activate(owner, id) {
      const taken = await store.transaction(async (tx) => {
        const { connection } = await joined(owner, id, tx);
        return connection.state === "pending" ? await takeUp(parts, tx, owner, id) : id;
      });
      return await get(owner, taken);
    },
    discard: (owner, id) =>
      store.transaction(async (tx) => {
        const found = await tx.connections.get(owner, id);
        if (found?.connection.state !== "pending") return false;
        await tx.connections.update(owner, id, { state: "removed", updated_at: now() });
        await forgetIfUnused(tx, owner, found.family.id, now());
        return true;
      }),
    // What is read before the transaction ends is nobody's memory.
    within: (tx) => createConnections({ ...parts, store: tx, recollection: FORGETFUL }),
    async rename(owner, id, name) {
      if (!NAME.test(name)) {
        throw new LatchkeyError(
          "bad_request",
          "A name has 1 to 64 letters, digits, dots, dashes or underscores.",
          {
            details: { field: "name" },
          },
        );
      }
      await store.transaction(async (tx) => {
        await joined(owner, id, tx);
        for (const { connection } of await tx.connections.list(owner)) {
          if (connection.name === name)
            await tx.connections.update(owner, connection.id, { name: null, updated_at: now() });
        }
        await tx.connections.update(owner, id, { name, updated_at: now() });
      });
      return await get(owner, id);
    },
    touch(id, status) {
      const at = now();
      const last = touched.get(id);
      if (last && last.status === status && at - last.at < TOUCH_MS) return;
      touched.set(id, { at, status });
      store.connections.touchForOperator(id, at, status).catch((error: unknown) => {
        parts.log.warn("connection_touch_failed", { connection_id: id, error });
      });
    },
    remove: (owner, id) =>
      store.transaction(async (tx) => {
        const { connection, family } = await joined(owner, id, tx);
        const at = now();
        await tx.connections.update(owner, id, { state: "removed", updated_at: at });
        const family_forgotten = await forgetIfUnused(tx, owner, family.id, at);
        if (connection.state === "pending") return;
        const about = { owner, connection_id: id, family_id: family.id, at };
        await note(tx, parts.random, { ...about, type: "connection.removed", data: { family_forgotten } });
      }),
    markExported: (owner, id) =>
      store.transaction(async (tx) => {
        const { connection: named, family } = await joined(owner, id, tx);
        if (named.state === "pending") throw new LatchkeyError("connection_pending");
        const at = now();
        await tx.families.update(owner, family.id, { state: "exported", updated_at: at });
        for (const { connection } of await tx.connections.list(owner, { family_id: family.id })) {
          await tx.connections.update(owner, connection.id, { state: "exported", updated_at: at });
          const about = { owner, connection_id: connection.id, family_id: family.id, at };
          await note(tx, parts.random, { ...about, type: "connection.exported", data: {} });
        }
      }),
  };
}
