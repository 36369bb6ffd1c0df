/** One request on one connection, from its sending until the last byte of its answer. */
import { Answer, AnswerBody, type Exchange } from "./answer-body.ts";
import { LatchkeyError } from "./errors.ts";
import { networkFailure, type Stage } from "./failures.ts";
import type { OpenAnswer } from "./wire.ts";

/** Who waits for an answer. One of the two is called, once. */
export type Receiver = {
  /** Its head is there, and of its body nothing has been handed on yet. */
  answered(answer: OpenAnswer): void;
  failed(error: unknown): void;
};

/** A request without a body that is sent at once. */
export type DirectRequest = {
  readonly method: string;
  /** Without a query. */
  readonly url: string;
  /** Without the question mark; may be empty. */
  readonly query: string;
  /** Lower-case names, and none that only a connection may set. */
  readonly headers: Record<string, string>;
  /** Until the head of the answer. */
  readonly timeout_ms: number;
};

/** An exchange under way. */
export type Direct = { stop(reason: Error): void };

export type UnderWayOptions = {
  readonly host: string;
  readonly timeout_ms: number;
  /** The clock stops at the head: a long download is no failure. */
  readonly streams: boolean;
  readonly signal?: AbortSignal | undefined;
};

type Bag = Record<string, string | string[] | undefined>;
type Started = Exchange & { readonly rawHeaders?: unknown };

/** What undici calls as the exchange goes on: one object, since a proxied call can hardly afford more. */
export class UnderWay {
  readonly #receiver: Receiver;
  readonly #options: UnderWayOptions;
  #stage: Stage = "connect";
  #controller: Started | undefined;
  #body: AnswerBody | undefined;
  #over: unknown;
  #told = false;
  #in_time = false;
  #timer: NodeJS.Timeout | undefined;
  #onAbort: (() => void) | undefined;

  constructor(receiver: Receiver, options: UnderWayOptions) {
    this.#receiver = receiver;
    this.#options = options;
  }

  /** Starts the clock. False where the caller has gone already; it was told. */
  begin(): boolean {
    const { signal, timeout_ms } = this.#options;
    if (signal?.aborted) {
      this.fail(signal.reason);
      return false;
    }
    this.#timer = setTimeout(awaken, timeout_ms, this);
    if (signal) {
      this.#onAbort = () => this.stop(signal.reason as Error);
      signal.addEventListener("abort", this.#onAbort, { once: true });
    }
    return true;
  }

  /** Ends it from this side. */
  stop(reason: Error): void {
    this.#over ??= reason;
    if (this.#controller) this.#controller.abort(reason);
    else this.fail(reason);
  }

  late(): void {
    if (this.#in_time) return;
    const details = { host: this.#options.host, stage: this.#stage };
    this.stop(new LatchkeyError("timed_out", undefined, { details }));
  }

  /** Nothing is waited for any longer. */
  finish(): void {
    this.#unlimited();
    if (this.#onAbort) this.#options.signal?.removeEventListener("abort", this.#onAbort);
  }

  fail(thrown: unknown): void {
    this.finish();
    this.#over ??= thrown;
    const { signal, host } = this.#options;
    const left = signal !== undefined && this.#over === signal.reason;
    const told = left ? this.#over : networkFailure(this.#over, host, this.#stage);
    if (!this.#told) {
      this.#told = true;
      this.#receiver.failed(told);
    }
    this.#body?.fail(told as Error);
  }

  onRequestStart(started: Started): void {
    if (this.#over !== undefined) {
      started.abort(this.#over as Error);
      return;
    }
    this.#controller = started;
    this.#stage = "send";
  }

  onResponseStart(started: Started, status: number, headers: Bag): void {
    if (status < 200) return;
    this.#stage = "body";
    if (this.#options.streams) this.#unlimited();
    this.#body = new AnswerBody(started, this);
    this.#told = true;
    this.#receiver.answered(new Answer(status, headers, started.rawHeaders, this.#body));
  }

  onResponseData(_started: Started, chunk: Buffer): void {
    this.#body?.data(chunk);
  }

  onResponseEnd(): void {
    this.finish();
    this.#body?.end();
  }

  onResponseError(_started: Started | undefined, error: Error): void {
    this.fail(error);
  }

  #unlimited(): void {
    this.#in_time = true;
    clearTimeout(this.#timer);
  }
}

/** A process that was stopped wakes with its timers first: an answer that lies in the socket goes before them. */
function awaken(call: UnderWay): void {
  setImmediate(lately, call);
}

function lately(call: UnderWay): void {
  call.late();
}
