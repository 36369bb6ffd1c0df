/** Speaks HTTP by hand, so that a test can send what a client library would not, and see a connection being cut. */
import { connect } from "node:net";

export type RawAnswer = { readonly status: number | undefined; readonly head: string; readonly body: string };

/** Sends the text of one request and gives back all that came before the connection ended. */
export function rawRequest(
  url: string,
  lines: readonly string[],
  body = "",
  host = "127.0.0.1",
): Promise<RawAnswer> {
  const { port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), host);
    let received = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      received += chunk;
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      const cut = received.indexOf("\r\n\r\n");
      const head = cut < 0 ? received : received.slice(0, cut);
      const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1];
      resolve({
        status: status === undefined ? undefined : Number(status),
        head,
        body: cut < 0 ? "" : received.slice(cut + 4),
      });
    });
    socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
  });
}
