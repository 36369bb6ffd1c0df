import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { LatchkeyError } from "../errors.ts";

export type Loopback = {
  /** The address the answer is caught at; with port 0 asked, the one that was free. */
  readonly redirect_uri: string;
  /** The parameters of the first request to that address. */
  readonly answer: Promise<URLSearchParams>;
  close(): void;
};

const PAGE = (said: string) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Latchkey</title>
<h1>${said}</h1><p>You can close this window and go back to the terminal.</p></html>`;

/**
 * Listens on a loopback redirect URI until the browser brings the answer.
 *
 * @see RFC 8252 section 7.3
 * @throws LatchkeyError `port_in_use`
 */
export async function listen(redirect_uri: string): Promise<Loopback> {
  const wanted = new URL(redirect_uri);
  const server = createServer();
  const answer = new Promise<URLSearchParams>((resolve) => {
    server.on("request", (request, response) => answerTo(request, response, wanted.pathname, resolve));
  });
  await start(server, wanted);
  const address = server.address();
  if (wanted.port === "0" && typeof address === "object" && address) wanted.port = String(address.port);
  return {
    redirect_uri: wanted.port === "" ? redirect_uri : wanted.href,
    answer,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function start(server: Server, wanted: URL): Promise<void> {
  const host = wanted.hostname === "[::1]" ? "::1" : "127.0.0.1";
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === "EADDRINUSE"
          ? new LatchkeyError(
              "port_in_use",
              `Port ${wanted.port} is in use, and the redirect URI ${wanted.href} needs it.`,
              {
                cause,
                fix: "Stop what listens there, or connect with --no-browser and paste the address.",
              },
            )
          : cause,
      );
    });
    server.listen(Number(wanted.port || 80), host, resolve);
  });
}

function answerTo(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  resolve: (params: URLSearchParams) => void,
): void {
  const url = new URL(request.url ?? "/", "http://localhost");
  const ours = request.method === "GET" && url.pathname === path;
  response.writeHead(ours ? 200 : 404, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'",
    connection: "close",
  });
  response.end(PAGE(ours ? "Latchkey has the answer." : "There is nothing here."));
  if (ours) resolve(url.searchParams);
}

/** Whether a redirect URI is one this machine can listen on. */
export function isLoopback(redirect_uri: string | undefined): redirect_uri is string {
  if (!redirect_uri || !URL.canParse(redirect_uri)) return false;
  const { protocol, hostname } = new URL(redirect_uri);
  return protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}
