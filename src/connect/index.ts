/** The dances: find the Jira, ask, come back, pick the site, connect; and say what is wrong when something is. */
import { begin } from "./begin.ts";
import { check } from "./check/index.ts";
import { choices, chooseSite, confirmAccount } from "./choose.ts";
import { complete } from "./complete.ts";
import type { Connect, ConnectParts } from "./contract.ts";
import { dances } from "./dances.ts";
import { disconnect } from "./disconnect.ts";
import { discover } from "./discover.ts";
import { instructions } from "./instructions.ts";
import { completeByPaste, completeByVerifier } from "./oob.ts";
import { withServiceAccount } from "./service-account.ts";
import { expireSessions } from "./session-hold.ts";
import { completeSetup, proposeSetup } from "./setup.ts";
import { withToken } from "./tokens.ts";

export type * from "./contract.ts";
export { explainFailure, type FailedDance, type Failure } from "./failures.ts";
export type * from "./session-contract.ts";
export { createConnectSessions } from "./sessions.ts";

/** Puts the dances together over a vault and the outward door. */
export function createConnect(parts: ConnectParts): Connect {
  return {
    discover: (input) => discover(parts, input),
    begin: (input) => begin(parts, input),
    complete: (input) => complete(parts, input),
    completeByVerifier: (input) => completeByVerifier(parts, input),
    completeByPaste: (input) => completeByPaste(parts, input),
    choices: (owner, attempt_id, binding) => choices(parts, owner, attempt_id, binding),
    chooseSite: (input) => chooseSite(parts, input),
    confirmAccount: (input) => confirmAccount(parts, input),
    disconnect: (owner, connection_id) => disconnect(parts, owner, connection_id),
    check: ({ registration_id }) => check(parts, registration_id),
    withToken: (input) => withToken(parts, input),
    withServiceAccount: (input) => withServiceAccount(parts, input),
    setup: {
      propose: (input) => proposeSetup(parts, input),
      instructions: (registration, version) => instructions(registration, version, parts.application),
      complete: (input) => completeSetup(parts, input),
    },
    dances: dances(parts),
    sweep: () => sweep(parts),
  };
}

/** Records of dances are looked at soon after or never. */
const KEEP_DANCES_MS = 30 * 24 * 3_600_000;

async function sweep(parts: ConnectParts): Promise<number> {
  const swept = (await expireSessions(parts)) + (await parts.vault.attempts.sweep());
  return swept + (await parts.store.dances.purgeForOperator(parts.now() - KEEP_DANCES_MS));
}
