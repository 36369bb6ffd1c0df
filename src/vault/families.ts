import { LatchkeyError } from "../errors.ts";
import { type Credential, FLAVORS, type Flavor, type oauth1, type oauth2 } from "../protocol/index.ts";
import { type FamilyRow, newId, type Store } from "../store/index.ts";
import type { Credentials, Holding } from "./credentials.ts";
import { deathEvents } from "./death.ts";
import { datesOf, type Warning } from "./lifetimes.ts";
import { familyFrom } from "./read.ts";
import type { Account, Dead, Family } from "./records.ts";
import {
  chanceOf,
  type GivenTokens,
  type Sealer,
  sealTokens,
  type Tokens,
  tokenIdOf,
  tokensFrom,
} from "./tokens.ts";
import { warnOfEnds } from "./warnings.ts";

export type FamilyInput = {
  readonly owner: string;
  readonly registration_id: string;
  readonly scope_asked: readonly string[];
  readonly tokens: oauth2.TokenSet | oauth1.OAuth1Tokens | GivenTokens;
  readonly account?: Account;
  readonly consented_at: number;
  /** The redirect URI of this dance (OAuth 2.0); default the registration's. */
  readonly redirect_uri?: string;
};

/**
 * The families of one Jira account under one registration. Atlassian may treat them as one; Latchkey never merges
 * them.
 */
export type Grant = {
  readonly registration_id: string;
  readonly account_id: string;
  readonly families: readonly Family[];
};

export type Families = {
  /** @throws not_found (no such registration), bad_request (tokens of another kind than its flavor's) */
  create(input: FamilyInput): Promise<Family>;
  /** @throws not_found */
  get(owner: string, id: string): Promise<Family>;
  list(owner: string): Promise<Family[]>;
  listForOperator(): Promise<Family[]>;
  /** @throws not_found */
  setAccount(owner: string, id: string, account: Account): Promise<void>;
  /** Families grouped by registration and account; those without a known account are left out. */
  grants(owner: string): Promise<Grant[]>;
  /** Only an active family dies; a second cause does not overwrite the first. @throws not_found */
  kill(owner: string, id: string, dead: Dead): Promise<void>;
  /** Wipes the tokens and the account; the row stays as `forgotten`. */
  forget(owner: string, id: string): Promise<void>;
  /** New tokens now, whatever their age; unchanged where nothing renews them. Throws as `credentialFor`. */
  renew(owner: string, id: string): Promise<Family>;
  /**
   * The warnings of its ends that are due now, each once whoever asks: what was warned of is written with its event.
   */
  warn(owner: string, id: string): Promise<readonly Warning[]>;
  /** Credential of a family that has no connection yet, while the site is chosen. Throws as `credentialFor`. */
  credential(owner: string, id: string): Promise<Credential>;
};

export type FamilyParts = Sealer & { store: Store; now: () => number; credentials: Credentials };

export function createFamilies(parts: FamilyParts): Families {
  const { store, now } = parts;
  const rowOf = async (owner: string, id: string): Promise<FamilyRow> => {
    const row = await store.families.get(owner, id);
    if (!row || row.state === "forgotten") throw new LatchkeyError("not_found", "There is no such family.");
    return row;
  };
  const holdingOf = async (owner: string, id: string): Promise<Holding> => {
    const family = await rowOf(owner, id);
    const registration = await store.registrations.find(family.registration_id);
    if (!registration) throw new LatchkeyError("not_found", "There is no such registration.");
    return { family, registration };
  };
  return {
    create: (input) => createFamily(parts, input),
    get: async (owner, id) => familyFrom(await rowOf(owner, id)),
    list: async (owner) => (await store.families.list(owner)).map(familyFrom),
    listForOperator: async () => (await store.families.listForOperator()).map(familyFrom),
    grants: async (owner) => grantsOf((await store.families.list(owner)).map(familyFrom)),
    async setAccount(owner, id, account) {
      await rowOf(owner, id);
      const { account_id } = account;
      await store.families.update(owner, id, {
        account_id,
        account: JSON.stringify(account),
        updated_at: now(),
      });
    },
    async kill(owner, id, dead) {
      const row = await rowOf(owner, id);
      await killFamily(parts, row, dead);
    },
    forget: (owner, id) => forgetFamily(store, owner, id, now()),
    credential: async (owner, id) => await parts.credentials.of(await holdingOf(owner, id)),
    warn: (owner, id) => warnOfEnds(parts, owner, id),
    renew: async (owner, id) => familyFrom(await parts.credentials.renewed(await holdingOf(owner, id))),
  };
}

