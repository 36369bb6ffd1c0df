/** After consent: which of the granted sites, and whether another account than before is meant. */
import type { Choices } from "../../connect/index.ts";
import { spoken } from "../addresses.ts";
import { html, nothing, plain } from "../html.ts";
import { accountName } from "../words/person.ts";
import { counted } from "../words/time.ts";
import type { Chrome, Page } from "./layout.ts";

export function sitePage(chrome: Chrome, attempt_id: string, choices: Choices): Page {
  const who = accountName(choices);
  return {
    title: "Choose a site",
    nav: "connections",
    narrow: true,
    body: html`<h1>Which site should this connection use?</h1>
<p class="lead">${who ? `${who} approved` : "Your approval covers"} ${counted(choices.sites.length, "site")}; none is taken by guess. You can connect others afterwards.</p>
${choices.asked ? html`<div class="note soon"><p><strong>${spoken(plain(choices.asked, 200))} is not among them.</strong><br>Go back and choose that site on Atlassian's consent page, or take one of these.</p></div>` : nothing}
<form class="sheet" method="post" action="${chrome.at(`/connect/${attempt_id}/site`)}"><fieldset><legend>Granted sites</legend>
${choices.sites.map(
  (site) =>
    html`<label class="choice"><input type="radio" name="site_id" value="${site.id}" required><span><strong>${plain(site.name, 120) || spoken(site.url)}</strong><span class="small">${spoken(site.url)}</span></span></label>`,
)}</fieldset>
<button class="button first">Use this site</button></form>`,
  };
}

/** A reconnect that another Jira account approved: nothing has changed yet. */
export function accountPage(
  chrome: Chrome,
  input: {
    readonly attempt_id: string;
    readonly before?: string | undefined;
    readonly now?: string | undefined;
  },
): Page {
  const { before, now } = input;
  return {
    title: "Another account",
    nav: "connections",
    narrow: true,
    body: html`<h1>Another account approved than before</h1>
<p class="lead">The connection belongs to ${before ?? "one Jira account"}; ${now ? `${now} has` : "another has"} approved. Nothing has been changed.</p>
<div class="sheet"><p>If you go on, the connection keeps its id and acts as ${now ?? "the new account"} from now on, for everything that uses it.</p>
<div class="row"><form method="post" action="${chrome.at(`/connect/${input.attempt_id}/account`)}"><button class="button">Use ${now ?? "the new account"}</button></form><a class="button first" href="${chrome.at("/")}">Leave it as it was</a></div></div>
<p class="small soft">To keep ${before ?? "the account"}, sign out of Jira, sign in as ${before ?? "that account"}, and reconnect.</p>`,
  };
}
