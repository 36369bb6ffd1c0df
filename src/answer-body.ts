/** The body of an answer that is still coming: as a stream, or handed on chunk by chunk without one. */
import { Readable } from "node:stream";
import type { HttpHeaders } from "./http.ts";
import {
  type BodySink,
  type Flow,
  type HeaderBag,
  joinedHeaders,
  type OpenAnswer,
  rawHeaderPairs,
} from "./wire.ts";

/** What is done about the exchange the body comes from. */
export type Exchange = {
  readonly aborted: boolean;
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
};

/** So much waits for whoever will read it. */
const WAITING_BYTES = 64 * 1024;

/**
 * What came before anybody reads waits here, within bounds; then it goes to the stream that was asked for, or straight
 * to the sink. A stream costs more than all else that happens to a small answer.
 */
export class AnswerBody {
  readonly #started: Exchange;
  readonly #whole: { finish(): void };
  #waiting: Buffer[] | undefined;
  #size = 0;
  #ended = false;
  #failed: Error | undefined;
  #stream: Readable | undefined;
  #sink: BodySink | undefined;

  /** @param whole told once nothing is waited for any longer */
  constructor(started: Exchange, whole: { finish(): void }) {
    this.#started = started;
    this.#whole = whole;
  }

  data(chunk: Buffer): void {
    if (this.#sink) {
      if (!this.#sink.data(chunk)) this.#started.pause();
    } else if (this.#stream) {
      if (!this.#stream.push(chunk)) this.#started.pause();
    } else {
      this.#waiting ??= [];
      this.#waiting.push(chunk);
      this.#size += chunk.length;
      if (this.#size >= WAITING_BYTES) this.#started.pause();
    }
  }

  end(): void {
    this.#ended = true;
    if (this.#sink) this.#sink.end();
    else this.#stream?.push(null);
  }

  fail(error: Error): void {
    if (this.#ended || this.#failed) {
      this.#stream?.destroy(error);
      return;
    }
    this.#failed = error;
    if (this.#sink) this.#sink.failed(error);
    else this.#stream?.destroy(error);
  }

  stream(): Readable {
    this.#stream ??= this.#asStream();
    return this.#stream;
  }

  /** To be called once, and where no stream was asked for. */
  pour(sink: BodySink): Flow {
    this.#sink = sink;
    let full = false;
    for (const chunk of this.#taken()) full = !sink.data(chunk);
    if (this.#ended) sink.end();
    else if (this.#failed) sink.failed(this.#failed);
    else if (full) this.#started.pause();
    else this.#started.resume();
    return this;
  }

  resume(): void {
    if (!this.#ended) this.#started.resume();
  }

  cancel(): void {
    this.#cancel(undefined);
  }

  #taken(): readonly Buffer[] {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    return waiting;
  }

  #cancel(error: Error | null | undefined): void {
    this.#whole.finish();
    if (!this.#ended && !this.#started.aborted) this.#started.abort(error ?? new Error("reader left"));
  }

  #asStream(): Readable {
    const started = this.#started;
    const cancel = (error: Error | null) => this.#cancel(error);
    const stream = new Readable({
      read: () => started.resume(),
      destroy(error, done) {
        cancel(error);
        done(error);
      },
    });
    // Without a listener a cut that comes before the reader does would end the process.
    stream.on("error", () => {});
    for (const chunk of this.#taken()) stream.push(chunk);
    if (this.#ended) stream.push(null);
    else if (this.#failed) stream.destroy(this.#failed);
    return stream;
  }
}

/** An answer whose body is made a stream, and whose headers are read, only for who asks for them. */
export class Answer implements OpenAnswer {
  readonly status: number;
  readonly #bag: HeaderBag;
  readonly #raw: unknown;
  readonly #body: AnswerBody;
  #headers: HttpHeaders | undefined;
  #pairs: readonly string[] | undefined;

  constructor(status: number, bag: HeaderBag, raw: unknown, body: AnswerBody) {
    this.status = status;
    this.#bag = bag;
    this.#raw = raw;
    this.#body = body;
  }

  get headers(): HttpHeaders {
    this.#headers ??= joinedHeaders(this.#bag);
    return this.#headers;
  }

  get rawHeaders(): readonly string[] {
    this.#pairs ??= rawHeaderPairs(this.#raw, this.#bag);
    return this.#pairs;
  }

  get body(): Readable {
    return this.#body.stream();
  }

  pour(sink: BodySink): Flow {
    return this.#body.pour(sink);
  }
}
