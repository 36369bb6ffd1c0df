/** Where a request may come from: our own pages, under our own name. */
import { LatchkeyError } from "../errors.ts";

const READS = new Set(["GET", "HEAD", "OPTIONS"]);
const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether a host name (without port) is this machine itself. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname.toLowerCase());
}

/**
 * Refuses a write that did not come from one of our own pages. `Origin` decides; where a browser leaves it out,
 * `Sec-Fetch-Site` does. A write with neither that names itself a browser is refused. A program without either, such as
 * curl, passes: only a browser sends somebody's cookies because another page asked it to, and no page can make a
 * browser call itself something else.
 */
export function refuseForeignWrite(request: Request, own_origins: readonly string[]): void {
  if (READS.has(request.method)) return;
  const origin = request.headers.get("origin");
  if (origin !== null) {
    if (own_origins.includes(origin)) return;
    throw new LatchkeyError("cross_site");
  }
  const site = request.headers.get("sec-fetch-site");
  if (site === "same-origin" || (site === null && isProgram(request, own_origins))) return;
  throw new LatchkeyError("cross_site", "The form came without saying from which site.");
}

/** Every browser's name begins with this, for reasons of history. */
const BROWSER = /mozilla\//i;

function isProgram({ headers }: Request, own_origins: readonly string[]): boolean {
  const name = headers.get("user-agent");
  const from = headers.get("referer");
  if (name !== null && BROWSER.test(name)) return false;
  return from === null || (URL.canParse(from) && own_origins.includes(new URL(from).origin));
}

/**
 * Refuses a request made under a foreign host name. Where nobody signs in, this is what keeps a web page whose
 * name was pointed at this machine (DNS rebinding) from reading the pages.
 */
export function refuseForeignHost(url: URL, public_url: URL): void {
  if (url.host === public_url.host || isLoopback(url.hostname)) return;
  throw new LatchkeyError("bad_request", "Latchkey is not known under this host name.", {
    fix: `Open ${public_url.origin} instead.`,
  });
}

/**
 * The same page under the name the callback will come back to, when it was opened under another loopback name:
 * cookies of `127.0.0.1` do not reach `localhost`, and the dance would end in "another browser". The path of `url`
 * is the one below our mount path.
 */
export function canonicalAddress(url: URL, public_url: URL): string | undefined {
  const same = url.host === public_url.host;
  const twins = isLoopback(url.hostname) && isLoopback(public_url.hostname) && url.port === public_url.port;
  if (same || !twins) return undefined;
  const base = public_url.pathname.replace(/\/+$/, "");
  return `${public_url.origin}${base}${url.pathname}${url.search}`;
}
