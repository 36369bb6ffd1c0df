import { html, type SandboxResponse } from "../message.ts";
import { type Markup, markup } from "./markup.ts";
import { style, styleHash } from "./style.ts";

export type Page = {
  readonly title: string;
  /** Which Jira this is, for the header: a site's title. */
  readonly place: string;
  readonly body: Markup;
  /** Who is signed in, where to sign out, and the token that form carries. */
  readonly signedIn?: { readonly name: string; readonly logout: string; readonly csrf: string };
  readonly status?: number;
  /** Where a form of this page may lead the browser besides this server: redirect URIs. */
  readonly leadsTo?: readonly string[];
  readonly headers?: ReadonlyArray<readonly [string, string]>;
};

/** One page of the sandbox, complete and without script. */
export function page(view: Page): SandboxResponse {
  const document = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${view.title} - Sandbox Jira</title>
<style>${{ html: style }}</style>
</head>
<body>
<header><strong>Sandbox Jira</strong><span>${view.place === "Sandbox Jira" ? "Data Center" : view.place}</span>${signOut(view.signedIn)}</header>
<main>
<h1>${view.title}</h1>
${view.body}
</main>
</body>
</html>
`;
  return html(view.status ?? 200, document.html, [
    ...securityHeaders(view.leadsTo ?? []),
    ...(view.headers ?? []),
  ]);
}

function signOut(signedIn: Page["signedIn"]): Markup | undefined {
  if (!signedIn) return undefined;
  return markup`<span>Signed in as ${signedIn.name}</span><form method="post" action="${signedIn.logout}"><input type="hidden" name="atl_token" value="${signedIn.csrf}"><button type="submit">Sign out</button></form>`;
}

/**
 * Browsers hold every redirect that follows a form against `form-action`, so the targets are named there, and any
 * loopback port with them: the application redirected to may well send the browser on to another local one.
 */
function securityHeaders(leadsTo: readonly string[]): Array<readonly [string, string]> {
  const targets = new Set(["'self'", ...leadsTo.map(formTarget).filter((target) => target !== "")]);
  if (leadsTo.length > 0) for (const host of ["localhost", "127.0.0.1"]) targets.add(`http://${host}:*`);
  const policy = [
    "default-src 'none'",
    `style-src ${styleHash}`,
    "img-src 'self' data:",
    `form-action ${[...targets].join(" ")}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  return [
    ["Content-Security-Policy", policy.join("; ")],
    ["X-Frame-Options", "DENY"],
    ["X-Content-Type-Options", "nosniff"],
    ["Referrer-Policy", "same-origin"],
    ["Cache-Control", "no-store"],
  ];
}

function formTarget(uri: string): string {
  if (!URL.canParse(uri)) return "";
  const url = new URL(uri);
  if (url.protocol !== "http:" && url.protocol !== "https:") return url.protocol;
  // A host source cannot name an IPv6 address, so there the whole scheme has to be let through.
  return url.hostname.startsWith("[") ? url.protocol : url.origin;
}
