/** What Jira's answer to a proxied call says about the credential, found out before a byte of it is passed on. */
import type { Readable } from "node:stream";
import type { LatchkeyError } from "../../errors.ts";
import { type AnswerClass, answerError, classifyAnswer, scopeLedger } from "../../jira/index.ts";
import type { Credential, Flavor } from "../../protocol/index.ts";
import type { OpenAnswer } from "../../transport.ts";

/** More than any refusal of Jira needs; only this much is read to tell them apart. */
const PEEK_BYTES = 64 * 1024;

export type Verdict =
  /** Passes on as it is, whatever its status: it is Jira's answer to the caller. */
  | { readonly kind: "passes" }
  /** Another token may do better. */
  | { readonly kind: "renew"; readonly error: LatchkeyError; readonly body?: Uint8Array }
  /** The connection is at fault, and a new token would not mend it. */
  | { readonly kind: "refused"; readonly error: LatchkeyError; readonly body?: Uint8Array };

export type Call = {
  readonly flavor: Flavor;
  readonly method: string;
  /** Path below the site's base. */
  readonly path: string;
  readonly now: number;
  /** The address people know the site by. */
  readonly site: string;
  /** As the token answer listed them; absent where nobody knows. */
  readonly granted?: readonly string[];
};

/**
 * A 401 speaks of our credential and never of the caller's, so it never passes. Of a success only the headers are
 * looked at: Data Center may answer as if nobody had signed in, which must not look like an empty result.
 */
export async function judge(answer: OpenAnswer, credential: Credential, call: Call): Promise<Verdict> {
  if (speaksOfTheCredential(answer, call.flavor)) {
    const body = await peek(answer.body);
    const said = { status: answer.status, headers: answer.headers, body };
    const found = classifyAnswer(call.flavor, said);
    const error = errorOf(found, said, call);
    // The token itself; every other reason would meet the next one too, and must not end the connection.
    return { kind: found === "token_rejected" ? "renew" : "refused", error, body };
  }
  if (passesByHead(answer, credential, call.flavor)) return { kind: "passes" };
  answer.body.destroy();
  const error = errorOf("anonymous", { status: answer.status, headers: answer.headers }, call);
  // An expired token of Data Center, or an API token that ended, goes on as nobody; only reading is safe to repeat.
  const goesOn = call.flavor === "datacenter-oauth2" || credential.kind === "basic";
  const again = goesOn && /^(GET|HEAD)$/.test(call.method);
  return { kind: again ? "renew" : "refused", error };
}

/** Whether an answer that does not speak of the credential passes. False where Jira took the caller for nobody. */
export function passesByHead(
  { status, headers }: OpenAnswer,
  credential: Credential,
  flavor: Flavor,
): boolean {
  if (status >= 300) return true;
  const two_legged = credential.kind === "oauth1" && credential.oauth_token === undefined;
  return two_legged || classifyAnswer(flavor, { status, headers }) !== "anonymous";
}

function speaksOfTheCredential({ status, headers }: OpenAnswer, flavor: Flavor): boolean {
  if (status === 401) return true;
  // Some problems of OAuth 1.0a come with a 400: a clock that is off, a parameter that got lost.
  return (
    status === 400 &&
    flavor === "datacenter-oauth1" &&
    /\boauth_problem=/.test(headers["www-authenticate"] ?? "")
  );
}

function errorOf(
  found: AnswerClass,
  answer: Parameters<typeof classifyAnswer>[1],
  call: Call,
): LatchkeyError {
  const scopes = found === "scope_missing" ? scopeLedger(call.method, call.path, call.granted) : undefined;
  return answerError(found === "ok" ? "failed" : found, answer, { ...call, scopes });
}

/** The beginning of a body that will not be passed on. */
async function peek(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size >= PEEK_BYTES) break;
  }
  return Buffer.concat(chunks);
}
