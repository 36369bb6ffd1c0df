import { LatchkeyError } from "./errors.ts";

/** What an operator allows although it is private: one origin, from one path downwards. */
export type Allowance = {
  readonly origin: string;
  /** `/` or `/jira`. */
  readonly base_path: string;
};

/**
 * Where an address lies. Everything but `public` needs an operator's allowance: it reaches what an outsider who
 * types a URL must not reach through us.
 */
export type AddressClass =
  | "public"
  | "loopback"
  | "private"
  | "link-local"
  | "shared"
  | "multicast"
  | "reserved"
  | "invalid";

/** First address, prefix length, class. @see RFC 6890 and the IANA special-purpose registries */
const IPV4: readonly (readonly [number, number, AddressClass])[] = [
  [0x00000000, 8, "reserved"],
  [0x0a000000, 8, "private"],
  [0x64400000, 10, "shared"],
  [0x7f000000, 8, "loopback"],
  [0xa9fe0000, 16, "link-local"],
  [0xac100000, 12, "private"],
  [0xc0000000, 24, "reserved"],
  [0xc0000200, 24, "reserved"],
  [0xc0586300, 24, "reserved"],
  [0xc0a80000, 16, "private"],
  [0xc6120000, 15, "reserved"],
  [0xc6336400, 24, "reserved"],
  [0xcb007100, 24, "reserved"],
  [0xe0000000, 4, "multicast"],
  [0xf0000000, 4, "reserved"],
];

function parseIPv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    // A leading zero is octal to some resolvers and decimal to others: not an address.
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

