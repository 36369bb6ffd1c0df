/**
 * The way of a call for which nothing has to be waited for: handle, connection and credential are known and stand
 * unchanged in the database, Jira's limits leave room, nobody looks into the answer, and there is no body to send.
 * It is judged by the same rules as every other. Whatever is unusual goes the long way, from the beginning or, where
 * Jira has been asked already, from there.
 */
import { authorizationOf, authorize, type Turn } from "../../jira/index.ts";
import type { Credential } from "../../protocol/index.ts";
import type { Direct, OpenAnswer, Receiver } from "../../transport.ts";
import type { GatewayParts } from "../parts.ts";
import { type Admitted, admitAtOnce, type Begun, baseOf } from "./admit.ts";
import { ANSWER_MS, demandUser, governed, headersOf } from "./exchange.ts";
import { isFiltered } from "./filter.ts";
import type { Incoming } from "./incoming.ts";
import { passesByHead } from "./judge.ts";

/** What the skin does with the answer. One of the two is called, once, unless the caller has gone. */
export type Passage = {
  /** Everything passes on as it comes. */
  passes(answer: OpenAnswer, call: AtOnce): void;
  /** There is more to it: `forward` takes it from here. */
  handOver(admitted: Admitted): void;
};

/** Sends the call, or answers `undefined`: nothing has happened then, and `forward` does or refuses it. */
export function sendAtOnce(parts: GatewayParts, incoming: Incoming, passage: Passage): AtOnce | undefined {
  const { method } = incoming;
  if ((method !== "GET" && method !== "HEAD") || incoming.body || !parts.transport.direct) return undefined;
  try {
    const admitted = admitAtOnce(parts, incoming);
    if (!admitted || isFiltered(admitted.handle)) return undefined;
    const { handle, connection } = admitted;
    const credential = parts.vault.credentialAtOnce(handle.owner, connection.id);
    if (!credential) return undefined;
    demandUser(credential, incoming.query);
    const call = new AtOnce(parts, incoming, admitted, credential, passage);
    return call.begin() ? call : undefined;
  } catch {
    // The long way comes to the same refusal, and notes it.
    return undefined;
  }
}

export class AtOnce implements Receiver {
  readonly admitted: Admitted;
  readonly began: number;
  readonly #parts: GatewayParts;
  readonly #incoming: Incoming;
  readonly #credential: Credential;
  readonly #passage: Passage;
  #headers: Record<string, string>;
  #turn: Turn | undefined;
  #direct: Direct | undefined;
  #left = false;

  constructor(
    parts: GatewayParts,
    incoming: Incoming,
    admitted: Admitted,
    credential: Credential,
    passage: Passage,
  ) {
    this.began = parts.now();
    this.admitted = admitted;
    this.#parts = parts;
    this.#incoming = incoming;
    this.#credential = credential;
    this.#passage = passage;
    this.#headers = headersOf(incoming.method, admitted.headers);
  }

  /** False where it may not go now. */
  begin(): boolean {
    const { governor } = this.#parts;
    this.#turn = governor?.enterAtOnce(governed(this.#incoming, this.admitted));
    if (governor && !this.#turn) return false;
    if (this.#credential.kind === "oauth1") {
      this.#sign();
      return true;
    }
    try {
      this.#headers.authorization = authorizationOf(this.#credential);
      return this.#send();
    } finally {
      if (!this.#direct) this.#turn?.failed();
    }
  }

  /** The caller has gone. */
  leave(): void {
    this.#left = true;
    this.#direct?.stop(new Error("caller left"));
  }

  answered(answer: OpenAnswer): void {
    this.#turn?.answered(answer);
    const { connection } = this.admitted;
    if (answer.status < 400 && passesByHead(answer, this.#credential, connection.flavor)) {
      this.#parts.vault.connections.touch(connection.id, answer.status);
      this.#passage.passes(answer, this);
    } else this.#handOver(Promise.resolve(answer));
  }

  failed(error: unknown): void {
    this.#turn?.failed();
    if (!this.#left) this.#handOver(Promise.reject(error));
  }

  #send(): boolean {
    const { method, query } = this.#incoming;
    const headers = this.#headers;
    const url = this.#url();
    this.#direct = this.#parts.transport.direct?.(
      { method, url, query, headers, timeout_ms: ANSWER_MS },
      this,
    );
    return this.#direct !== undefined;
  }

  /** The key operation is the thread pool's, so this is the one thing that is waited for. */
  #sign(): void {
    const { query, method } = this.#incoming;
    const url = query === "" ? this.#url() : `${this.#url()}?${query}`;
    authorize({ method, url, headers: this.#headers }, this.#credential, this.#parts)
      .then((signed) => {
        if (this.#left) return this.failed(undefined);
        this.#headers = { ...signed.headers };
        // Nothing was sent: the long way signs anew and sends.
        if (!this.#send()) {
          this.#turn?.failed();
          this.#passage.handOver(this.admitted);
        }
      })
      .catch((error: unknown) => this.failed(error));
  }

  #url(): string {
    return baseOf(this.admitted.connection) + this.admitted.path;
  }

  #handOver(answer: Promise<OpenAnswer>): void {
    // It is awaited a moment later.
    answer.catch(() => {});
    const { method, query } = this.#incoming;
    const url = query === "" ? this.#url() : `${this.#url()}?${query}`;
    const sent = { method, url, headers: this.#headers };
    const begun: Begun = { began: this.began, credential: this.#credential, sent, answer };
    this.#passage.handOver({ ...this.admitted, begun });
  }
}
