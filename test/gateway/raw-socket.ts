/** Speaks HTTP by hand: clients normalise paths and refuse to send what an attacker would. */
import { connect } from "node:net";

export type RawAnswer = {
  /** 0 where nothing like an answer came. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** How many answers came on this connection. */
  readonly answers: number;
};

/** Sends bytes as they are and gives back all that came until the connection ended, or nothing came for a while. */
export function raw(url: string, bytes: string, options: { quiet_ms?: number } = {}): Promise<RawAnswer> {
  const { port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), "127.0.0.1");
    let received = "";
    socket.setEncoding("latin1");
    socket.setTimeout(options.quiet_ms ?? 1_000, () => socket.destroy());
    socket.on("data", (chunk: string) => {
      received += chunk;
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      const cut = received.indexOf("\r\n\r\n");
      const head = cut < 0 ? received : received.slice(0, cut);
      resolve({
        status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0),
        head,
        body: cut < 0 ? "" : received.slice(cut + 4),
        answers: received.split(/^HTTP\/1\.1 [2-5]/m).length - 1,
      });
    });
    socket.write(bytes, "latin1");
  });
}

/** One request, `Connection: close`, its target sent as it is written. */
export function rawRequest(
  url: string,
  line: string,
  headers: readonly string[] = [],
  body = "",
): Promise<RawAnswer> {
  const head = [`${line} HTTP/1.1`, "Host: localhost", "Connection: close", ...headers].join("\r\n");
  return raw(url, `${head}\r\n\r\n${body}`);
}
