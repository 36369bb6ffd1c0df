import type { Duplex } from "node:stream";

type Answer = { readonly status: string; readonly title: string; readonly says: string };

const TOO_LONG: Answer = {
  status: "431 Request Header Fields Too Large",
  title: "The address is far too long",
  says: "No answer of Jira is that long, so nothing was read and nothing was changed. Go back to the connect page and start again; if an honest address is refused here, empty the cookies of this site.",
};
const TOO_SLOW: Answer = {
  status: "408 Request Timeout",
  title: "The request took too long",
  says: "It did not arrive as a whole, so nothing was changed. Send it again.",
};
const NO_HTTP: Answer = {
  status: "400 Bad Request",
  title: "This is not a request",
  says: "What arrived is not HTTP as a browser writes it, so nothing was changed. Open the address in a browser again.",
};

/** How long a sender may go on after it was answered, so that it comes to read the answer. */
const LINGER_MS = 2_000;

/**
 * Answers what Node's parser refused before it became a request: Node's own answer has a status and no word. Nothing
 * of what arrived is repeated.
 */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, title, says } =
    error.code === "HPE_HEADER_OVERFLOW"
      ? TOO_LONG
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? TOO_SLOW
        : NO_HTTP;
  const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body><h1>${title}</h1><p>${says}</p></body></html>\n`;
  const head = [
    `HTTP/1.1 ${status}`,
    "Content-Type: text/html; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(page)}`,
    "Cache-Control: no-store",
    "Content-Security-Policy: default-src 'none'",
    "X-Content-Type-Options: nosniff",
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${page}`);
  // Closing on bytes that were not read would reset the connection, and the answer with it.
  socket.on("data", () => {});
  socket.on("error", () => {});
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
