/** From a family's row to the credential of the moment: renewed ahead of its end, opened once per generation. */
import { setTimeout as sleep } from "node:timers/promises";
import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import type { Credential, oauth1 } from "../protocol/index.ts";
import type { FamilyRow, JoinedConnection, Store } from "../store/index.ts";
import { demandCooled } from "./backoff.ts";
import { causeOfRejection } from "./death.ts";
import { killFamily } from "./families.ts";
import { renewFrom } from "./lifetimes.ts";
import { boundedMap } from "./memory.ts";
import type { Dead, Suspension } from "./records.ts";
import type { Registrations } from "./registrations.ts";
import type { Rotation } from "./rotation.ts";
import { isGiven, openTokens, type Sealer, type Tokens } from "./tokens.ts";
import { demandTrust, suspendedError, suspensionOf } from "./trust.ts";

/**
 * Families whose tokens are kept open in memory: the few that are in use all the time. Opening costs 30 µs, so a
 * larger number would keep more secrets about and save little.
 */
const KEPT_OPEN = 256;
/** Families of which a renewal after a refusal is remembered. */
const REMEMBERED = 5_000;
/** A token refused so soon after it was issued is not mended by another one. */
const FRESH_MS = 10_000;
/** How Jira says that it does not take a token that somebody gave. */
const REFUSALS = new Set(["token_rejected", "jira_unauthorized", "jira_anonymous"]);
/** How long the caller who begins a renewal ahead of time waits for it, with a token at hand that still works. */
const AHEAD_MS = 2_000;

export type Holding = {
  readonly family: FamilyRow;
  readonly registration: JoinedConnection["registration"];
};

export type Credentials = {
  /** @throws connection_dead, connection_exported, registration_suspended, or a passing cause */
  of(holding: Holding): Promise<Credential>;
  /** The same where its tokens are open and not yet due; `undefined` wherever `of` would wait or refuse. */
  atOnce(holding: Holding): Credential | undefined;
  /** After a 401 that named the token. @throws as `of`, and jira_unauthorized */
  afterRejection(
    holding: Holding,
    token_id: string,
    rejection: { readonly code?: string; readonly evidence?: Readonly<Record<string, unknown>> },
  ): Promise<Credential>;
  /** New tokens now. @throws as `of` */
  renewed(holding: Holding): Promise<FamilyRow>;
};

export type CredentialParts = Sealer & {
  store: Store;
  registrations: Registrations;
  rotation: Rotation;
  now: () => number;
};

type Cached = { readonly generation: number; readonly token_id: string; readonly tokens: Tokens };

export function createCredentials(parts: CredentialParts): Credentials {
  const { now, rotation, registrations } = parts;
  const cache = boundedMap<Cached>(KEPT_OPEN);
  /** Tokens that were issued because the one before was refused. */
  const reissued = boundedMap<{ token_id: string; at: number; since: number }>(REMEMBERED);

  const tokensOf = (family: FamilyRow): Tokens => {
    const known = cache.get(family.id);
    if (known?.generation === family.generation && known.token_id === family.token_id) return known.tokens;
    if (family.sealed_tokens === null) throw new LatchkeyError("not_found", "There is no such family.");
    const tokens = openTokens(parts.keyring, family, family.sealed_tokens);
    cache.set(family.id, { generation: family.generation, token_id: family.token_id, tokens });
    return tokens;
  };

  const credential = async (holding: Holding): Promise<Credential> => {
    const { family, registration } = holding;
    const tokens = tokensOf(family);
    if (tokens.kind !== "oauth1") return carried(tokens, family.token_id);
    const key = await registrations.signingKey(registration.id, registration.generation);
    return signed(holding, tokens, key);
  };

  const atOnce = (holding: Holding): Credential | undefined => {
    const { family, registration } = holding;
    const known = cache.get(family.id);
    if (known?.generation !== family.generation || known.token_id !== family.token_id) return undefined;
    if (family.state !== "active" || isBarred(holding) || isDue(family, now())) return undefined;
    if (known.tokens.kind !== "oauth1") return carried(known.tokens, family.token_id);
    const key = registrations.signingKeyAtOnce(registration.id, registration.generation);
    return key && signed(holding, known.tokens, key);
  };

  const renewed = async (holding: Holding): Promise<FamilyRow> => {
    const tokens = tokensOf(holding.family);
    if (isGiven(tokens.kind)) return holding.family;
    if (tokens.kind === "oauth1") {
      if (!isRenewable(holding.family, now())) return holding.family;
    } else if (tokens.kind === "oauth2" && !tokens.refresh_token) {
      const expires = holding.family.access_expires_at ?? 0;
      if (expires > now()) throw new LatchkeyError("refresh_token_absent");
      return await ends(parts, holding.family, "refresh_token_absent", {});
    }
    demandTrust(holding.registration, now());
    const family = await rotation.renew(holding.family);
    demandAlive(family);
    return family;
  };

  const of = async (holding: Holding): Promise<Credential> => {
    const { family } = holding;
    demandAlive(family);
    const barred = isBarred(holding);
    if (barred) throw suspendedError(holding.registration.id, barred.code);
    if (!isDue(family, now())) return await credential(holding);
    if ((family.access_expires_at ?? 0) > now()) return await ahead(holding);
    demandCooled(family, now());
    return await credential({ ...holding, family: await renewed(holding) });
  };

  /** The token lives on: it is served through every passing trouble, and while others are renewing it. */
  const ahead = async (holding: Holding): Promise<Credential> => {
    const { family } = holding;
    const others = family.lease_owner !== null || rotation.isRunning(family.id);
    try {
      demandCooled(family, now());
      const renewal = renewed(holding);
      // Whoever is not waited for must not end the process.
      renewal.catch(() => {});
      const patience = others ? undefined : sleep(AHEAD_MS, undefined, { ref: false });
      const next = await (others ? undefined : Promise.race([renewal, patience]));
      return await credential(next ? { ...holding, family: next } : holding);
    } catch (thrown) {
      if (isLatchkeyError(thrown) && thrown.code === "connection_dead") throw thrown;
      return await credential(holding);
    }
  };

  return {
    of,
    atOnce,
    renewed: async (holding) => {
      demandAlive(holding.family);
      return await renewed(holding);
    },
    async afterRejection(holding, token_id, rejection) {
      const { family } = holding;
      demandAlive(family);
      if (family.token_id !== token_id) return await of(holding);
      if (isFinal(tokensOf(family)) && !isDue(family, now())) {
        const code = rejection.code ?? "token_rejected";
        const cause = isGiven(family.kind) && REFUSALS.has(code) ? "token_revoked_or_expired" : code;
        await ends(parts, family, cause, rejection.evidence ?? {});
      }
      const issued = reissued.get(family.id);
      if (
        issued?.token_id === token_id &&
        Math.max(now() - issued.at, performance.now() - issued.since) < FRESH_MS
      ) {
        throw new LatchkeyError("jira_unauthorized", "Jira refuses a token that was issued a moment ago.", {
          details: { token_id, issued_at: issued.at },
        });
      }
      demandCooled(family, now());
      const next = await renewed(holding);
      reissued.set(next.id, { token_id: next.token_id, at: now(), since: performance.now() });
      return await credential({ ...holding, family: next });
    },
  };
}

