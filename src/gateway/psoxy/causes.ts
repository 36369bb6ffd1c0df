/** Our refusals as Psoxy's callers know them: a status, and a word in `X-Psoxy-Error`. */
import { ERRORS, type ErrorCode, type LatchkeyError } from "../../errors.ts";

type Cause = { readonly status: number; readonly word: string | undefined };

const RECONNECT = { status: 500, word: "CONNECTION_SETUP" } as const;
const SOURCE = { status: 503, word: "CONNECTION_TO_SOURCE" } as const;
const BLOCKED = { status: 403, word: "BLOCKED_BY_RULES" } as const;

const CAUSES: Partial<Record<ErrorCode, Cause>> = {
  policy_denied: BLOCKED,
  path_refused: BLOCKED,
  forbidden: BLOCKED,
  bad_request: { status: 400, word: "INVALID_REQUEST" },
  media_type_unsupported: { status: 415, word: "INVALID_REQUEST" },
  body_too_large: { status: 413, word: "INVALID_REQUEST" },
  connection_ambiguous: { status: 400, word: "CONFIGURATION_FAILURE" },
  connection_dead: RECONNECT,
  connection_pending: RECONNECT,
  connection_exported: RECONNECT,
  jira_unauthorized: RECONNECT,
  jira_anonymous: RECONNECT,
  token_rejected: RECONNECT,
  token_expired: RECONNECT,
  token_revoked: RECONNECT,
  invalid_grant: RECONNECT,
  scope_missing: RECONNECT,
  registration_suspended: RECONNECT,
  vault_quarantined: RECONNECT,
  vault_unreadable: { status: 500, word: "CONFIGURATION_FAILURE" },
  dns_failed: SOURCE,
  connection_refused: SOURCE,
  connection_reset: SOURCE,
  unreachable: SOURCE,
  tls_failed: SOURCE,
  http_not_https: SOURCE,
  redirect_refused: SOURCE,
  timed_out: { status: 503, word: "SOURCE_API_READ_TIMEOUT" },
  egress_refused: { status: 503, word: "NETWORK_EGRESS_BLOCKED" },
  store_failed: { status: 503, word: "CONFIGURATION_FAILURE" },
  // A caller without a handle learns no word of ours, as one without a cloud identity learns none of Psoxy's.
  unauthenticated: { status: 401, word: undefined },
};

export function causeOf({ code, details }: LatchkeyError): Cause {
  const word = details.psoxy;
  if (word === "TOKENIZED_REQUEST_PARAMETER_INVALID") return { status: 409, word };
  if (word === "UNKNOWN") return { status: 500, word };
  return CAUSES[code] ?? { status: ERRORS[code].status, word: "UNKNOWN" };
}
