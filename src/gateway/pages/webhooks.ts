/** The part of `/admin` about outgoing webhooks: who is told, and what could not be. */
import type { DeliveryView, EndpointView } from "../../events/index.ts";
import { spoken } from "../addresses.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { relative } from "../words/time.ts";
import { cell, tableOf } from "./admin-table.ts";
import { type Chrome, state } from "./layout.ts";

export type Told = {
  readonly endpoints: readonly EndpointView[];
  /** Those given up, newest first. */
  readonly dead: readonly DeliveryView[];
};

export function webhooksSection(chrome: Chrome, { endpoints, dead }: Told, now: number): Html {
  if (endpoints.length === 0)
    return html`<p class="soft">None. A webhook tells your product when a connection is made, is about to end or has died; add one with <code>latchkey webhooks add</code>.</p>`;
  const names = new Map(endpoints.map((one) => [one.id, plain(spoken(one.url), 200)]));
  const columns = ["Address", "Told of", "Last attempt", "State", ""];
  return html`${tableOf(
    columns,
    endpoints.map((one) => endpoint(chrome, one, now)),
  )}
${
  dead.length === 0
    ? nothing
    : html`<h3 class="after">Given up</h3>${tableOf(
        ["Event", "Address", "When", "Last answer", ""],
        dead.map((one) => letter(chrome, one, names.get(one.endpoint_id) ?? "", now)),
      )}`
}`;
}

function endpoint(chrome: Chrome, one: EndpointView, now: number): Html {
  const name = plain(spoken(one.url), 200);
  const whose = one.owner === undefined ? "everyone's" : `${plain(one.owner, 255)}'s`;
  const what = one.types.length === 0 ? "every event" : one.types.map((type) => plain(type, 60)).join(", ");
  const well = one.state === "active" && one.failures === 0;
  const shape = well ? "well" : one.state === "active" ? "soon" : "dead";
  const word = one.state === "disabled" ? "Disabled" : well ? "In use" : `Failing (${one.failures})`;
  const last =
    one.last_sent_at === undefined
      ? "none yet"
      : html`${relative(one.last_sent_at, now)}<br><span class="small soft">${answer(one.last_status, undefined)}</span>`;
  const [verb, label] = one.state === "disabled" ? ["enable", "Enable"] : ["remove", "Remove"];
  return html`<tr role="row">${cell("Address", html`${name}${one.description ? html`<br><span class="small soft">${plain(one.description, 200)}</span>` : nothing}`)}${cell("Told of", html`${what}<br><span class="small soft">${whose}</span>`)}${cell("Last attempt", last)}${cell("State", state(shape, word))}<td role="cell" class="end"><a class="button slim" href="${chrome.at(`/admin/webhooks/${one.id}/${verb}`)}" aria-label="${label} ${name}">${label}</a></td></tr>`;
}

function letter(chrome: Chrome, one: DeliveryView, name: string, now: number): Html {
  const path = chrome.at(`/admin/deliveries/${one.id}/redeliver`);
  return html`<tr role="row">${cell("Event", plain(one.type, 60))}${cell("Address", name)}${cell("When", relative(one.created_at, now))}${cell("Last answer", answer(one.last_status, one.last_error))}<td role="cell" class="end"><form method="post" action="${path}"><button class="button slim" aria-label="Resend ${plain(one.type, 60)} to ${name}">Resend</button></form></td></tr>`;
}

function answer(status: number | undefined, error: string | undefined): string {
  if (status !== undefined) return `answered ${status}`;
  return error === undefined ? "no answer" : `no answer (${plain(error, 60)})`;
}
