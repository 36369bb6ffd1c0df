/** `/connect/token`: a token made in Jira, typed in place of an approval. */
import { type Html, html, nothing } from "../html.ts";
import type { Asked } from "./connect.ts";
import type { Chrome, Page } from "./layout.ts";

export type TokenForm = {
  readonly asked?: Asked & { readonly email?: string | undefined; readonly expires?: string | undefined };
  /** The connection it is for, where that is known. */
  readonly reconnect?: { readonly id: string; readonly site: string; readonly email: boolean } | undefined;
  /** Another account than before was recognised: to be confirmed by sending the token again. */
  readonly confirm?: boolean;
};

export function tokenPage(chrome: Chrome, { asked = {}, reconnect, confirm }: TokenForm): Page {
  const { wrong } = asked;
  return {
    title: reconnect ? "Give a new token" : "Connect with a token",
    nav: "connections",
    crumbs: [["Connections", "/"]],
    narrow: true,
    body: html`<h1>${reconnect ? "Give a new token" : "Connect with a token"}</h1>
<p class="lead">A token that you make in Jira yourself takes the place of an approval. It may do whatever you may do there, until it ends or you revoke it.</p>
${wrong ? html`<div class="note dead" role="alert"><h2>${wrong.title}</h2><p>${wrong.says} ${wrong.fix}</p></div>` : nothing}
<form class="sheet" action="${chrome.at("/connect/token")}" method="post" autocomplete="off">
${where(reconnect, asked.site)}
<div class="field"><label for="token">Token</label>
<input type="password" id="token" name="token" maxlength="4096" required aria-describedby="token-hint" autocomplete="off" spellcheck="false">
<p class="hint" id="token-hint">Data Center: your picture, Profile, Personal Access Tokens. Cloud: your Atlassian account, Security, API tokens.</p></div>
${!reconnect || reconnect.email ? html`<div class="field"><label for="email">E-mail address</label><input type="text" id="email" name="email" value="${asked.email ?? ""}" maxlength="320" inputmode="email" autocapitalize="none" spellcheck="false" aria-describedby="email-hint"><p class="hint" id="email-hint">Cloud only: the account the token belongs to.</p></div>` : nothing}
<div class="field"><label for="expires">Ends on</label>
<input type="text" class="short" id="expires" name="expires" value="${asked.expires ?? ""}" placeholder="2027-03-31" maxlength="10" aria-describedby="expires-hint">
<p class="hint" id="expires-hint">As Jira showed it when the token was made. You are told before; without it you are not.</p></div>
${confirm ? html`<label class="choice"><input type="checkbox" name="confirm_account" value="yes"><span>The connection shall be this other account's from now on.</span></label>` : nothing}
<button class="button first">${reconnect ? "Use this token" : "Connect"}</button></form>`,
  };
}

function where(reconnect: TokenForm["reconnect"], site: string | undefined): Html {
  if (reconnect) {
    return html`<dl><dt>Connection to</dt><dd>${reconnect.site}</dd></dl><input type="hidden" name="reconnect" value="${reconnect.id}">`;
  }
  return html`<div class="field"><label for="site">Your Jira</label>
<input type="text" id="site" name="site" value="${site ?? ""}" placeholder="acme.atlassian.net or jira.example.com/jira" autocapitalize="none" spellcheck="false" inputmode="url" maxlength="2048" required></div>`;
}
