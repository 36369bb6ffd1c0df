/** One authenticated question to the site of a connection, sent once: nothing is repeated that Jira refuses. */
import { bodyText, type HttpRequest } from "../http.ts";
import { type AnswerClass, authorize, classifyAnswer } from "../jira/index.ts";
import type { Connection } from "../vault/index.ts";
import type { DoctorParts, Observation } from "./contract.ts";

const MAX_BYTES = 512 * 1024;
const TIMEOUT_MS = 15_000;
const MAX_TEXT = 20_000;

export type Answered = { readonly found: AnswerClass; readonly seen: Observation };

/**
 * Asks with the credential of the moment; where Jira blames the token, once more with the next one, as any call does.
 *
 * @throws LatchkeyError of origin network, or what keeps the vault from giving a credential
 */
export async function ask(parts: DoctorParts, connection: Connection, path: string): Promise<Answered> {
  const { owner, id, site } = connection;
  const url = /^https?:/.test(path) ? path : site.api_base_url.replace(/\/+$/, "") + path;
  const bare: HttpRequest = {
    method: "GET",
    url,
    headers: { accept: "application/json", "user-agent": "latchkey" },
  };
  const credential = await parts.vault.credentialFor(owner, id);
  const first = await send(parts, connection, bare, credential);
  if (first.found !== "token_rejected") return first;
  const next = await parts.vault.rejected(owner, id, credential.token_id);
  return next.token_id === credential.token_id ? first : send(parts, connection, bare, next);
}

type Credential = Awaited<ReturnType<DoctorParts["vault"]["credentialFor"]>>;

async function send(
  parts: DoctorParts,
  { flavor }: Connection,
  bare: HttpRequest,
  credential: Credential,
): Promise<Answered> {
  const request = await authorize(bare, credential, parts);
  const response = await parts.transport.send(request, { timeout_ms: TIMEOUT_MS, max_bytes: MAX_BYTES });
  const { status, headers } = response;
  return {
    found: classifyAnswer(flavor, response),
    seen: {
      flavor,
      method: request.method,
      url: request.url,
      request_headers: request.headers,
      status,
      headers,
      text: bodyText(response).slice(0, MAX_TEXT),
    },
  };
}
