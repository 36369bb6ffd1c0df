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

/** Pages hold what only their owner may see. */
export const PRIVATE: Readonly<Record<string, string>> = { "cache-control": "no-store" };