/** A suspension that keeps even tokens from being used that still work. */
function isBarred({ family, registration }: Holding): Suspension | undefined {
  const suspended = suspensionOf(registration);
  return suspended && (suspended.code === "operator" || family.kind === "oauth1") ? suspended : undefined;
}

/** The credential of tokens that go with a request as they are. */
function carried(tokens: Exclude<Tokens, { kind: "oauth1" }>, token_id: string): Credential {
  if (tokens.kind !== "api-token") return { kind: "bearer", token: tokens.access_token, token_id };
  return { kind: "basic", username: tokens.username, password: tokens.password, token_id };
}

function signed(
  { family, registration }: Holding,
  { oauth_token }: Extract<Tokens, { kind: "oauth1" }>,
  key: oauth1.SigningKey,
): Credential {
  const { client_id: consumer_key } = registration;
  return { kind: "oauth1", consumer_key, key, oauth_token, token_id: family.token_id };
}

/** Nothing can renew these. */
function isFinal(tokens: Tokens): boolean {
  if (tokens.kind === "oauth2") return !tokens.refresh_token;
  return tokens.kind !== "service-account";
}

/** An access token of OAuth 1.0a is renewed by its session handle near its end only: each time is a risk. */
function isRenewable({ idle_expires_at, keep_alive_at, access_expires_at }: FamilyRow, now: number): boolean {
  if (idle_expires_at === null) return false;
  return Math.min(keep_alive_at ?? now + 1, access_expires_at ?? now + 1) <= now;
}

function isDue(family: FamilyRow, now: number): boolean {
  // The end of a given token is what a person told: Jira's own word on it is awaited.
  if (family.access_expires_at === null || isGiven(family.kind)) return false;
  if (family.kind === "oauth1") return family.idle_expires_at !== null && family.access_expires_at <= now;
  return renewFrom(family.access_expires_at, family.last_rotated_at) <= now;
}

/** The family dies of a cause that needs no answer of a token endpoint. */
async function ends(
  parts: CredentialParts,
  family: FamilyRow,
  cause: string,
  evidence: Readonly<Record<string, unknown>>,
): Promise<never> {
  const dead = await causeOfRejection(parts.store, family, cause, evidence, parts.now());
  await killFamily(parts, family, dead);
  const current = await parts.store.families.get(family.owner, family.id);
  demandAlive(current ?? family);
  throw deadError(dead);
}

function demandAlive(family: FamilyRow): void {
  if (family.state === "active") return;
  if (family.state === "exported") throw new LatchkeyError("connection_exported");
  if (family.state === "forgotten" || family.dead === null) {
    throw new LatchkeyError("not_found", "There is no such connection.");
  }
  throw deadError(JSON.parse(family.dead) as Dead);
}

function deadError(dead: Dead): LatchkeyError {
  return new LatchkeyError("connection_dead", `The connection is dead (${dead.cause}).`, {
    details: { dead },
    fix: dead.next_step,
  });
}
