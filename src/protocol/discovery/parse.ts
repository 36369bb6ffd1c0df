import { LatchkeyError } from "../../errors.ts";

/** Where Cloud sites are. */
export type CloudSites = {
  /** `https://{name}.atlassian.net`, or that of a sandbox: `http://localhost:8090/sites/{name}`. */
  readonly pattern: string;
  /** The registration that serves these sites, where the caller wants to find it again. */
  readonly registration?: string | undefined;
};

/** What a person typed, understood. */
export type ParsedSite = {
  readonly typed: string;
  /** Base URLs to try, most likely first, each without a trailing slash. */
  readonly candidates: readonly string[];
  /** Set where the text names a Cloud site, or may name one (a bare word). */
  readonly cloud?: { readonly name: string; readonly url: string; readonly registration?: string };
  /** Sentences: how it was understood. */
  readonly why: readonly string[];
};

type CloudMatch = NonNullable<ParsedSite["cloud"]>;

const ATLASSIAN: readonly CloudSites[] = [{ pattern: "https://{name}.atlassian.net" }];
const MAX_TYPED = 2_048;
const SITE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/i;
const EXAMPLE =
  "Type the address as the browser shows it, for example acme.atlassian.net or https://jira.example.com/jira.";

/** First path segments of Jira itself: what stands before them is the context path. */
const OF_JIRA: ReadonlySet<string> = new Set([
  ..."browse secure rest plugins projects issues servicedesk login logout dashboards".split(" "),
  ..."si s sr images download charts activity people webhooks".split(" "),
]);

function refuse(message: string, fix = EXAMPLE): LatchkeyError {
  return new LatchkeyError("bad_request", message, { fix, details: { field: "site" } });
}

/**
 * Understands whatever a person types for a Jira: a Cloud site's name, a host, the address of an issue, dashboard,
 * admin page or REST resource, with or without scheme, port and context path. Nothing is asked of the network.
 *
 * @param options `cloud_sites`: where Cloud sites are, most likely first; Atlassian's own by default
 * @throws LatchkeyError `bad_request` for a text that is no address, carries a password, or is no site's
 */
export function parseSite(
  text: string,
  options: { readonly cloud_sites?: readonly CloudSites[] } = {},
): ParsedSite {
  const cloud_sites = options.cloud_sites ?? ATLASSIAN;
  const typed = clean(text);
  if (typed === "") throw refuse("No address was given.");
  if (typed.length > MAX_TYPED) throw refuse("This is far too long for an address.");
  if (SITE_NAME.test(typed) && typed.toLowerCase() !== "localhost") return fromBareName(typed, cloud_sites);
  const { url, stated } = readUrl(typed);
  const cloud = cloudSiteOf(url, cloud_sites, stated);
  if (cloud) {
    return {
      typed,
      candidates: [cloud.url],
      cloud,
      why: [`${cloud.name} is a Jira Cloud site by its address.`],
    };
  }
  refuseAtlassianItself(url);
  return fromUrl(typed, url, stated);
}

