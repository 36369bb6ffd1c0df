import type { AuthorizeRequest } from "../auth/datacenter/oauth2-request.ts";
import type { Instance } from "../auth/instance.ts";
import type { SandboxResponse } from "../message.ts";
import { markup } from "./markup.ts";
import { page } from "./shell.ts";
import { type SignedIn, signedInHeader } from "./signed-in.ts";

const words: Readonly<Record<string, string>> = {
  READ: "View projects and issues, and everything else you can see.",
  WRITE: "Create, change and delete projects and issues, besides viewing them.",
  ADMIN: "Do most of what an administrator does, besides reading and writing.",
  SYSTEM_ADMIN: "Do everything a system administrator does.",
};

/** Asks the signed-in user whether an OAuth 2.0 client may act for them. */
export function oauth2ConsentPage(consent: {
  readonly instance: Instance;
  readonly asked: AuthorizeRequest;
  readonly signedIn: SignedIn;
  readonly action: string;
}): SandboxResponse {
  const { instance, asked, signedIn } = consent;
  return page({
    title: `Allow ${asked.client.name} to act for you?`,
    place: instance.site.title,
    signedIn: signedInHeader(instance, signedIn),
    leadsTo: [asked.redirect_uri],
    body: markup`<section>
<p>The application <strong>${asked.client.name}</strong> asks for access to ${instance.site.title} as <strong>${signedIn.user.displayName}</strong> (${signedIn.user.name}). It would be able to:</p>
<dl><dt>${asked.scope}</dt><dd>${words[asked.scope] ?? ""} Never more than you yourself may do.</dd></dl>
<p class="soft">Afterwards you are sent to ${asked.redirect_uri}. You can take the access away under <a href="${instance.root}/plugins/servlet/oauth/users/access-tokens">authorized applications</a>.</p>
<form method="post" action="${consent.action}">
<input type="hidden" name="atl_token" value="${signedIn.session.csrf}">
<div class="row"><button class="main" type="submit" name="approve" value="Allow">Allow</button>
<button class="no" type="submit" name="deny" value="Deny">Deny</button></div>
</form>
</section>`,
  });
}
