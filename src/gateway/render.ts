/** From a page to a response. */

import { contentSecurityPolicy, PRIVATE, SAFE_HEADERS, transportSecurity } from "./headers.ts";
import { html } from "./html.ts";
import { type Chrome, layout, type Page } from "./pages/layout.ts";
import { formOrigins, type House, type Visit } from "./visit.ts";

export function chromeOf(house: House, admin: boolean, quarantined = false): Chrome {
  return {
    application: house.application,
    assets: house.assets,
    admin,
    quarantined,
    guest: house.guests === true,
    at: (path) => `${house.base}${path}`,
  };
}

export type RenderOptions = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further origins a form of this page may end at. */
  readonly form_origins?: readonly string[];
};

/** The page for this visit, with the word left by the page before. */
export async function render(visit: Visit, page: Page, options: RenderOptions = {}): Promise<Response> {
  const { house } = visit;
  const flash = page.flash ?? (await visit.hear());
  // A guest's page tells of no other Jira than the one it is about.
  const known = visit.held ? [] : formOrigins(await visit.registrations());
  const origins = [...known, ...(options.form_origins ?? [])];
  return document(
    house,
    chromeOf(house, visit.admin, !visit.held && (await house.parts.vault.quarantine()) !== undefined),
    { ...page, flash },
    { ...options, form_origins: origins },
  );
}

/** A page outside any visit: nobody is known, no registration is looked up. */
export function document(house: House, chrome: Chrome, page: Page, options: RenderOptions = {}): Response {
  return new Response(`${html`${layout(chrome, page)}`}`, {
    status: options.status ?? 200,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": contentSecurityPolicy(house.public_url.origin, options.form_origins ?? []),
      ...SAFE_HEADERS,
      ...PRIVATE,
      ...transportSecurity(house.public_url),
      ...options.headers,
    },
  });
}

/** 303: whatever the method was, the browser goes there with GET. */
export function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location, ...SAFE_HEADERS, ...PRIVATE } });
}
