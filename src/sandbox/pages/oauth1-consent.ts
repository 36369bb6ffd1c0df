import type { Instance } from "../auth/instance.ts";
import type { Consumer } from "../auth/state.ts";
import type { SandboxResponse } from "../message.ts";
import { markup } from "./markup.ts";
import { page } from "./shell.ts";
import { type SignedIn, signedInHeader } from "./signed-in.ts";

type Consent = {
  readonly instance: Instance;
  readonly consumer: Consumer;
  readonly signedIn: SignedIn;
  /** Where the form goes: the very address of the page. */
  readonly action: string;
  readonly token: string;
  readonly leadsTo: string | undefined;
};

/** Asks the signed-in user whether an application may act for them. */
export function oauth1ConsentPage(consent: Consent): SandboxResponse {
  const { instance, consumer, signedIn } = consent;
  return page({
    title: `Allow ${consumer.name} to act for you?`,
    place: instance.site.title,
    signedIn: signedInHeader(instance, signedIn),
    leadsTo: consent.leadsTo === undefined ? [] : [consent.leadsTo],
    body: markup`<section>
<p>The application <strong>${consumer.name}</strong> asks for access to ${instance.site.title} as <strong>${signedIn.user.displayName}</strong> (${signedIn.user.name}).</p>
${consumer.description !== "" && markup`<p>${consumer.description}</p>`}
<p>It will read and change everything you can read and change, until you take the access away under <a href="${instance.root}/plugins/servlet/oauth/users/access-tokens">authorized applications</a>.</p>
<form method="post" action="${consent.action}">
<input type="hidden" name="atl_token" value="${signedIn.session.csrf}">
<input type="hidden" name="oauth_token" value="${consent.token}">
<div class="row"><button class="main" type="submit" name="approve" value="Allow">Allow</button>
<button class="no" type="submit" name="deny" value="Deny">Deny</button></div>
</form>
</section>`,
  });
}

/** The verification code of a dance without a callback. */
export function approvedPage(instance: Instance, consumer: Consumer, verifier: string): SandboxResponse {
  return page({
    title: "Access Approved",
    place: instance.site.title,
    body: markup`<section><p>You have successfully authorized '${consumer.name}'. Your verification code is '${verifier}'. You will need to enter this exact text when prompted. You should write this value down before closing the browser window.</p></section>`,
  });
}

/** What a dance of the older OAuth 1.0 ends with: there is no code to carry over. */
export function approvedWithoutCodePage(instance: Instance, consumer: Consumer): SandboxResponse {
  return page({
    title: "Access Approved",
    place: instance.site.title,
    body: markup`<section><p>You have successfully authorized '${consumer.name}'. Close this browser window and return to the application.</p></section>`,
  });
}

/** What a refusal shows where there is no callback to tell. */
export function deniedPage(instance: Instance, consumer: Consumer): SandboxResponse {
  return page({
    title: "Access Denied",
    place: instance.site.title,
    body: markup`<section><p>You have denied '${consumer.name}' access to your account. It received nothing. Close this browser window and return to the application.</p></section>`,
  });
}