async function createFamily(parts: FamilyParts, input: FamilyInput): Promise<Family> {
  const { store } = parts;
  const registration = await store.registrations.find(input.registration_id);
  if (!registration) throw new LatchkeyError("not_found", "There is no registration with this id.");
  const { flavor } = registration;
  const tokens = tokensFrom(input.tokens, input.redirect_uri);
  if (!fits(tokens.kind, flavor)) {
    throw new LatchkeyError(
      "bad_request",
      "These tokens are of another kind than the registration's flavor.",
    );
  }
  const at = parts.now();
  const id = newId("fam", parts.random);
  const granted = "scope" in input.tokens ? input.tokens.scope : undefined;
  const row: FamilyRow = {
    id,
    owner: input.owner,
    registration_id: registration.id,
    kind: tokens.kind,
    flavor,
    account_id: input.account?.account_id ?? null,
    account: input.account ? JSON.stringify(input.account) : null,
    scope_asked: JSON.stringify(input.scope_asked),
    scope_granted: granted ? JSON.stringify(granted) : null,
    sealed_tokens: sealTokens(parts, { id, owner: input.owner, generation: 1 }, tokens),
    token_id: tokenIdOf(tokens),
    generation: 1,
    ...datesOf(flavor, tokens, input.consented_at, at, chanceOf(parts)),
    warned: null,
    consented_at: input.consented_at,
    last_rotated_at: at,
    state: "active",
    dead: null,
    lease_owner: null,
    lease_until: null,
    fence: 0,
    intent: null,
    parked: null,
    failures: 0,
    last_failure: null,
    cool_until: null,
    created_at: at,
    updated_at: at,
  };
  await store.families.insert(row);
  return familyFrom(row);
}

/** Whether a Jira of this flavor knows such tokens. */
function fits(kind: Tokens["kind"], flavor: Flavor): boolean {
  if (kind === "api-token") return flavor === "cloud";
  if (kind === "personal-access-token") return flavor === "datacenter-oauth2";
  return FLAVORS[flavor].protocol === (kind === "service-account" ? "oauth2" : kind);
}

function grantsOf(families: readonly Family[]): Grant[] {
  const grants = new Map<string, Grant & { families: Family[] }>();
  for (const family of families) {
    const account_id = family.account?.account_id;
    if (account_id === undefined) continue;
    const { registration_id } = family;
    const key = JSON.stringify([registration_id, account_id]);
    const grant = grants.get(key) ?? { registration_id, account_id, families: [] };
    grant.families.push(family);
    grants.set(key, grant);
  }
  return [...grants.values()];
}

/**
 * Writes the death and its events in one transaction, if the family is still what the caller saw: an older
 * generation is no proof against a newer one.
 * @returns whether it died of this
 */
export function killFamily(
  parts: { store: Store; random: (bytes: number) => Uint8Array },
  seen: FamilyRow,
  dead: Dead,
): Promise<boolean> {
  return parts.store.transaction(async (tx) => {
    const died = await tx.families.updateIf(seen.owner, seen.id, seen, {
      state: "dead",
      dead: JSON.stringify(dead),
      intent: null,
      lease_owner: null,
      lease_until: null,
      updated_at: dead.at,
    });
    if (died) await deathEvents(tx, parts.random, seen, dead);
    return died;
  });
}

/** Wipes what would let anyone act as the person, and who the person was. */
export async function forgetFamily(store: Store, owner: string, id: string, at: number): Promise<void> {
  await store.families.update(owner, id, {
    state: "forgotten",
    sealed_tokens: null,
    parked: null,
    intent: null,
    account: null,
    account_id: null,
    dead: null,
    updated_at: at,
  });
}
