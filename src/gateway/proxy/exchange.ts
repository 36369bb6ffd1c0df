/** One call to Jira with the connection's credential, and what its answer says about that credential. */
import { LatchkeyError } from "../../errors.ts";
import { authorize, type GovernedCall, leave, newTrail, sending, type Trail } from "../../jira/index.ts";
import { refuseQuery } from "../../policy/index.ts";
import type { Credential } from "../../protocol/index.ts";
import type { OpenAnswer } from "../../transport.ts";
import type { GatewayParts } from "../parts.ts";
import type { Admitted, Begun, Outgoing } from "./admit.ts";
import type { Incoming, OutgoingBody } from "./incoming.ts";
import { judge, type Verdict } from "./judge.ts";
import { noteFailed, notePassed } from "./trouble.ts";

/** Until Jira's answer begins. A search may think for long, a large body takes its time on the way up. */
export const ANSWER_MS = 60_000;
const UPLOAD_MS = 300_000;
/** For its turn where Jira's limits are reached. */
const TURN_MS = 1_000;

/**
 * Sends it; a second and last time where the first token was refused and the body is still there. What fails is
 * recorded, whoever it is that fails.
 */
export async function exchange(
  parts: GatewayParts,
  incoming: Incoming,
  admitted: Admitted,
  call: Outgoing,
  body: OutgoingBody,
): Promise<OpenAnswer> {
  const trail = newTrail(admitted.begun?.began ?? parts.now());
  try {
    const answer = await exchanged(parts, incoming, admitted, call, body, trail);
    if (answer.status >= 400) notePassed(parts, incoming, admitted, call, trail, answer);
    return answer;
  } catch (thrown) {
    noteFailed(parts, incoming, admitted, call, trail, thrown);
    throw thrown;
  }
}

async function exchanged(
  parts: GatewayParts,
  incoming: Incoming,
  admitted: Admitted,
  call: Outgoing,
  body: OutgoingBody,
  trail: Trail,
): Promise<OpenAnswer> {
  const { connection, handle, path, begun } = admitted;
  const credential = begun?.credential ?? (await parts.vault.credentialFor(handle.owner, connection.id));
  const { flavor, scope_granted } = connection;
  const context = {
    flavor,
    method: incoming.method,
    path,
    now: parts.now(),
    site: connection.site.url,
    ...(scope_granted ? { granted: scope_granted } : {}),
  };
  const answer = begun
    ? await comingOf(parts, begun, trail)
    : await inTurn(parts, incoming, admitted, () => send(parts, incoming, call, body, credential, trail));
  const verdict = await judge(answer, credential, context);
  noteTry(parts, trail, answer, verdict);
  if (verdict.kind === "passes") return answer;
  parts.vault.connections.touch(connection.id, answer.status);
  if (verdict.kind === "refused") throw verdict.error;
  const { error } = verdict;
  const fresh = await parts.vault.rejected(handle.owner, connection.id, credential.token_id, {
    code: error.code === "jira_unauthorized" ? "token_rejected" : error.code,
    evidence: { status: answer.status, ...error.details },
  });
  if (fresh.token_id === credential.token_id) throw error;
  if (body.kind === "stream") throw new LatchkeyError("token_renewed", undefined, { retry_after_s: 0 });
  const second = await inTurn(parts, incoming, admitted, () =>
    send(parts, incoming, call, body, fresh, trail),
  );
  const last = await judge(second, fresh, context);
  noteTry(parts, trail, second, last);
  if (last.kind === "passes") return second;
  throw last.error;
}

/** The answer to a call that is under way; its turn was taken and given back by who sent it. */
async function comingOf(
  parts: GatewayParts,
  { began, sent, answer }: Begun,
  trail: Trail,
): Promise<OpenAnswer> {
  sending(trail, began, sent);
  try {
    return await answer;
  } catch (thrown) {
    leave(trail, parts.now(), { thrown });
    throw thrown;
  }
}

function noteTry(parts: GatewayParts, trail: Trail, answer: OpenAnswer, verdict: Verdict): void {
  const { status, headers } = answer;
  if (verdict.kind !== "passes") leave(trail, parts.now(), { status, headers, body: verdict.body });
  else if (status >= 400) leave(trail, parts.now(), { status, headers });
}

/** Where Jira's limits leave no room, the caller is told at once when they will: it waits better than we do. */
async function inTurn(
  { governor }: GatewayParts,
  incoming: Incoming,
  admitted: Admitted,
  call: () => Promise<OpenAnswer>,
): Promise<OpenAnswer> {
  const turn = await governor?.enter({ ...governed(incoming, admitted), signal: incoming.signal });
  try {
    const answer = await call();
    turn?.answered(answer);
    return answer;
  } finally {
    // Does nothing where an answer was told.
    turn?.failed();
  }
}

/** The call as Jira's limits see it. */
export function governed({ method }: Incoming, { connection, handle, path }: Admitted): GovernedCall {
  return {
    site: connection.site.api_base_url,
    flavor: connection.flavor,
    method,
    path,
    app: connection.registration_id,
    account: connection.account?.account_id ?? connection.family_id,
    priority: handle.limits.priority ?? "interactive",
    max_wait_ms: TURN_MS,
  };
}

/** @throws path_refused where a call without a user would choose one */
export function demandUser(credential: Credential, query: string): void {
  if (credential.kind === "oauth1" && !credential.oauth_token) refuseQuery(query, { two_legged: true });
}

/** What Jira gets to see, but for the credential. */
export function headersOf(method: string, passing: Readonly<Record<string, string>>): Record<string, string> {
  if (method === "GET" || method === "HEAD") return { ...FROM_US, ...passing };
  // Jira's XSRF check looks at writes that could come from a browser's form.
  return { ...FROM_US, "x-atlassian-token": "no-check", ...passing };
}

const FROM_US = { "accept-encoding": "identity", "user-agent": "latchkey" } as const;

async function send(
  parts: GatewayParts,
  incoming: Incoming,
  call: Outgoing,
  body: OutgoingBody,
  credential: Credential,
  trail: Trail,
): Promise<OpenAnswer> {
  demandUser(credential, call.query);
  const { method } = incoming;
  const headers = headersOf(method, call.headers);
  const kept = body.kind === "kept" ? { body: body.bytes } : {};
  const signed = await authorize({ method, url: call.url, headers, ...kept }, credential, parts);
  const length: Record<string, string> =
    body.kind === "stream" && body.length !== undefined ? { "content-length": String(body.length) } : {};
  sending(trail, parts.now(), signed);
  const opened = parts.transport.open(
    {
      method,
      url: signed.url,
      headers: { ...signed.headers, ...length },
      ...(body.kind === "stream" ? { body: body.stream } : kept),
    },
    { signal: incoming.signal, timeout_ms: body.kind === "stream" ? UPLOAD_MS : ANSWER_MS },
  );
  return opened.catch((thrown: unknown) => {
    leave(trail, parts.now(), { thrown });
    throw thrown;
  });
}
