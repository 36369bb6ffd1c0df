/** Sends bytes as they are and reads what comes back: answers, or that the connection ended. */
import { connect, type Socket } from "node:net";

export type Got = {
  /** Of the first answer; 0 where none came. */
  readonly status: number;
  /** Bytes that came after the answer, on a connection where one was asked for. */
  readonly more: number;
};

const PATIENCE_MS = 30_000;
/** On a connection of its own, where an answer may never come; and for a second answer, where one must not come. */
const QUIET_MS = 150;
const SECOND_MS = 15;

export type Line = {
  send(bytes: string, how: { readonly alone: boolean; readonly head: boolean }): Promise<Got>;
  close(): void;
};

export function lineTo(port: number): Line {
  let socket: Socket | undefined;
  const fresh = () =>
    connect(port, "127.0.0.1")
      .setNoDelay(true)
      .on("error", () => {});
  return {
    async send(bytes, { alone, head }) {
      if (alone) {
        const own = fresh();
        const got = await exchange(own, bytes, head, QUIET_MS);
        own.resetAndDestroy();
        return got;
      }
      // The other side may have closed it between two requests: that is no answer, so it is asked once more.
      for (let left = 2; ; left--) {
        const kept = socket !== undefined && !socket.destroyed;
        if (!kept) socket = fresh();
        const got = await exchange(socket!, bytes, head, PATIENCE_MS);
        if (got.closes) socket?.resetAndDestroy();
        if (got.status !== 0 || !kept || left === 1) return got;
      }
    },
    close: () => socket?.resetAndDestroy(),
  };
}

type Answered = Got & { readonly closes: boolean };

function exchange(socket: Socket, bytes: string, head: boolean, patience_ms: number): Promise<Answered> {
  return new Promise((resolve) => {
    let received = "";
    const finish = (closes: boolean) => {
      clearTimeout(timer);
      for (const name of ["data", "close"] as const) socket.removeAllListeners(name);
      const { status, rest } = answerIn(received, head) ?? { status: statusOf(received), rest: 0 };
      resolve({ status, more: rest, closes });
    };
    let timer = setTimeout(() => finish(true), patience_ms);
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      received += chunk;
      if (patience_ms === QUIET_MS) {
        clearTimeout(timer);
        timer = setTimeout(() => finish(true), SECOND_MS);
        return;
      }
      const found = answerIn(received, head);
      if (found) finish(found.closes);
    });
    socket.on("close", () => finish(true));
    socket.write(bytes, "latin1");
  });
}

const statusOf = (text: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);

/** The first answer in a text, if it is whole. */
function answerIn(
  text: string,
  head: boolean,
): { status: number; rest: number; closes: boolean } | undefined {
  const cut = text.indexOf("\r\n\r\n");
  if (cut < 0) return undefined;
  const said = text.slice(0, cut);
  const status = statusOf(said);
  if (status >= 100 && status < 200) return answerIn(text.slice(cut + 4), head);
  const closes = /\r\nconnection: close/i.test(said);
  const bodiless = head || status === 204 || status === 304;
  const length = bodiless ? 0 : Number(/\r\ncontent-length: (\d+)/i.exec(said)?.[1] ?? Number.NaN);
  if (!Number.isNaN(length)) {
    const rest = text.length - cut - 4 - length;
    return rest < 0 ? undefined : { status, rest, closes };
  }
  if (!/\r\ntransfer-encoding: chunked/i.test(said)) return undefined;
  for (let at = cut + 4; ; ) {
    const line = text.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(text.slice(at, line), 16);
    at = line + 2 + size + 2;
    if (at > text.length) return undefined;
    if (size === 0) return { status, rest: text.length - at, closes };
  }
}
