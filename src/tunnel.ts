/** A way through an HTTP proxy: CONNECT, and then the connection is the site's own, TLS included. @see RFC 9110 section 9.3.6 */
import type { Duplex } from "node:stream";
import { isLatchkeyError, LatchkeyError } from "./errors.ts";
import { networkFailure } from "./failures.ts";
import type { SiteReach } from "./wire.ts";

type Proxy = NonNullable<SiteReach["http_proxy"]>;

/** What undici's connectors take; only what is used here is named. */
type Wanted = { readonly hostname: string; readonly protocol: string; readonly port: string };
type Callback<S> = (...outcome: [error: Error, socket: null] | [error: null, socket: S]) => void;
type Connector<O extends Wanted, S> = (options: O, callback: Callback<S>) => void;

/** More than any proxy's answer to a CONNECT. */
const MAX_HEAD = 16 * 1024;

/**
 * Dials the proxy, asks it for the site, and hands the connection on. The name of the site is resolved by the proxy;
 * what is dialled from here is the proxy alone.
 *
 * @param toTarget makes TLS with the site over the connection that stands
 */
export function throughProxy<O extends Wanted, S extends Duplex>(
  proxy: Proxy,
  toProxy: Connector<O, S>,
  toTarget: Connector<O & { readonly httpSocket: S }, S>,
  timeout_ms: number,
): Connector<O, S> {
  const url = new URL(proxy.url);
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const { hostname, protocol, host } = url;
  const through = { hostname, protocol, port, host, servername: undefined };
  return (options, callback) => {
    toProxy({ ...options, ...through }, (error, socket) => {
      if (error) return callback(unreachable(error, host), null);
      ask(socket, proxy, authorityOf(options), timeout_ms, (refused) => {
        if (!refused && options.protocol === "https:")
          return toTarget({ ...options, httpSocket: socket }, callback);
        if (!refused) return callback(null, socket);
        socket.destroy();
        callback(refused, null);
      });
    });
  };
}

function authorityOf({ hostname, protocol, port }: Wanted): string {
  const host = hostname.includes(":") && !hostname.startsWith("[") ? `[${hostname}]` : hostname;
  return `${host}:${port || (protocol === "https:" ? "443" : "80")}`;
}

function unreachable(error: Error, host: string): Error {
  const failure = networkFailure(error, host, "connect");
  if (isLatchkeyError(error) && error.code === "proxy_unreachable") return error;
  return new LatchkeyError("proxy_unreachable", undefined, {
    cause: failure,
    details: { ...failure.details, proxy: host, stage: "connect", reason: failure.code },
  });
}

function ask(
  socket: Duplex,
  proxy: Proxy,
  authority: string,
  timeout_ms: number,
  done: (refused?: Error) => void,
): void {
  const { host } = new URL(proxy.url);
  let head = Buffer.alloc(0);
  const finish = (refused?: Error) => {
    clearTimeout(timer);
    socket.off("readable", onReadable).off("error", onError).off("close", onClose);
    done(refused);
  };
  const onError = (error: Error) => finish(unreachable(error, host));
  const onClose = () => finish(refusedBy(host, undefined));
  const onReadable = () => {
    for (;;) {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0 && head.length < MAX_HEAD) continue;
      const status = Number(/^HTTP\/1\.[01] (\d{3})\b/.exec(head.toString("latin1"))?.[1]);
      if (end < 0 || !(status >= 200 && status < 300)) return finish(refusedBy(host, status));
      const rest = head.subarray(end + 4);
      if (rest.length > 0) socket.unshift(rest);
      return finish();
    }
  };
  const timer = setTimeout(() => finish(refusedBy(host, undefined, "timed_out")), timeout_ms);
  socket.on("readable", onReadable).on("error", onError).on("close", onClose);
  const authorization =
    proxy.user === undefined
      ? ""
      : `Proxy-Authorization: Basic ${Buffer.from(`${proxy.user}:${proxy.password?.reveal() ?? ""}`).toString("base64")}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}\r\n`);
}

/** What a proxy answered in place of a connection; its own words stay out. */
function refusedBy(host: string, status: number | undefined, reason = "refused"): LatchkeyError {
  const code =
    status === 407
      ? "proxy_credentials_required"
      : reason === "timed_out"
        ? "proxy_unreachable"
        : "proxy_refused";
  const known = status === undefined || Number.isNaN(status) ? {} : { status };
  return new LatchkeyError(code, undefined, { details: { proxy: host, stage: "connect", reason, ...known } });
}