function clean(text: string): string {
  return text
    .replace(/[\u200B-\u200D\u2060\uFEFF\u00AD]/g, "")
    .trim()
    .replace(/^[<"'`([]+(?=[A-Za-z0-9])/, "")
    .replace(/(?<=[^\s])[>"'`),.;]+$/, "")
    .trim();
}

function fromBareName(typed: string, cloud_sites: readonly CloudSites[]): ParsedSite {
  const name = typed.toLowerCase();
  const sites = cloud_sites.map((sites) => cloudMatch(sites, name));
  const intranet = [`https://${name}`, `https://${name}/jira`, `http://${name}`, `http://${name}/jira`];
  const why = ["One word can be the name of a Jira Cloud site or of a host in the local network."];
  return {
    typed,
    candidates: [...new Set([...sites.map((site) => site.url), ...intranet])],
    ...(sites[0] && { cloud: sites[0] }),
    why,
  };
}

function cloudMatch(sites: CloudSites, name: string): CloudMatch {
  const url = sites.pattern.replace("{name}", name).replace(/\/+$/, "");
  return { name, url, ...(sites.registration !== undefined && { registration: sites.registration }) };
}

/** `stated`: whether the scheme was typed and not supplied here. */
function readUrl(typed: string): { url: URL; stated: boolean } {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(typed)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") {
    throw refuse("Only http and https addresses lead to a Jira.");
  }
  const bareIPv6 = /^[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*$/i.test(typed) ? `[${typed}]` : typed;
  const text = scheme === undefined ? `https://${bareIPv6.replace(/^\/+/, "")}` : typed;
  if (/\s/.test(text) || !URL.canParse(text)) throw refuse("This is not an address.");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw refuse(
      "The address carries a user name or password.",
      "Leave out everything before the @; signing in happens on Jira's own page.",
    );
  }
  // `mailto:someone` and the like read as host and port once a scheme is put before them.
  const looksLikeHost =
    url.hostname.includes(".") || url.hostname.startsWith("[") || SITE_NAME.test(url.hostname);
  if (!looksLikeHost) throw refuse("This is not an address.");
  return { url, stated: scheme !== undefined };
}

function cloudSiteOf(url: URL, cloud_sites: readonly CloudSites[], stated: boolean): CloudMatch | undefined {
  for (const sites of cloud_sites) {
    const name = nameIn(sites.pattern, url, stated);
    if (name !== undefined) return cloudMatch(sites, name);
  }
  return undefined;
}

function nameIn(pattern: string, url: URL, stated: boolean): string | undefined {
  const model = new URL(pattern.replace("{name}", "latchkey-name"));
  const plain = url.port === "" && model.port === "";
  // https is never demanded of what was typed: a Cloud site's own address is always taken from the pattern.
  if (!plain && (url.port !== model.port || (stated && url.protocol !== model.protocol))) return undefined;
  if (model.pathname.includes("latchkey-name")) {
    if (url.hostname !== model.hostname) return undefined;
    const prefix = model.pathname.slice(0, model.pathname.indexOf("latchkey-name"));
    const name = url.pathname.startsWith(prefix)
      ? (url.pathname.slice(prefix.length).split("/")[0] ?? "")
      : "";
    return SITE_NAME.test(name) ? name.toLowerCase() : undefined;
  }
  const suffix = model.hostname.slice("latchkey-name".length);
  if (!url.hostname.endsWith(suffix)) return undefined;
  const name = url.hostname.slice(0, -suffix.length);
  return SITE_NAME.test(name) ? name : undefined;
}

function refuseAtlassianItself(url: URL): void {
  const host = url.hostname;
  if (/(^|\.)atlassian\.com$/.test(host) || /^(www\.)?atlassian\.net$/.test(host)) {
    throw refuse(
      "This address belongs to Atlassian itself and to no site.",
      "Type the address of your own site, as the browser shows it while you look at an issue: https://acme.atlassian.net",
    );
  }
}

function fromUrl(typed: string, url: URL, stated: boolean): ParsedSite {
  const why: string[] = [];
  const paths = basePaths(url.pathname, why);
  const origins = stated ? [url.origin] : supplySchemes(url, typed, why);
  return { typed, candidates: origins.flatMap((origin) => paths.map((path) => origin + path)), why };
}

function basePaths(pathname: string, why: string[]): string[] {
  const segments = pathname.split("/").filter(Boolean);
  const first = segments.findIndex(
    (segment) => OF_JIRA.has(segment.toLowerCase()) || /\.jspa?$/i.test(segment),
  );
  const context = first < 0 ? segments : segments.slice(0, first);
  if (first >= 0) why.push("The part from Jira's own pages on was left out of the address.");
  const paths: string[] = [];
  for (let length = Math.min(context.length, 5); length >= 0; length--) {
    paths.push(
      context
        .slice(0, length)
        .map((segment) => `/${segment}`)
        .join(""),
    );
  }
  // The context path that Jira's own guides use is the one people forget.
  if (!paths.includes("/jira")) paths.push("/jira");
  return paths;
}

function supplySchemes(url: URL, typed: string, why: string[]): string[] {
  // The URL drops a port that is its scheme's own; here it matters which was typed.
  const authority = typed.replace(/[/?#].*$/, "");
  const port = /^(?:\[[^\]]*\]|[^:]*):(\d+)$/.exec(authority)?.[1];
  const host = url.hostname + (port === undefined || port === "443" ? "" : `:${port}`);
  const near = /^(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[)/.test(url.hostname);
  const plainFirst = port === "80" || (port !== "443" && port !== "8443" && near);
  why.push(`No scheme was typed, so ${plainFirst ? "http, then https" : "https, then http"} are tried.`);
  const origins = [`https://${host}`, `http://${host}`].map((origin) => new URL(origin).origin);
  return plainFirst ? origins.reverse() : origins;
}
