import { dataCenterScopes } from "../auth/datacenter/bearer.ts";
import type { Instance } from "../auth/instance.ts";
import type { DataCenterClient } from "../auth/state.ts";
import type { SandboxResponse } from "../message.ts";
import { markup } from "./markup.ts";
import { page } from "./shell.ts";
import { type SignedIn, signedInHeader } from "./signed-in.ts";

/** The form of an incoming OAuth 2.0 link. */
export function incomingClientPage(view: {
  readonly instance: Instance;
  readonly signedIn: SignedIn;
  readonly action: string;
  readonly name: string;
  readonly urls: string;
  readonly scope: string;
  readonly fault?: string;
}): SandboxResponse {
  return page({
    status: view.fault === undefined ? 200 : 400,
    title: "Create an incoming link",
    place: view.instance.site.title,
    signedIn: signedInHeader(view.instance, view.signedIn),
    body: markup`<section>
${view.fault !== undefined && markup`<p class="note" role="alert">${view.fault}</p>`}
<p>An external application that signs users in with OAuth 2.0.</p>
<form method="post" action="${view.action}">
<input type="hidden" name="atl_token" value="${view.signedIn.session.csrf}">
<label for="name">Name</label><input id="name" name="name" type="text" value="${view.name}">
<label for="redirect_urls">Redirect URLs, one a line</label>
<textarea id="redirect_urls" name="redirect_urls" spellcheck="false">${view.urls}</textarea>
<label for="permission">Permission</label>
<select id="permission" name="permission">${dataCenterScopes.map(
      (scope) =>
        markup`<option value="${scope}"${scope === view.scope ? { html: " selected" } : undefined}>${scope}</option>`,
    )}</select>
<div class="row"><button class="main" type="submit">Save</button></div>
</form>
</section>`,
  });
}

/** Client id and secret of an incoming link, to be carried over to the application. */
export function clientCredentialsPage(view: {
  readonly instance: Instance;
  readonly signedIn: SignedIn;
  readonly client: DataCenterClient;
}): SandboxResponse {
  const { client } = view;
  return page({
    title: `Credentials of ${client.name}`,
    place: view.instance.site.title,
    signedIn: signedInHeader(view.instance, view.signedIn),
    body: markup`<section><dl>
<dt>Client ID</dt><dd><code id="client_id">${client.client_id}</code></dd>
<dt>Client secret</dt><dd><code id="client_secret">${client.client_secret}</code></dd>
<dt>Redirect URLs</dt><dd>${client.redirect_uris.map((uri) => markup`<div>${uri}</div>`)}</dd>
<dt>Permission</dt><dd>${client.scope}</dd>
</dl><p><a href="${view.instance.root}/plugins/servlet/applinks/listApplicationLinks">All application links</a></p></section>`,
  });
}
