import { timingSafeEqual } from "node:crypto";
import { LatchkeyError } from "../errors.ts";
import { Secret, secret } from "../secret.ts";
import { type AttemptRow, newId, type Store } from "../store/index.ts";
import { open, type Place, seal } from "./envelope.ts";
import { forgetFamily } from "./families.ts";
import { sha256 } from "./hash.ts";
import { attemptFrom } from "./read.ts";
import type { Attempt, AttemptInput } from "./records.ts";
import type { Sealer } from "./tokens.ts";

const DAY_MS = 86_400_000;

export type Settlement = {
  readonly step: "choosing" | "done" | "failed";
  readonly family_id?: string;
  readonly connection_id?: string;
  readonly error?: { readonly code: string } & Readonly<Record<string, unknown>>;
  /** A new end, for a choice that may take longer than the dance. */
  readonly expires_at?: number;
};

export type Attempts = {
  begin(input: AttemptInput): Promise<Attempt>;
  /** Also finds attempts that are expired or used, so that the page can say which. */
  findByState(registration_id: string, state: string): Promise<Attempt | undefined>;
  findByRequestToken(registration_id: string, oauth_token: string): Promise<Attempt | undefined>;
  /** @throws not_found */
  get(owner: string, id: string): Promise<Attempt>;
  /** begun -> exchanging, once: of any number of callers one gets the attempt, the others undefined. */
  take(id: string): Promise<Attempt | undefined>;
  /** exchanging -> begun: gives back what was taken, where Jira kept the request token too. */
  reopen(id: string): Promise<void>;
  /** Ends the dance, or leaves only the choice of a site; wipes its secrets. @throws not_found */
  settle(id: string, settlement: Settlement): Promise<void>;
  /** choosing -> done, once. */
  takeChoice(owner: string, id: string): Promise<Attempt | undefined>;
  /** Compares in constant time. */
  boundTo(attempt: Attempt, binding: Secret | undefined): boolean;
  /**
   * Wipes the secrets of expired attempts, forgets families that no connection came to use, and removes attempts a
   * day after their end.
   * @returns how many attempts were removed
   */
  sweep(): Promise<number>;
};

export function createAttempts(parts: Sealer & { store: Store; now: () => number }): Attempts {
  const { store, now } = parts;

  const opened = (row: AttemptRow): Attempt => {
    if (row.sealed_secrets === null || row.expires_at <= now()) return attemptFrom(row, {});
    const plain = JSON.parse(open(parts.keyring, placeOf(row), row.sealed_secrets)) as Record<string, string>;
    return attemptFrom(
      row,
      Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, new Secret(value)])),
    );
  };
  const find = async (registration_id: string, lookup: string): Promise<Attempt | undefined> => {
    const row = await store.attempts.findByLookup(registration_id, sha256(lookup));
    return row && opened(row);
  };
  const ownerOf = async (id: string): Promise<string | undefined> =>
    (await store.attempts.findForOperator(id))?.owner;

  return {
    async begin(input) {
      const row = rowFrom(parts, input, now());
      await store.attempts.insert(row);
      return opened(row);
    },
    findByState: find,
    findByRequestToken: find,
    async get(owner, id) {
      const row = await store.attempts.get(owner, id);
      if (!row) throw new LatchkeyError("not_found", "There is no such dance.");
      return opened(row);
    },
    async take(id) {
      const owner = await ownerOf(id);
      const row = owner === undefined ? undefined : await store.attempts.take(owner, id, now());
      return row && opened(row);
    },
    async reopen(id) {
      const owner = await ownerOf(id);
      if (owner !== undefined) await store.attempts.reopen(owner, id);
    },
    async settle(id, settlement) {
      const owner = await ownerOf(id);
      const { step, family_id, connection_id, error, expires_at } = settlement;
      const changed =
        owner !== undefined &&
        (await store.attempts.update(owner, id, {
          step,
          sealed_secrets: null,
          ...(family_id !== undefined && { family_id }),
          ...(connection_id !== undefined && { connection_id }),
          ...(expires_at !== undefined && { expires_at }),
          ...(error !== undefined && { error: JSON.stringify(error) }),
        }));
      if (!changed) throw new LatchkeyError("not_found", "There is no such dance.");
    },
    async takeChoice(owner, id) {
      const row = await store.attempts.takeChoice(owner, id, now());
      return row && opened(row);
    },
    boundTo(attempt, binding) {
      if (!binding) return false;
      return timingSafeEqual(Buffer.from(sha256(binding.reveal())), Buffer.from(attempt.binding_hash));
    },
    sweep: () => sweep(store, now()),
  };
}

function placeOf(row: Pick<AttemptRow, "id" | "owner">): Place {
  return { table: "attempts", column: "sealed_secrets", row: row.id, owner: row.owner, generation: 0 };
}

function rowFrom(sealer: Sealer, input: AttemptInput, at: number): AttemptRow {
  const id = newId("att", sealer.random);
  const plain = Object.fromEntries(
    Object.entries(input.secrets).map(([name, value]) => [name, secret(value).reveal()]),
  );
  const place = placeOf({ id, owner: input.owner });
  return {
    id,
    owner: input.owner,
    registration_id: input.registration_id,
    flavor: input.flavor,
    step: "begun",
    lookup_hash: sha256(input.lookup),
    binding_hash: sha256(input.binding.reveal()),
    sealed_secrets: seal(sealer.keyring, sealer.random, place, JSON.stringify(plain)),
    scope: JSON.stringify(input.scope),
    site_hint: input.site_hint ?? null,
    return_to: input.return_to ?? null,
    reconnect_id: input.reconnect_id ?? null,
    family_id: null,
    connection_id: null,
    dance_id: input.dance_id ?? null,
    connect_session_id: input.connect_session_id ?? null,
    error: null,
    created_at: at,
    expires_at: input.expires_at,
    used_at: null,
  };
}

async function sweep(store: Store, at: number): Promise<number> {
  for (const row of await store.attempts.expiredForOperator(at)) {
    if (row.sealed_secrets !== null) {
      await store.attempts.update(row.owner, row.id, { sealed_secrets: null });
    }
    if (row.step === "choosing" && row.family_id !== null) {
      const used = await store.connections.list(row.owner, { family_id: row.family_id });
      if (used.length === 0) await forgetFamily(store, row.owner, row.family_id, at);
    }
  }
  for (const family of await store.families.orphansForOperator(at - DAY_MS)) {
    await forgetFamily(store, family.owner, family.id, at);
  }
  return await store.attempts.purgeForOperator(at - DAY_MS);
}
