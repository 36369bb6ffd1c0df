/**
 * How a family gets its next tokens. A refresh token works once, so every step is written down before the next:
 *
 *   claim    the lease and the next fencing number, by compare-and-set in the family's own row
 *   intent   which refresh token is about to be spent, and since when
 *   send     the exchange, after fence and lease were looked at once more
 *   commit   both new tokens in one write, if the fence is still ours; nobody uses them before
 *   release  the lease goes back, by its holder only (a commit does it in the same write)
 *
 * Whoever comes while one runs waits for it: by a shared promise in this process, by the row across processes.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { ERRORS, type ErrorCode, isLatchkeyError, LatchkeyError } from "../errors.ts";
import type { Log } from "../log.ts";
import { endpointsFor, FLAVORS, oauth2 } from "../protocol/index.ts";
import type { Secret } from "../secret.ts";
import type { FamilyRow, RegistrationRow, Store } from "../store/index.ts";
import type { Transport } from "../transport.ts";
import { backOff, isUncertain } from "./backoff.ts";
import { causeOfRefusal } from "./death.ts";
import { killFamily } from "./families.ts";
import { present } from "./read.ts";
import type { Registrations } from "./registrations.ts";
import { createSaving, type Received } from "./saving.ts";
import { openTokens, type Sealer } from "./tokens.ts";

/** Longer than an exchange may take, so that a lease is lost by a stopped process only. */
const LEASE_MS = 20_000;
const EXCHANGE_MS = 15_000;
const MAX_ANSWER_BYTES = 1_000_000;
const POLL_MS = 25;

/** The refresh token of this generation was about to be spent at that time. */
export type Intent = { readonly fence: number; readonly generation: number; readonly at: number };

export type RotationParts = Sealer & {
  store: Store;
  transport: Transport;
  registrations: Registrations;
  now: () => number;
  log: Log;
  /** Names this process in the lease. */
  holder: string;
};

export type Rotation = {
  /**
   * Makes sure the family has newer tokens than the row that was seen.
   * @returns the row as it is now; its state may be no longer active
   * @throws not_found, registration_suspended, store_failed, or the passing cause
   */
  renew(seen: FamilyRow): Promise<FamilyRow>;
  /** Waits for what is under way, so that no pair that was received is lost with the process. */
  close(): Promise<void>;
};

export function createRotation(parts: RotationParts): Rotation {
  const running = new Map<string, Promise<FamilyRow>>();
  const saving = createSaving(parts);
  return {
    async renew(seen) {
      for (;;) {
        const under_way = running.get(seen.id);
        if (!under_way) break;
        const row = await under_way;
        // It may have ended just before the caller saw the tokens it brought, and found them refused.
        if (row.state !== "active" || row.generation > seen.generation) return row;
      }
      const started = rotate(parts, saving, seen).finally(() => running.delete(seen.id));
      running.set(seen.id, started);
      return await started;
    },
    async close() {
      await Promise.allSettled(running.values());
      await saving.close();
    },
  };
}

type Saving = ReturnType<typeof createSaving>;

async function rotate(parts: RotationParts, saving: Saving, seen: FamilyRow): Promise<FamilyRow> {
  if (await saving.again(seen.id)) return await reread(parts, seen);
  const claimed = await claim(parts, seen);
  if (!claimed.mine) return claimed.row;
  const { row } = claimed;
  let settled = false;
  try {
    const open = await intent(parts, row);
    const received = await send(parts, row).catch((failure: unknown) => {
      settled = true;
      return failed(parts, saving, row, open, failure);
    });
    if ("state" in received) return received;
    settled = true;
    return await commit(parts, saving, row, received);
  } finally {
    if (!settled) await release(parts, row);
  }
}

/** Takes the lease, or finds that another holder has brought newer tokens meanwhile. */
async function claim(
  parts: RotationParts,
  seen: FamilyRow,
): Promise<{ readonly mine: boolean; readonly row: FamilyRow }> {
  const began = performance.now();
  for (;;) {
    const now = parts.now();
    const lease = { lease_owner: parts.holder, lease_until: now + LEASE_MS, now };
    const claimed = await parts.store.families.claim(seen.owner, seen.id, lease);
    if (claimed && claimed.generation === seen.generation) return { mine: true, row: claimed };
    if (claimed) {
      await release(parts, claimed);
      return { mine: false, row: await reread(parts, seen) };
    }
    const row = await reread(parts, seen);
    if (row.state !== "active" || row.generation !== seen.generation) return { mine: false, row };
    if (performance.now() - began > LEASE_MS) {
      throw new LatchkeyError("temporarily_unavailable", "Another process is renewing these tokens.");
    }
    await sleep(POLL_MS);
  }
}

/**
 * Writes down that the refresh token is about to be spent. An intent that is found open stays: its answer was lost,
 * and the server's reuse window runs from then.
 * @returns the open intent that was found
 */
async function intent(parts: RotationParts, row: FamilyRow): Promise<Intent | undefined> {
  const found = row.intent === null ? undefined : (JSON.parse(row.intent) as Intent);
  const open = found?.generation === row.generation ? found : undefined;
  const written: Intent = {
    fence: row.fence,
    generation: row.generation,
    at: open?.at ?? parts.now(),
  };
  const kept = await parts.store.families.updateIf(row.owner, row.id, row, {
    intent: JSON.stringify(written),
  });
  if (!kept) throw new LatchkeyError("temporarily_unavailable", "Another process took over this renewal.");
  return open;
}

