/** Addresses that came from elsewhere, checked before they become a link or a redirect. */

/** The address when it is http or https, else `undefined`: a `javascript:` link is a script. */
export function safeHref(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > 4096 || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return url.protocol === "https:" || url.protocol === "http:" ? url.href : undefined;
}

/** Host and path of an address, as people say it. */
export function spoken(address: string): string {
  if (!URL.canParse(address)) return address;
  const url = new URL(address);
  return `${url.host}${url.pathname.replace(/\/$/, "")}`;
}

/**
 * Where a person may be sent after a dance: a path of our own, or an address whose origin the operator allowed.
 * Everything else is dropped, so that a link to us is never a link through us.
 */
export function safeReturn(
  value: string | undefined | null,
  own_origin: string,
  allowed_origins: readonly string[] = [],
): string | undefined {
  if (!value || value.length > 2048 || /[\p{Cc} \\]/u.test(value)) return undefined;
  if (value.startsWith("/")) {
    const url = URL.canParse(value, own_origin) ? new URL(value, own_origin) : undefined;
    // The whole address: a path may begin with two slashes once its dots are resolved, and would then name a host.
    return url?.origin === own_origin ? url.href : undefined;
  }
  const address = safeHref(value);
  if (address === undefined) return undefined;
  const { origin } = new URL(address);
  return origin === own_origin || allowed_origins.includes(origin) ? address : undefined;
}
