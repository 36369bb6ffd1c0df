/** A cookie jar with the rules that matter to a dance: host, path, Secure, the `__Host-` prefix and SameSite. */

type Cookie = {
  readonly name: string;
  readonly value: string;
  /** Cookies know no port: `localhost:8080` and `localhost:8090` share them. */
  readonly host: string;
  readonly path: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: "strict" | "lax" | "none";
  readonly expires_at: number | undefined;
};

export type Sending = {
  readonly url: URL;
  readonly method: string;
  /** Whether the navigation was begun on another site. */
  readonly crossSite: boolean;
};

export class CookieJar {
  #cookies: Cookie[] = [];

  /** Takes the `Set-Cookie` lines of an answer; what a browser would refuse is dropped. */
  take(url: URL, lines: readonly string[]): void {
    for (const line of lines) {
      const cookie = parseCookie(url, line);
      if (cookie === undefined) continue;
      this.#cookies = this.#cookies.filter((one) => !isSame(one, cookie));
      if (cookie.expires_at === undefined || cookie.expires_at > Date.now()) this.#cookies.push(cookie);
    }
  }

  /** The `Cookie` header of a navigation; `undefined` where there is none. */
  header({ url, method, crossSite }: Sending): string | undefined {
    const fitting = this.#cookies.filter(
      (one) =>
        one.host === url.hostname &&
        isBelow(url.pathname, one.path) &&
        (!one.secure || isTrustworthy(url)) &&
        (one.expires_at === undefined || one.expires_at > Date.now()) &&
        goesAlong(one, method, crossSite),
    );
    if (fitting.length === 0) return undefined;
    fitting.sort((one, other) => other.path.length - one.path.length);
    return fitting.map((one) => `${one.name}=${one.value}`).join("; ");
  }

  /** Names and values for a host, to look at in a test. */
  all(host: string): ReadonlyMap<string, string> {
    return new Map(this.#cookies.filter((one) => one.host === host).map((one) => [one.name, one.value]));
  }

  clear(): void {
    this.#cookies = [];
  }
}

function isSame(one: Cookie, other: Cookie): boolean {
  return one.name === other.name && one.host === other.host && one.path === other.path;
}

function goesAlong(cookie: Cookie, method: string, crossSite: boolean): boolean {
  if (!crossSite || cookie.sameSite === "none") return true;
  return cookie.sameSite === "lax" && (method === "GET" || method === "HEAD");
}

function isBelow(path: string, base: string): boolean {
  return path === base || path.startsWith(base.endsWith("/") ? base : `${base}/`);
}

/** Browsers take Secure cookies on loopback without https. */
function isTrustworthy(url: URL): boolean {
  return url.protocol === "https:" || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
}

function parseCookie(url: URL, line: string): Cookie | undefined {
  const [pair = "", ...rest] = line.split(";").map((part) => part.trim());
  const cut = pair.indexOf("=");
  if (cut < 1) return undefined;
  const name = pair.slice(0, cut);
  const attributes = new Map(
    rest.map((part) => {
      const [key = "", ...value] = part.split("=");
      return [key.toLowerCase(), value.join("=")] as const;
    }),
  );
  const domain = attributes.get("domain")?.replace(/^\./, "").toLowerCase();
  if (domain !== undefined && domain !== url.hostname) return undefined;
  const secure = attributes.has("secure");
  const path = attributes.get("path");
  if (secure && !isTrustworthy(url)) return undefined;
  if (name.startsWith("__Host-") && (!secure || path !== "/" || domain !== undefined)) return undefined;
  const sameSite = attributes.get("samesite")?.toLowerCase();
  if (sameSite === "none" && !secure) return undefined;
  return {
    name,
    value: pair.slice(cut + 1),
    host: url.hostname,
    path: path?.startsWith("/") ? path : url.pathname.replace(/\/[^/]*$/, "") || "/",
    secure,
    httpOnly: attributes.has("httponly"),
    sameSite: sameSite === "strict" || sameSite === "none" ? sameSite : "lax",
    expires_at: expiryOf(attributes),
  };
}

function expiryOf(attributes: ReadonlyMap<string, string>): number | undefined {
  const age = attributes.get("max-age");
  if (age !== undefined && /^-?\d+$/.test(age)) return Date.now() + Number(age) * 1000;
  const expires = attributes.get("expires");
  const at = expires === undefined ? Number.NaN : Date.parse(expires);
  return Number.isNaN(at) ? undefined : at;
}
