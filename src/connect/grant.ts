/** From tokens to a connection: keep them, ask whose they are and what they reach, and decide. */
import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import type { OAuth1Tokens } from "../protocol/oauth1/dance.ts";
import type { TokenSet } from "../protocol/oauth2/token.ts";
import type { Account, Attempt, Connection, Registration, SiteRef } from "../vault/index.ts";
import { attach } from "./attach.ts";
import type { Completion, ConnectParts } from "./contract.ts";
import { type Decision, decide } from "./decide.ts";
import { identify } from "./identify.ts";
import type { Recorder } from "./recorder.ts";
import { isUnredeemed } from "./session-hold.ts";
import { grantedSites } from "./sites.ts";

export type Dance = {
  readonly attempt: Attempt;
  readonly registration: Registration;
  readonly recorder: Recorder;
  /** Another account than before is welcome. */
  readonly confirmed: boolean;
};

/** Data Center compares it on every refresh with the one of the consent, whatever the registration says by then. */
function redirectUriOf(attempt: Attempt): { redirect_uri?: string } {
  const used = attempt.secrets.redirect_uri?.reveal();
  return used === undefined ? {} : { redirect_uri: used };
}

type Learned = {
  readonly decision: Decision;
  readonly sites: readonly SiteRef[];
  readonly account: Account | undefined;
  readonly reconnect: Connection | undefined;
};

/**
 * Keeps the tokens before anything is done with them, then makes the connection, or leaves the choice to the
 * person. A grant that leads to no connection is forgotten again, so that no token lies about unused.
 */
export async function settleGrant(
  parts: ConnectParts,
  dance: Dance,
  tokens: TokenSet | OAuth1Tokens,
): Promise<Completion> {
  const { attempt, registration } = dance;
  const family = await parts.vault.families.create({
    owner: attempt.owner,
    registration_id: registration.id,
    scope_asked: attempt.scope,
    tokens,
    consented_at: parts.now(),
    ...redirectUriOf(attempt),
  });
  try {
    const learned = await learn(parts, dance, family.id);
    const { decision } = learned;
    if (decision.kind === "choose") return await leaveChoice(parts, dance, family.id, learned);
    if (decision.kind === "confirm-account") {
      if (await isUnredeemed(parts, attempt)) throw new LatchkeyError("account_other");
      return await leaveConfirmation(parts, dance, family.id, learned, decision.site);
    }
    const { connection, reconnected } = await attach(parts, {
      owner: attempt.owner,
      family_id: family.id,
      site: decision.site,
      reconnect_id: attempt.reconnect_id,
      connect_session_id: attempt.connect_session_id,
    });
    return await connected(parts, attempt, dance.recorder, connection, reconnected);
  } catch (error) {
    const waits = isLatchkeyError(error) && error.code === "account_mismatch";
    if (!waits) await parts.vault.families.forget(attempt.owner, family.id);
    throw error;
  }
}

async function learn(parts: ConnectParts, dance: Dance, family_id: string): Promise<Learned> {
  const { attempt, registration, recorder } = dance;
  const { transport } = recorder;
  const credential = await parts.vault.families.credential(attempt.owner, family_id);
  const sites = await grantedSites(parts, transport, registration, credential);
  if (sites.length === 0) throw new LatchkeyError("no_sites");
  const account = await identify(parts, transport, registration, sites, credential, attempt.scope);
  if (account !== undefined) await parts.vault.families.setAccount(attempt.owner, family_id, account);
  const reconnect =
    attempt.reconnect_id === undefined
      ? undefined
      : await parts.vault.connections.get(attempt.owner, attempt.reconnect_id);
  const decision = decide({
    sites,
    account,
    confirmed: dance.confirmed,
    ...(attempt.site_hint !== undefined && { site_hint: attempt.site_hint }),
    ...(reconnect !== undefined && { reconnect }),
  });
  return { decision, sites, account, reconnect };
}

/** The end of every dance that worked. */
export async function connected(
  parts: ConnectParts,
  attempt: Attempt,
  recorder: Recorder,
  connection: Connection,
  reconnected: boolean,
): Promise<Completion> {
  await parts.vault.attempts.settle(attempt.id, {
    step: "done",
    family_id: connection.family_id,
    connection_id: connection.id,
  });
  recorder.note({ from: "latchkey", to: "application", label: "Connected" });
  await recorder.end("connected", { connection_id: connection.id });
  return {
    kind: "connected",
    connection,
    dance_id: recorder.dance_id,
    reconnected,
    ...(attempt.return_to !== undefined && { return_to: attempt.return_to }),
  };
}

async function leaveChoice(
  parts: ConnectParts,
  { attempt, recorder }: Dance,
  family_id: string,
  { sites, account }: Learned,
): Promise<Completion> {
  await parts.vault.attempts.settle(attempt.id, {
    step: "choosing",
    family_id,
    error: { code: "site_choice_required", sites, account: account ?? null },
  });
  recorder.note({ from: "latchkey", to: "person", label: "Asked which site is meant" });
  await recorder.end("choosing");
  return { kind: "choose-site", attempt_id: attempt.id, sites, dance_id: recorder.dance_id };
}

async function leaveConfirmation(
  parts: ConnectParts,
  { attempt, recorder }: Dance,
  family_id: string,
  { account, reconnect }: Learned,
  site: SiteRef,
): Promise<never> {
  const before = reconnect?.account ?? null;
  await parts.vault.attempts.settle(attempt.id, {
    step: "choosing",
    family_id,
    error: { code: "account_mismatch", sites: [site], account: account ?? null, before },
  });
  recorder.note({ from: "latchkey", to: "person", label: "Asked whether another account is meant" });
  await recorder.end("choosing", { error_code: "account_mismatch" });
  throw new LatchkeyError("account_mismatch", mismatchWords(before, account), {
    details: {
      attempt_id: attempt.id,
      dance_id: recorder.dance_id,
      registration_id: attempt.registration_id,
      connection_id: attempt.reconnect_id,
      before,
      account: account ?? null,
      ...(attempt.return_to !== undefined && { return_to: attempt.return_to }),
    },
  });
}

function mismatchWords(before: Account | null, now: Account | undefined): string | undefined {
  if (before === null || now === undefined) {
    return "It is not known whether the account that approved is the one this connection belongs to.";
  }
  return undefined;
}
