import type { Instance } from "../auth/instance.ts";
import type { Consumer } from "../auth/state.ts";
import type { SandboxResponse } from "../message.ts";
import { type Markup, markup } from "./markup.ts";
import { page } from "./shell.ts";
import { type SignedIn, signedInHeader } from "./signed-in.ts";

/** The incoming side of an application link: what Jira needs to know of an OAuth 1.0a consumer. */
export function consumerPage(view: {
  readonly instance: Instance;
  readonly signedIn: SignedIn;
  readonly editing: string | undefined;
  readonly action: string;
  readonly consumer: Consumer;
  readonly pasted: string;
  readonly faults?: readonly string[];
}): SandboxResponse {
  const { consumer, editing } = view;
  const faults = view.faults ?? [];
  return page({
    status: faults.length > 0 ? 400 : 200,
    title: editing === undefined ? "Add a consumer" : `Edit ${consumer.name}`,
    place: view.instance.site.title,
    signedIn: signedInHeader(view.instance, view.signedIn),
    body: markup`<section>
${faults.length > 0 && markup`<div class="note" role="alert">${faults.map((fault) => markup`<p>${fault}</p>`)}</div>`}
<form method="post" action="${view.action}">
<input type="hidden" name="atl_token" value="${view.signedIn.session.csrf}">
${
  editing === undefined
    ? textField("consumer_key", "Consumer key", consumer.key)
    : markup`<p>Consumer key <code>${consumer.key}</code></p>`
}
${textField("consumer_name", "Consumer name", consumer.name)}
${textField("description", "Description", consumer.description)}
<label for="public_key">Public key</label>
<textarea id="public_key" name="public_key" spellcheck="false">${view.pasted}</textarea>
<p class="soft">A PEM public key, an X.509 certificate, or either as bare base64. Never a private key.</p>
${textField("callback", "Consumer callback URL", consumer.callback ?? "")}
${textField("execute_as", "Execute 2-legged calls as", consumer.execute_as ?? "")}
${tick("allow_2lo", "Allow 2-legged OAuth", consumer.allow_2lo)}
${tick("refuse_3lo", "Refuse 3-legged OAuth", !consumer.allow_3lo)}
${tick("allow_impersonation", "Allow user impersonation through 2-legged OAuth", consumer.allow_impersonation)}
<div class="row"><button class="main" type="submit">Save</button></div>
</form>
</section>`,
  });
}

function textField(name: string, label: string, value: string): Markup {
  return markup`<label for="${name}">${label}</label><input id="${name}" name="${name}" type="text" value="${value}">`;
}

function tick(name: string, label: string, on: boolean): Markup {
  return markup`<label class="tick"><input type="checkbox" name="${name}" value="true"${on ? { html: " checked" } : undefined}> ${label}</label>`;
}
