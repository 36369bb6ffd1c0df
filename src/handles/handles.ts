import { createHash, timingSafeEqual } from "node:crypto";
import { LatchkeyError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { newId, type Store } from "../store/index.ts";
import { checkInput, demandWithin, limitsOf, permit, templateOf } from "./limits.ts";
import type { HandleInput, HandleLimits, HandleView, Use } from "./model.ts";
import type { Policies } from "./policies.ts";
import { createRecollection } from "./recollection.ts";

export type HandlesParts = {
  readonly store: Store;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  /** Named policies. Absent: only `raw` is known. */
  readonly policies?: Pick<Policies, "names" | "fits">;
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
  /** @throws not_found, policy_denied, forbidden */
  permit(handle: HandleView, call: { connection_id: string; method: string; path: string }): void;
  /** Notes a use; a failure to note is the log's trouble and never the caller's. */
  used(handle: HandleView, use: Use): Promise<void>;
};

export function createHandles(parts: HandlesParts): Handles {
  const { store, now, random } = parts;
  const recollection = createRecollection(now);
  return {
    create,
    list: async (owner) => (await store.handles.list(owner)).map(viewOf),
    listForOperator: async () => (await store.handles.listForOperator()).map(viewOf),
    revoke: async (owner, id) => {
      const row = await store.handles.get(owner, id);
      if (!row) throw new LatchkeyError("not_found", "There is no handle with this id.");
      await store.handles.revoke(owner, id, now());
    },
    verify: (key) => recollection.verified(hashOf(key), () => verify(store, key, now())),
    permit,
    used: async (handle, use) => {
      const { path, ...rest } = use;
      await store.uses.append({
        ...rest,
        handle_id: handle.id,
        owner: handle.owner,
        at: now(),
        path_template: templateOf(path),
      });
      if (now() - (handle.last_used_at ?? 0) > 60_000)
        await store.handles.touch(handle.owner, handle.id, now());
    },
  };

  async function create(input: HandleInput, by?: HandleView) {
    checkInput(input, now());
    const limits = limitsOf(input);
    if (by) demandWithin(by, input, limits);
    for (const id of input.connection_ids) {
      if (!(await store.connections.get(input.owner, id))) {
        throw new LatchkeyError("not_found", `connection_ids: there is no connection ${id}.`, {
          details: { field: "connection_ids" },
        });
      }
    }
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

async function verify(store: Store, key: string, now: number): Promise<HandleView> {
  const refused = () => new LatchkeyError("unauthenticated");
  // Whatever the text, it is hashed and looked up: a guess learns nothing from how long its refusal took.
  const key_hash = hashOf(key);
  const row = await store.handles.findByKeyHash(key_hash);
  // The index found it by its hash; comparing again in constant time leaves nothing to the index's own timing.
  if (!row || !timingSafeEqual(Buffer.from(row.key_hash), Buffer.from(key_hash))) throw refused();
  if (row.revoked_at !== null || (row.expires_at !== null && row.expires_at <= now)) throw refused();
  return viewOf(row);
}

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
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
