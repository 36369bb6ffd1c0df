/** What stands around every page. */
import type { Assets } from "../assets.ts";
import { type Html, html, raw } from "../html.ts";
import type { Flash } from "../session.ts";
import type { Shape } from "../words/health.ts";

export type Chrome = {
  readonly application: string;
  readonly assets: Assets;
  readonly admin: boolean;
  /** This vault is a copy or was restored, and renews nothing. */
  readonly quarantined: boolean;
  /** For somebody who came by a link of an application: nothing leads to the other pages. */
  readonly guest: boolean;
  /** A path of ours as a browser must ask for it. */
  at(path: string): string;
};

export type Page = {
  readonly title: string;
  readonly body: Html;
  readonly nav?: "connections" | "dances" | "admin";
  /** Way back up, outermost first. */
  readonly crumbs?: ReadonlyArray<readonly [name: string, path: string]>;
  /** A page to read rather than to look over. */
  readonly narrow?: boolean;
  /** A page with a table and facts beside it. */
  readonly wide?: boolean;
  readonly flash?: Flash | undefined;
};

const KEY = html`<svg class="key" width="26" height="26" viewBox="0 0 26 26" aria-hidden="true"><circle cx="8" cy="13" r="5.2"/><path d="M13 13h11M20 13v4.5M23.7 13v3"/></svg>`;

/** The whole document. */
export function layout(chrome: Chrome, page: Page): Html {
  const { at, assets } = chrome;
  const item = (name: string, path: string, key: Page["nav"]) =>
    html`<a href="${at(path)}"${page.nav === key ? html` aria-current="${path === "/" ? "page" : "true"}"` : ""}>${name}</a>`;
  return html`${raw("<!doctype html>")}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title} · Latchkey</title>
<link rel="stylesheet" href="${at(assets.look.path)}">
<link rel="icon" href="${at(assets.key.path)}" type="image/svg+xml">
<script src="${at(assets.copy.path)}" defer></script>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header class="bar">
${
  chrome.guest
    ? html`<span class="name">${KEY} Latchkey</span>`
    : html`<a class="name" href="${at("/")}">${KEY} Latchkey</a>
<nav aria-label="Main">${item("Connections", "/", "connections")}${item("Dances", "/dances", "dances")}${chrome.admin ? item("Admin", "/admin", "admin") : ""}</nav>`
}
</header>
<main id="content" tabindex="-1"${page.narrow ? html` class="narrow"` : page.wide ? html` class="wide"` : ""}>
${crumbs(chrome, page)}${chrome.quarantined ? note(QUARANTINED, "status") : ""}${page.flash ? note(page.flash, "status") : ""}${page.body}
</main>
<footer class="foot"><p>${footer(chrome.application)}</p></footer>
</body>
</html>`;
}

const QUARANTINED: Flash = {
  kind: "soon",
  title: "No connection is renewed here.",
  text: "This vault is a copy, or was restored from a backup. Connections work until their tokens end. Its operator must make sure that the original is stopped, and then run: latchkey vault confirm --original-stopped",
};

function footer(application: string): string {
  const whose = /latchkey/i.test(application) ? "Latchkey" : `Latchkey for ${application}`;
  return `${whose}. It never sees your password; you approve on Jira's own page and can take it back there at any time.`;
}

function crumbs(chrome: Chrome, page: Page): Html | "" {
  if (!page.crumbs || chrome.guest) return "";
  return html`<nav class="crumbs" aria-label="Where this is">${page.crumbs.map(([name, path]) => html`<a href="${chrome.at(path)}">${name}</a> / `)}<span aria-current="page">${page.title}</span></nav>`;
}

/** A word about what just happened, or what must be known before reading on. */
export function note(flash: Flash, role?: "status" | "alert"): Html {
  const { kind, title, text, link } = flash;
  return html`<div class="note ${kind}"${role ? html` role="${role}"` : ""}><p><strong>${title}</strong>${text ? html`<br>${text}` : ""}${link ? html`<br><a href="${link.href}" rel="noopener noreferrer">${link.label}</a>` : ""}</p></div>`;
}

/** A status: a word, a shape and a colour. */
export function state(shape: Shape, word: string): Html {
  return html`<span class="state ${shape}">${word}</span>`;
}

/** A button that writes: a form of its own, so that it works without a script. */
export function action(path: string, label: string, kind = ""): Html {
  return html`<form method="post" action="${path}"><button class="button ${kind}">${label}</button></form>`;
}
