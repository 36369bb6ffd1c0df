import type { Sandbox, SandboxRequest, SandboxResponse } from "../../message.ts";
import { encodePairs, percentEncode } from "./encoding.ts";

/** Every problem the OAuth 1.0a provider names, with its status; a name that is not listed answers 403. */
const statuses: Readonly<Record<string, number>> = {
  version_rejected: 400,
  parameter_absent: 400,
  parameter_rejected: 400,
  timestamp_refused: 400,
  signature_method_rejected: 400,
  nonce_used: 401,
  token_used: 401,
  token_expired: 401,
  token_revoked: 401,
  token_rejected: 401,
  signature_invalid: 401,
  consumer_key_unknown: 401,
  consumer_key_rejected: 401,
  additional_authorization_required: 401,
  permission_unknown: 401,
  permission_denied: 401,
  user_refused: 503,
  consumer_key_refused: 503,
};

/**
 * A refusal of the OAuth 1.0a provider. `reason` is for the request log alone: it may say more than the wire does.
 * @see https://wiki.oauth.net/w/page/12238543/ProblemReporting
 */
export class OAuth1Problem extends Error {
  readonly problem: string;
  readonly parameters: ReadonlyArray<readonly [string, string]>;

  constructor(problem: string, reason: string, parameters: ReadonlyArray<readonly [string, string]> = []) {
    super(reason);
    this.problem = problem;
    this.parameters = parameters;
  }

  get status(): number {
    return statuses[this.problem] ?? 403;
  }
}

/** Writes a problem: status by the table, all parameters in a form body, those named `oauth_…` in the challenge. */
export function problemResponse(
  problem: OAuth1Problem,
  realm: string,
  request: SandboxRequest,
  sandbox: Sandbox,
): SandboxResponse {
  request.note(`oauth_problem=${problem.problem}: ${problem.message}`);
  const pairs: Array<readonly [string, string]> = [["oauth_problem", problem.problem], ...problem.parameters];
  if (sandbox.switch("problem_order") === "shuffled") shuffle(pairs, sandbox);
  const challenge = [
    `realm="${percentEncode(realm)}"`,
    ...pairs
      .filter(([name]) => name.startsWith("oauth_"))
      .map(([name, value]) => `${name}="${percentEncode(value)}"`),
  ];
  return {
    status: problem.status,
    headers: [
      ["WWW-Authenticate", `OAuth ${challenge.join(", ")}`],
      ["Content-Type", "application/x-www-form-urlencoded;charset=UTF-8"],
    ],
    body: encodePairs(pairs),
  };
}

function shuffle(pairs: Array<readonly [string, string]>, sandbox: Sandbox): void {
  for (let last = pairs.length - 1; last > 0; last--) {
    const other = (sandbox.random(1)[0] ?? 0) % (last + 1);
    const held = pairs[last]!;
    pairs[last] = pairs[other]!;
    pairs[other] = held;
  }
}
