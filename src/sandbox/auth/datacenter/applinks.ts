import { redirect, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import { applinksPage } from "../../pages/applinks.ts";
import { consumerPage } from "../../pages/consumer.ts";
import { messagePage } from "../../pages/stale-form.ts";
import { dataCenter } from "../instance.ts";
import { readPublicKey } from "../oauth1/public-key.ts";
import { own } from "../sessions.ts";
import { type Consumer, checkedRedirectUri, newConsumer } from "../state.ts";
import { signedInPerson } from "./admin-only.ts";

const LIST = "/plugins/servlet/applinks/listApplicationLinks";

/** The list of application links: OAuth 1.0a consumers and OAuth 2.0 clients. */
export function listApplinks(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const signedIn = signedInPerson(request, sandbox, "admin");
  if ("status" in signedIn) return signedIn;
  const { consumers, datacenter } = sandbox.state.auth;
  return applinksPage({
    instance: dataCenter(sandbox),
    signedIn,
    consumers: Object.values(consumers),
    clients: Object.values(datacenter.clients),
  });
}

/** The form of one consumer: empty with `?key=` absent, filled for a known key; POST saves it. */
export function editConsumer(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const signedIn = signedInPerson(request, sandbox, "admin");
  if ("status" in signedIn) return signedIn;
  const instance = dataCenter(sandbox);
  const { consumers } = sandbox.state.auth;
  const editing = request.query.get("key") ?? undefined;
  const known = editing === undefined ? undefined : own(consumers, editing);
  if (editing !== undefined && !known) {
    return messagePage(404, "No such consumer", instance.site.title, [`No consumer has the key ${editing}.`]);
  }
  const view = { instance, signedIn, editing, action: request.target };
  if (request.method !== "POST") {
    return consumerPage({ ...view, consumer: known ?? newConsumer("", ""), pasted: known?.public_key ?? "" });
  }
  const pasted = request.form().get("public_key") ?? "";
  const { consumer, faults } = readConsumer(request.form(), known, sandbox);
  if (!known && own(consumers, consumer.key))
    faults.push(`A consumer with the key ${consumer.key} exists already.`);
  if (faults.length > 0) {
    request.note(faults.join(" "));
    return consumerPage({ ...view, consumer, pasted: holdsPrivateKey(pasted) ? "" : pasted, faults });
  }
  consumers[consumer.key] = consumer;
  sandbox.touched("auth");
  return redirect(`${instance.root}${LIST}`, 303);
}

/** What was refused as private is not written back into the page. */
function holdsPrivateKey(pasted: string): boolean {
  const key = readPublicKey(pasted);
  return "refused" in key && key.refused.includes("private key");
}

function readConsumer(
  form: URLSearchParams,
  known: Consumer | undefined,
  sandbox: Sandbox,
): { consumer: Consumer; faults: string[] } {
  const faults: string[] = [];
  const field = (name: string) => (form.get(name) ?? "").trim();
  const consumer: Consumer = {
    key: known?.key ?? field("consumer_key"),
    name: field("consumer_name"),
    description: field("description"),
    allow_3lo: !form.has("refuse_3lo"),
    allow_2lo: form.has("allow_2lo"),
    allow_impersonation: form.has("allow_impersonation"),
  };
  if (consumer.key === "") faults.push("The consumer key is missing.");
  if (consumer.name === "") faults.push("The consumer name is missing.");
  const key = readPublicKey(form.get("public_key") ?? "");
  if ("refused" in key) faults.push(key.refused);
  else consumer.public_key = key.pem;
  const callback = field("callback");
  if (callback !== "" && !/^https?:\/\//i.test(callback)) {
    faults.push("The callback URL must begin with http:// or https://.");
  } else if (callback !== "") consumer.callback = callback;
  const execute_as = field("execute_as");
  if (execute_as !== "" && !own(sandbox.state.world.users, execute_as)) {
    faults.push(`There is no user ${execute_as} to execute as.`);
  } else if (execute_as !== "") consumer.execute_as = execute_as;
  return { consumer, faults };
}

/** Takes a consumer or client away, and with it every token it was given. */
export function removeApplink(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const signedIn = signedInPerson(request, sandbox, "admin");
  if ("status" in signedIn) return signedIn;
  const { consumers, oauth1, datacenter } = sandbox.state.auth;
  const key = request.form().get("consumer_key");
  const client_id = request.form().get("client_id");
  if (key !== null) {
    delete consumers[key];
    for (const token of Object.values(oauth1)) if (token.consumer === key) delete oauth1[token.token];
  }
  if (client_id !== null) {
    delete datacenter.clients[client_id];
    for (const grant of Object.values(datacenter.grants)) {
      if (grant.client_id === client_id) delete datacenter.grants[grant.id];
    }
  }
  sandbox.touched("auth");
  return redirect(`${dataCenter(sandbox).root}${LIST}`, 303);
}

/** Reads redirect URLs, one a line; throws a `TypeError` with a sentence for one that cannot be used. */
export function redirectUrls(text: string): string[] {
  const urls = text
    .split(/\s+/)
    .filter((url) => url !== "")
    .map(checkedRedirectUri);
  if (urls.length === 0) throw new TypeError("At least one redirect URL is needed.");
  return urls;
}
