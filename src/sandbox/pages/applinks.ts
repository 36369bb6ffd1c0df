import type { Instance } from "../auth/instance.ts";
import type { Consumer, DataCenterClient } from "../auth/state.ts";
import type { SandboxResponse } from "../message.ts";
import { type Markup, markup } from "./markup.ts";
import { page } from "./shell.ts";
import { type SignedIn, signedInHeader } from "./signed-in.ts";

type View = {
  readonly instance: Instance;
  readonly signedIn: SignedIn;
  readonly consumers: readonly Consumer[];
  readonly clients: readonly DataCenterClient[];
};

/** The administrator's list of application links. */
export function applinksPage(view: View): SandboxResponse {
  const root = `${view.instance.root}/plugins/servlet/applinks`;
  return page({
    title: "Application links",
    place: view.instance.site.title,
    signedIn: signedInHeader(view.instance, view.signedIn),
    body: markup`<h2>Incoming, OAuth 1.0a consumers</h2>
<section>${
      view.consumers.length === 0
        ? markup`<p>None yet.</p>`
        : markup`<ul class="plain">${view.consumers.map((consumer) => consumerRow(consumer, view, root))}</ul>`
    }
<p><a href="${root}/consumer">Add a consumer</a></p></section>
<h2>Incoming, OAuth 2.0 external applications</h2>
<section>${
      view.clients.length === 0
        ? markup`<p>None yet.</p>`
        : markup`<ul class="plain">${view.clients.map((client) => clientRow(client, view, root))}</ul>`
    }
<p><a href="${root}/incoming">Create an incoming link</a></p></section>`,
  });
}

function consumerRow(consumer: Consumer, view: View, root: string): Markup {
  return markup`<li><strong>${consumer.name}</strong>, consumer key <code>${consumer.key}</code>, ${
    consumer.public_key ? "public key entered" : "no public key yet: every request of it is refused"
  }
<div class="row"><a href="${root}/consumer?key=${encodeURIComponent(consumer.key)}">Edit</a>
${removeForm(view, root, "consumer_key", consumer.key, consumer.name)}</div></li>`;
}

function clientRow(client: DataCenterClient, view: View, root: string): Markup {
  return markup`<li><strong>${client.name}</strong>, ${client.scope}, client id <code>${client.client_id}</code>
<div class="row"><a href="${root}/incoming/credentials?client_id=${encodeURIComponent(client.client_id)}">Credentials</a>
${removeForm(view, root, "client_id", client.client_id, client.name)}</div></li>`;
}

function removeForm(view: View, root: string, field: string, value: string, name: string): Markup {
  return markup`<form method="post" action="${root}/remove"><input type="hidden" name="atl_token" value="${view.signedIn.session.csrf}"><button class="no" type="submit" name="${field}" value="${value}" aria-label="Remove ${name}">Remove</button></form>`;
}
