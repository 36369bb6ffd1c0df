import { redirect, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import { clientCredentialsPage, incomingClientPage } from "../../pages/incoming-client.ts";
import { messagePage } from "../../pages/stale-form.ts";
import { dataCenter } from "../instance.ts";
import { own } from "../sessions.ts";
import type { DataCenterClient } from "../state.ts";
import { signedInPerson } from "./admin-only.ts";
import { redirectUrls } from "./applinks.ts";
import { dataCenterScopes } from "./bearer.ts";

/** External application, Incoming: the form, and the client it makes. */
export function createIncomingClient(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const signedIn = signedInPerson(request, sandbox, "admin");
  if ("status" in signedIn) return signedIn;
  const instance = dataCenter(sandbox);
  const view = { instance, signedIn, action: request.target };
  if (request.method !== "POST") return incomingClientPage({ ...view, name: "", urls: "", scope: "READ" });
  const form = request.form();
  const name = (form.get("name") ?? "").trim();
  const urls = form.get("redirect_urls") ?? "";
  const scope = form.get("permission") ?? "";
  try {
    if (name === "") throw new TypeError("The name is missing.");
    if (!dataCenterScopes.includes(scope)) throw new TypeError("Choose a permission.");
    const client: DataCenterClient = {
      client_id: sandbox.token(32),
      client_secret: sandbox.token(64),
      name,
      redirect_uris: redirectUrls(urls),
      scope,
    };
    sandbox.state.auth.datacenter.clients[client.client_id] = client;
    sandbox.touched("auth");
    return redirect(
      `${instance.root}/plugins/servlet/applinks/incoming/credentials?client_id=${client.client_id}`,
      303,
    );
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    request.note(error.message);
    return incomingClientPage({ ...view, name, urls, scope, fault: error.message });
  }
}

/** Shows the client id and secret of a client. */
export function incomingClientCredentials(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const signedIn = signedInPerson(request, sandbox, "admin");
  if ("status" in signedIn) return signedIn;
  const instance = dataCenter(sandbox);
  const client = own(sandbox.state.auth.datacenter.clients, request.query.get("client_id") ?? "");
  if (!client)
    return messagePage(404, "No such link", instance.site.title, ["No incoming link has that client id."]);
  return clientCredentialsPage({ instance, signedIn, client });
}
