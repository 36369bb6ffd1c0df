import type { Sandbox } from "../../message.ts";
import { OAuth1Problem } from "./problem.ts";

type Used = {
  readonly timestamp_s: number;
  readonly nonce: string;
  readonly consumer: string;
  readonly token: string;
};

/**
 * Remembers a nonce for as long as its timestamp would be accepted, or refuses it with `nonce_used`.
 * Atlassian's own second check knows the nonce by its consumer alone (switch `nonce_per_consumer`).
 */
export function recordNonce(sandbox: Sandbox, used: Used, min_s: number): void {
  const nonces = sandbox.state.auth.nonces;
  sweep(nonces, min_s);
  const byToken = JSON.stringify([used.timestamp_s, used.nonce, used.consumer, used.token]);
  const byConsumer = JSON.stringify([used.consumer, used.nonce]);
  const seen =
    byToken in nonces.tokens ||
    (sandbox.switch("nonce_per_consumer") === "on" && byConsumer in nonces.consumers);
  nonces.tokens[byToken] = used.timestamp_s;
  nonces.consumers[byConsumer] = used.timestamp_s;
  sandbox.touched("auth");
  if (seen) throw new OAuth1Problem("nonce_used", `the nonce ${used.nonce} was used before`);
}

function sweep(nonces: Sandbox["state"]["auth"]["nonces"], min_s: number): void {
  if (nonces.swept_s === min_s) return;
  nonces.swept_s = min_s;
  for (const seen of [nonces.tokens, nonces.consumers]) {
    for (const [key, timestamp_s] of Object.entries(seen)) if (timestamp_s < min_s) delete seen[key];
  }
}
