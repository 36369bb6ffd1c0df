import type { CloudAuthorizeRequest } from "../auth/cloud/authorize-request.ts";
import { scopeInWords } from "../auth/cloud/scopes.ts";
import type { SandboxResponse } from "../message.ts";
import type { Site } from "../world/model.ts";
import { markup } from "./markup.ts";
import { page } from "./shell.ts";
import { type SignedIn, signedInHeader } from "./signed-in.ts";

/** Asks a Cloud user whether an application may act for them, with what permissions and on which site. */
export function cloudConsentPage(view: {
  readonly asked: CloudAuthorizeRequest;
  readonly signedIn: SignedIn;
  readonly sites: readonly Site[];
  readonly action: string;
  readonly fault?: string;
}): SandboxResponse {
  const { asked, signedIn } = view;
  const { user } = signedIn;
  return page({
    status: view.fault === undefined ? 200 : 400,
    title: `${asked.app.name} is asking for access to your account`,
    place: "Cloud sign-in",
    signedIn: signedInHeader(undefined, signedIn),
    leadsTo: [asked.redirect_uri],
    body: markup`<section>
${view.fault !== undefined && markup`<p class="note" role="alert">${view.fault}</p>`}
<p><strong>${asked.app.name}</strong> wants to act for <strong>${user.displayName}</strong> (${user.emailAddress}). It would be able to:</p>
<dl>${asked.scopes.map((scope) => {
      const { title, description } = scopeInWords(scope);
      return markup`<dt>${title}</dt><dd>${description} <code class="soft">${scope}</code></dd>`;
    })}</dl>
<form method="post" action="${view.action}">
<input type="hidden" name="atl_token" value="${signedIn.session.csrf}">
<label for="cloud_id">Choose a site</label>
<select id="cloud_id" name="cloud_id" required><option value="">Choose a site</option>${view.sites.map(
      (site) => markup`<option value="${site.cloudId ?? ""}">${site.title} (${site.id})</option>`,
    )}</select>
<div class="row"><button class="main" type="submit" name="approve" value="Accept">Accept</button>
<button class="no" type="submit" name="deny" value="Cancel" formnovalidate>Cancel</button></div>
</form>
<p class="soft">Afterwards you are sent to ${asked.redirect_uri}. You can take the access away under <a href="/connected-apps">connected apps</a>.</p>
</section>`,
  });
}
