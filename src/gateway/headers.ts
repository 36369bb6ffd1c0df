/** The headers of every page: nothing from elsewhere, nothing kept, nothing framed. */

/**
 * The Content-Security-Policy of a page.
 * @param form_origins Origins that a form may end at, besides our own: a POST to `/connect` is answered with a
 *   redirect to Jira's authorization page, and browsers hold `form-action` against the whole chain of redirects.
 * @see https://www.w3.org/TR/CSP3/#directive-form-action
 */
export function contentSecurityPolicy(own_origin: string, form_origins: readonly string[]): string {
  const targets = [...new Set([own_origin, ...form_origins])].join(" ");
  return [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "img-src 'self' data:",
    `form-action 'self' ${targets}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** `same-origin` and not `no-referrer`, which would make browsers send `Origin: null` with our own forms. */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-resource-policy": "same-origin",
};

/** What is no page runs nothing and is framed by nobody, should a browser take it for one; and nobody keeps it. */
export const NO_PAGE: Readonly<Record<string, string>> = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};

/**
 * A browser that came over https once comes over nothing else for a year. For subdomains too is the operator's to say:
 * an application may share its name with others.
 */
export function transportSecurity({ protocol }: URL): Readonly<Record<string, string>> {
  return protocol === "https:" ? { "strict-transport-security": "max-age=31536000" } : {};
}

/** Pages hold what only their owner may see. */
export const PRIVATE: Readonly<Record<string, string>> = { "cache-control": "no-store" };