/** Eight groups of 16 bits; a zone id is dropped, an IPv4 tail is read. */
function parseIPv6(text: string): number[] | undefined {
  let bare = text.split("%")[0]!;
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(bare);
  if (tail) {
    const v4 = parseIPv4(tail[2]!);
    if (v4 === undefined) return undefined;
    bare = `${tail[1]}${Math.floor(v4 / 65536).toString(16)}:${(v4 % 65536).toString(16)}`;
  }
  const halves = bare.split("::");
  if (halves.length > 2) return undefined;
  const [head, rest] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head!.length - (rest?.length ?? 0);
  if (rest === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = rest === undefined ? head! : [...head!, ...Array<string>(missing).fill("0"), ...rest];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.map((group) => Number.parseInt(group, 16));
}

function classOfIPv4(value: number): AddressClass {
  for (const [first, length, found] of IPV4) {
    const size = 2 ** (32 - length);
    if (value >= first && value < first + size) return found;
  }
  return "public";
}

function classOfIPv6(groups: readonly number[]): AddressClass {
  const [a, b, c] = groups as [number, number, number];
  const embedded = (at: number) => classOfIPv4(groups[at]! * 65536 + groups[at + 1]!);
  const zeros = (until: number) => groups.slice(0, until).every((group) => group === 0);
  if (zeros(7) && groups[7] === 1) return "loopback";
  if (zeros(5) && groups[5] === 0xffff) return embedded(6);
  // NAT64 and 6to4 carry an IPv4 address that the gateway on the way will dial.
  if (a === 0x64 && b === 0xff9b && groups.slice(2, 6).every((group) => group === 0)) return embedded(6);
  if (a === 0x2002) return embedded(1);
  if ((a & 0xfe00) === 0xfc00) return "private";
  if ((a & 0xffc0) === 0xfe80 || (a & 0xffc0) === 0xfec0) return "link-local";
  if ((a & 0xff00) === 0xff00) return "multicast";
  // Of the rest only global unicast is public, without Teredo, benchmarking and documentation.
  if ((a & 0xe000) !== 0x2000) return "reserved";
  if (a === 0x2001 && (b < 0x0200 || b === 0x0db8)) return "reserved";
  if (a === 0x3fff && b < 0x1000) return "reserved";
  return c === undefined ? "invalid" : "public";
}

/** The class of an IP address in text form, brackets and zone id allowed. */
export function classOfAddress(text: string): AddressClass {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  const v4 = parseIPv4(bare);
  if (v4 !== undefined) return classOfIPv4(v4);
  const v6 = bare.includes(":") ? parseIPv6(bare) : undefined;
  return v6 === undefined ? "invalid" : classOfIPv6(v6);
}

/** The address where a URL's host is one; `new URL` has already turned decimal, octal and hex forms into dots. */
export function literalAddress(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return host.includes(":") || parseIPv4(host) !== undefined ? host : undefined;
}

/** Whether `path` is `base` or lies below it; `/jiraffe` does not lie below `/jira`. */
export function isBelow(path: string, base: string): boolean {
  const bare = base.replace(/\/+$/, "");
  return path === bare || path.startsWith(`${bare}/`);
}

/** Whether an operator allowed this URL: the very origin, at or below the very path. */
export function isAllowed(url: URL, allowances: readonly Allowance[]): boolean {
  return allowances.some((allowance) => {
    if (!URL.canParse(allowance.origin)) return false;
    return new URL(allowance.origin).origin === url.origin && isBelow(url.pathname, allowance.base_path);
  });
}

/** Whether a URL lies within a base URL: same origin, at or below its path. */
export function isWithin(url: URL, base: string): boolean {
  if (!URL.canParse(base)) return false;
  const { origin, pathname } = new URL(base);
  return origin === url.origin && isBelow(url.pathname, pathname);
}

/**
 * Takes a URL apart and keeps its path and query as they are written, since they may have been signed.
 * @throws bad_request for anything but a plain absolute http or https URL
 */
export function readUrl(text: string): { readonly url: URL; readonly target: string } {
  const wrong = (why: string) =>
    new LatchkeyError("bad_request", `The URL cannot be requested: ${why}.`, { fix: "Mend the URL." });
  if (!URL.canParse(text)) throw wrong("it is not an absolute URL");
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw wrong("only http and https are spoken");
  if (url.username !== "" || url.password !== "") throw wrong("it carries a user name or password");
  const written = /^https?:\/\/[^/?#\\]*([^?#]*)(\?[^#]*)?/i.exec(text);
  if (!written) throw wrong("it is not written plainly");
  const path = written[1] || "/";
  // A path that reads differently once normalised would be checked as one thing and sent as another.
  if (path !== url.pathname) throw wrong("its path is not written as it goes on the wire");
  const query = written[2] ?? "";
  return { url, target: path + (/^[\x21-\x7e]*$/.test(query) ? query : url.search) };
}

const MAX_REDIRECTS = 5;

/**
 * Where a redirect leads, if it may be followed.
 * @throws redirect_refused outside `base`, and after five hops
 */
export function redirectTarget(from: string, location: string, base: string, hop: number): string {
  const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
  const details = { host: new URL(from).host, to: to?.origin ?? "an unreadable address", hop };
  if (hop >= MAX_REDIRECTS) {
    throw new LatchkeyError("redirect_refused", "The server redirects without end.", { details });
  }
  if (!to || !isWithin(to, base)) throw new LatchkeyError("redirect_refused", undefined, { details });
  to.hash = "";
  return to.href;
}

/** `guarded`: public addresses only. `permitted`: an operator allowed the origin, or typed the address. */
export type Door = "guarded" | "permitted";
export type Address = { readonly address: string; readonly family: 4 | 6 };
/** All addresses of a name. */
export type Resolve = (hostname: string) => Promise<readonly Address[]>;
type PinnedLookup = (
  hostname: string,
  options: { readonly family?: number | string | undefined; readonly all?: boolean | undefined },
  callback: (
    error: NodeJS.ErrnoException | null,
    address: string | { address: string; family: number }[],
    family?: number,
  ) => void,
) => void;

/** @throws egress_refused */
export function assertPublic(address: string, host: string): void {
  const found = classOfAddress(address);
  if (found === "public") return;
  throw new LatchkeyError("egress_refused", undefined, { details: { host, address_class: found } });
}

/** A resolver for sockets: what it hands back is what is dialled, so a name cannot change after the check. */
export function pinnedLookup(resolve: Resolve, door: Door): PinnedLookup {
  return (hostname, options, callback) => {
    const wanted = options.family === 4 || options.family === 6 ? options.family : 0;
    resolve(hostname)
      .then((all) => {
        // One private address among public ones is refused too: which one is dialled is chance.
        if (door === "guarded") for (const { address } of all) assertPublic(address, hostname);
        const found = wanted === 0 ? all : all.filter(({ family }) => family === wanted);
        if (found.length === 0) throw Object.assign(new Error("no address"), { code: "ENOTFOUND" });
        return found.map(({ address, family }) => ({ address, family }));
      })
      .then(
        (found) =>
          options.all ? callback(null, found) : callback(null, found[0]!.address, found[0]!.family),
        (error: NodeJS.ErrnoException) => callback(error, options.all ? [] : "", 0),
      );
  };
}
