import { hash, timingSafeEqual } from "node:crypto";
import { LatchkeyError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { newId, type Store, whileUnchanged } from "../store/index.ts";
import { type CreationParts, checkPolicyFits, checkSites, connectionsOf, projectsOf } from "./creation.ts";
import { checkInput, limitsOf, permit, permitSite, templateOf } from "./limits.ts";
import type { Refusal, UseLog } from "./log/index.ts";
import type { HandleInput, HandleLimits, HandleView, Use } from "./model.ts";
import { createRates } from "./rate.ts";
import { createRecollection } from "./recollection.ts";
import { demandWithin } from "./within.ts";

export type HandlesParts = CreationParts & {
  readonly store: Store;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  /** The log of use. */
  readonly uses: Pick<UseLog, "used" | "refused" | "touch">;
};

export type Handles = {
  /**
   * Makes a handle; the key is in the answer and nowhere else.
   * @param by the handle it is made with, which it must not exceed; absent where the owner itself asks
   * @throws bad_request, not_found (a foreign connection), forbidden
   */
  create(input: HandleInput, by?: HandleView): Promise<{ readonly handle: HandleView; readonly key: Secret }>;
  list(owner: string): Promise<HandleView[]>;
  listForOperator(): Promise<HandleView[]>;
  /** Ends it at once. @throws not_found */
  revoke(owner: string, id: string): Promise<void>;
  /** The handle a key opens. @throws unauthenticated for an unknown, revoked or expired one, without saying which */
  verify(key: string): Promise<HandleView>;
  /** The same where nothing has to be read for it; else `undefined`. @throws as `verify` */
  verifyAtOnce(key: string): HandleView | undefined;
  /** Counts the call, too. @throws not_found, policy_denied, forbidden, rate_limited */
  permit(handle: HandleView, call: { connection_id: string; method: string; path: string }): void;
  /** @throws forbidden for a site that is not among the handle's */
  permitSite(handle: HandleView, site: { readonly id: string; readonly url: string }): void;
  /** Hands a use over to the log, which writes it a moment later; a failure there is never the caller's. */
  used(handle: HandleView, use: Use): void;
  /** The same for a call that was refused. */
  refused(refusal: Refused): void;
};

/** A call that was refused, as the proxy knows it. */
export type Refused = Omit<Refusal, "handle" | "path_template"> & {
  readonly handle?: HandleView;
  /** The canonical path; absent where it was refused itself. */
  readonly path?: string;
};

/** How exactly a handle says when it was last used. */
const TOUCHED_MS = 60_000;

export function createHandles(parts: HandlesParts): Handles {
  const { store, now, random, uses } = parts;
  const recollection = createRecollection(now);
  const find = finder(store);
  const rates = createRates(now);
  return {
    create,
    list: async (owner) => (await store.handles.list(owner)).map(viewOf),
    listForOperator: async () => (await store.handles.listForOperator()).map(viewOf),
    revoke: async (owner, id) => {
      const row = await store.handles.get(owner, id);
      if (!row) throw new LatchkeyError("not_found", "There is no handle with this id.");
      await store.handles.revoke(owner, id, now());
    },
    verify: (key) => {
      const key_hash = hashOf(key);
      // Whatever the text, it is hashed and looked up: a guess learns nothing from how long its refusal took.
      return recollection.verified(key_hash, async () => opened(await find(key_hash), key_hash, now()));
    },
    verifyAtOnce: (key) => {
      const key_hash = hashOf(key);
      const found = find.known(key_hash);
      return found && opened(found, key_hash, now());
    },
    permit: (handle, call) => {
      permit(handle, call);
      rates.take(handle);
    },
    permitSite,
    used: (handle, use) => {
      const { connection_id, method, path, status, bytes_in, bytes_out, duration_ms } = use;
      const at = now();
      const { id, owner } = handle;
      const path_template = templateOf(path);
      const whose = { handle_id: id, owner, connection_id };
      const measured = { status, bytes_in, bytes_out, duration_ms };
      uses.used({ kind: "use", at, ...whose, method, path_template, ...measured, code: null, times: 1 });
      if (at - (handle.last_used_at ?? 0) > TOUCHED_MS) uses.touch(handle, at);
    },
    refused: ({ handle, connection_id, path, ...rest }) => {
      const known = connection_id !== undefined && handle?.connection_ids.includes(connection_id);
      uses.refused({
        ...rest,
        ...(handle && { handle }),
        ...(known && { connection_id }),
        ...(path !== undefined && { path_template: templateOf(path) }),
      });
    },
  };

  async function create(input: HandleInput, by?: HandleView) {
    checkInput(input, now());
    const plain = limitsOf(input, parts.policies?.names());
    const connections = await connectionsOf(store, input);
    checkSites(connections, plain.sites);
    checkPolicyFits(connections, plain.policy, parts.policies);
    // Before Jira is asked for anything: who makes more than it may learns nothing of projects.
    if (by)
      demandWithin(by, input, { ...plain, ...(by.limits.projects ? { projects: by.limits.projects } : {}) });
    const limits = { ...plain, ...(await projectsOf(parts, input)) };
    if (by) demandWithin(by, input, limits);
    const key = `lk_${Buffer.from(random(32)).toString("base64url")}`;
    const row = {
      id: newId("hdl", random),
      owner: input.owner,
      name: input.name.trim(),
      key_hash: hashOf(key),
      connection_ids: JSON.stringify(input.connection_ids),
      limits: JSON.stringify(limits),
      created_at: now(),
      expires_at: input.expires_at ?? null,
      revoked_at: null,
      last_used_at: null,
    };
    await store.handles.insert(row);
    return { handle: viewOf(row), key: new Secret(key) };
  }
}

type Found = { readonly row: Row; readonly view: HandleView };

/** What a key opens now. @throws unauthenticated */
function opened({ row, view }: Found, key_hash: string, now: number): HandleView {
  // The index found it by its hash; comparing again in constant time leaves nothing to the index's own timing.
  if (!timingSafeEqual(Buffer.from(row.key_hash), Buffer.from(key_hash))) throw refused();
  if (row.revoked_at !== null || (row.expires_at !== null && row.expires_at <= now)) throw refused();
  return view;
}

type Finder = {
  (key_hash: string): Found | Promise<Found>;
  known(key_hash: string): Found | undefined;
};

/** Reads what a key opens. What was read serves until anything in the database changes, so a revoked one ends at once. */
function finder(store: Store): Finder {
  const kept = whileUnchanged<Found>(store);
  const read = async (key_hash: string): Promise<Found> => {
    const row = await store.handles.findByKeyHash(key_hash);
    if (!row) throw refused();
    return { row, view: viewOf(row) };
  };
  const found = (key_hash: string) => kept(key_hash, () => read(key_hash));
  return Object.assign(found, { known: kept.known });
}

function refused(): LatchkeyError {
  return new LatchkeyError("unauthenticated");
}

function hashOf(key: string): string {
  return hash("sha256", key, "hex");
}

type Row = Awaited<ReturnType<Store["handles"]["list"]>>[number];

function viewOf(row: Row): HandleView {
  return {
    id: row.id,
    owner: row.owner,
    name: row.name,
    connection_ids: JSON.parse(row.connection_ids) as string[],
    limits: JSON.parse(row.limits) as HandleLimits,
    created_at: row.created_at,
    ...(row.expires_at === null ? {} : { expires_at: row.expires_at }),
    ...(row.revoked_at === null ? {} : { revoked_at: row.revoked_at }),
    ...(row.last_used_at === null ? {} : { last_used_at: row.last_used_at }),
  };
}