/** The exchange. Nothing is sent once the lease is over or another holder has claimed. */
async function send(parts: RotationParts, row: FamilyRow): Promise<Received> {
  const { registrations, transport, now } = parts;
  const dialect = FLAVORS[row.flavor];
  const registration = await parts.store.registrations.find(row.registration_id);
  if (!registration) throw new LatchkeyError("not_found", "There is no registration with this id.");
  const { refresh_token, redirect_uri } = refreshTokenOf(parts, row);
  const client = {
    ...(await registrations.oauth2Client(registration.id)),
    ...(redirect_uri !== undefined && { redirect_uri }),
  };
  const request = oauth2.buildRefresh(dialect, endpointsOf(registration), client, refresh_token);
  const before = await reread(parts, row);
  if (before.fence !== row.fence || (before.lease_until ?? 0) <= now()) {
    throw new LatchkeyError("temporarily_unavailable", "Another process took over this renewal.");
  }
  const response = await transport.send(request, { timeout_ms: EXCHANGE_MS, max_bytes: MAX_ANSWER_BYTES });
  const at = now();
  const { scope, ...tokens } = oauth2.processTokenResponse(response, at);
  return {
    // A server that does not rotate leaves the refresh token out: the one that is here goes on working.
    tokens: { kind: "oauth2", refresh_token, ...tokens, ...present({ redirect_uri }) },
    at,
    ...present({ scope }),
  };
}

function refreshTokenOf(
  parts: RotationParts,
  row: FamilyRow,
): { readonly refresh_token: Secret; readonly redirect_uri: string | undefined } {
  const tokens = row.sealed_tokens === null ? undefined : openTokens(parts.keyring, row, row.sealed_tokens);
  if (tokens?.kind !== "oauth2" || !tokens.refresh_token) throw new LatchkeyError("refresh_token_absent");
  const { refresh_token, redirect_uri } = tokens;
  return { refresh_token, redirect_uri };
}

function endpointsOf(registration: RegistrationRow) {
  const { site_base_url, auth_url, api_url } = registration;
  if (registration.flavor === "datacenter-oauth1") throw new LatchkeyError("unsupported_grant_type");
  return endpointsFor(registration.flavor, present({ site_base_url, auth_url, api_url }));
}

/** The pair is written under the fence, or kept until it can be; it is never let go. */
async function commit(
  parts: RotationParts,
  saving: Saving,
  row: FamilyRow,
  received: Received,
): Promise<FamilyRow> {
  await saving.save(row, received);
  // Jira took the client's secret again. Only after the pair is safe: nothing may fail between answer and commit.
  await parts.registrations.recover(row.registration_id);
  parts.log.info("family_renewed", { family_id: row.id, generation: row.generation + 1 });
  return await reread(parts, row);
}

async function release(parts: RotationParts, row: FamilyRow): Promise<void> {
  await parts.store.families.release(row.owner, row.id, row.fence).catch((error: unknown) => {
    // The lease ends by itself; what made us release matters more.
    parts.log.warn("lease_not_released", { family_id: row.id, error });
  });
}

/** What a failed exchange means for the family: nothing, its registration's suspension, or its death. */
async function failed(
  parts: RotationParts,
  saving: Saving,
  row: FamilyRow,
  open: Intent | undefined,
  failure: unknown,
): Promise<FamilyRow> {
  const { store, registrations, log, now } = parts;
  const code = isLatchkeyError(failure) ? failure.code : "internal";
  const meaning = oauth2.classifyRefreshFailure(failure);
  log.warn("family_not_renewed", { family_id: row.id, code, meaning });
  if (meaning === "dead") return await dies(parts, saving, row, open, failure);
  if (meaning === "registration") {
    const details = isLatchkeyError(failure) ? failure.details : {};
    if (!open) await store.families.updateIf(row.owner, row.id, row, { intent: null });
    await registrations.suspend(row.registration_id, { code, at: now(), evidence: { ...details } });
    await release(parts, row);
    throw suspendedError(row.registration_id, code, failure);
  }
  const { failures, cool_until } = backOff(row.failures, failure, now(), parts.random);
  await store.families.updateIf(row.owner, row.id, row, {
    // An earlier answer that was lost stays lost, whatever this one said.
    ...(!open && !isUncertain(failure) && { intent: null }),
    failures,
    cool_until,
    last_failure: JSON.stringify({ code, at: now() }),
    updated_at: now(),
  });
  await release(parts, row);
  throw failure;
}

/**
 * The server says the grant is gone. That proves nothing while newer tokens may be in the vault: first the row is
 * read again, then a parked pair is tried, and only then the family dies.
 */
async function dies(
  parts: RotationParts,
  saving: Saving,
  row: FamilyRow,
  open: Intent | undefined,
  failure: unknown,
): Promise<FamilyRow> {
  const current = await reread(parts, row);
  if (current.generation !== row.generation || current.fence !== row.fence) {
    await release(parts, row);
    return current;
  }
  if (current.parked !== null && (await saving.unpark(current))) {
    parts.log.info("parked_pair_tried", { family_id: row.id });
    await release(parts, row);
    return await rotate(parts, saving, await reread(parts, row));
  }
  const dead = causeOfRefusal(current, failure, open, parts.now());
  const died = await killFamily(parts, row, dead);
  if (died) parts.log.warn("family_dead", { family_id: row.id, cause: dead.cause });
  return await reread(parts, row);
}

async function reread(parts: RotationParts, seen: FamilyRow): Promise<FamilyRow> {
  const row = await parts.store.families.get(seen.owner, seen.id);
  if (!row) throw new LatchkeyError("not_found", "There is no such family.");
  return row;
}

export function suspendedError(registration_id: string, code: string, cause?: unknown): LatchkeyError {
  const known = code in ERRORS ? ` (${code}: ${ERRORS[code as ErrorCode].meaning})` : ` (${code})`;
  return new LatchkeyError(
    "registration_suspended",
    `The registration "${registration_id}" is suspended${known}.`,
    {
      cause,
      details: { registration_id, code },
    },
  );
}
