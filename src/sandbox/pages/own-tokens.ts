import type { GivenToken } from "../auth/given-tokens.ts";
import type { Instance } from "../auth/instance.ts";
import type { Face } from "../face.ts";
import type { SandboxResponse } from "../message.ts";
import { type Markup, markup } from "./markup.ts";
import { page } from "./shell.ts";
import { type SignedIn, signedInHeader } from "./signed-in.ts";

/** A person's tokens, a form that makes another, and, the one time, the token that was made. */
export function ownTokensPage(view: {
  readonly face: Face;
  readonly instance: Instance | undefined;
  readonly place: string;
  readonly signedIn: SignedIn;
  readonly action: string;
  readonly tokens: readonly GivenToken[];
  readonly made?: string;
  readonly fault?: string;
}): SandboxResponse {
  const cloud = view.face === "cloud";
  const csrf = view.signedIn.session.csrf;
  return page({
    status: view.fault === undefined ? 200 : 400,
    title: cloud ? "API tokens" : "Personal Access Tokens",
    place: view.place,
    signedIn: signedInHeader(view.instance, view.signedIn),
    body: markup`${view.fault !== undefined && markup`<p class="note" role="alert">${view.fault}</p>`}
${view.made !== undefined && markup`<section><h2>Copy it now</h2><p>It is not shown again.</p><p><code id="token">${view.made}</code></p></section>`}
<section><h2>Create a token</h2><form method="post" action="${view.action}">
<input type="hidden" name="atl_token" value="${csrf}">
<label for="name">Name</label><input id="name" name="name" type="text">
<label for="days">${cloud ? "Days until it ends, 365 at most" : "Days until it ends; 0: never"}</label><input id="days" name="days" type="text" value="${cloud ? "365" : "90"}">
${cloud && markup`<label for="scopes">Scopes, separated by spaces; none: a classic token, for everything you may do</label><input id="scopes" name="scopes" type="text">`}
<div class="row"><button class="main" type="submit" name="create" value="yes">Create</button></div></form></section>
${view.tokens.length > 0 && list(view.tokens, view.action, csrf)}`,
  });
}

function list(tokens: readonly GivenToken[], action: string, csrf: string): Markup {
  const day = (time_ms: number | undefined) =>
    time_ms === undefined ? "never" : new Date(time_ms).toISOString().slice(0, 10);
  return markup`<section class="scroll folds" aria-label="Your tokens"><table role="table">
<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Name</th><th scope="col" role="columnheader">Access</th><th scope="col" role="columnheader">Ends</th><th scope="col" role="columnheader">Action</th></tr></thead>
<tbody role="rowgroup">${tokens.map(
    (one) =>
      markup`<tr role="row"><th scope="row" role="rowheader">${one.name}</th><td role="cell">${one.scopes?.join(" ") ?? "Everything you can do"}</td><td role="cell">${day(one.expires_ms)}</td>
<td role="cell"><form method="post" action="${action}"><input type="hidden" name="atl_token" value="${csrf}"><button class="no" type="submit" name="revoke" value="${one.id}" aria-label="Revoke ${one.name}">Revoke</button></form></td></tr>`,
  )}</tbody></table></section>`;
}
