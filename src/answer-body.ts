/** The body of an answer that is still coming: as a stream, or handed on chunk by chunk without one. */
import { Readable } from "node:stream";
import type { HttpHeaders } from "./http.ts";
import type { BodySink, Flow, OpenAnswer } from "./wire.ts";

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
  readonly #finish: () => void;
  #waiting: Buffer[] = [];
  #size = 0;
  #ended = false;
  #failed: Error | undefined;
  #stream: Readable | undefined;
  #sink: BodySink | undefined;

  /** @param finish called once nothing is waited for any longer */
  constructor(started: Exchange, finish: () => void) {
    this.#started = started;
    this.#finish = finish;
  }

  data(chunk: Buffer): void {
    if (this.#sink) {
      if (!this.#sink.data(chunk)) this.#started.pause();
    } else if (this.#stream) {
      if (!this.#stream.push(chunk)) this.#started.pause();
    } else {
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
    for (const chunk of this.#waiting.splice(0)) full = !sink.data(chunk);
    if (this.#ended) sink.end();
    else if (this.#failed) sink.failed(this.#failed);
    else if (full) this.#started.pause();
    else this.#started.resume();
    return {
      resume: () => {
        if (!this.#ended) this.#started.resume();
      },
      cancel: () => this.#cancel(undefined),
    };
  }

  #cancel(error: Error | null | undefined): void {
    this.#finish();
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
    for (const chunk of this.#waiting.splice(0)) stream.push(chunk);
    if (this.#ended) stream.push(null);
    else if (this.#failed) stream.destroy(this.#failed);
    return stream;
  }
}

/** An answer whose body is made a stream only for who asks for one. */
export class Answer implements OpenAnswer {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly #body: AnswerBody;

  constructor(status: number, headers: HttpHeaders, rawHeaders: readonly string[], body: AnswerBody) {
    this.status = status;
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.#body = body;
  }

  get body(): Readable {
    return this.#body.stream();
  }

  pour(sink: BodySink): Flow {
    return this.#body.pour(sink);
  }
}
