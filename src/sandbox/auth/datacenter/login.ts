import { redirect, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import { loginPage } from "../../pages/login.ts";
import { messagePage, staleFormPage } from "../../pages/stale-form.ts";
import { formIsOurs, localPath, sameOrigin } from "../forms.ts";
import { dataCenter } from "../instance.ts";
import { currentSession, endSession, startSession, userByPassword } from "../sessions.ts";
import { countLogin } from "./login-count.ts";

/** `/login.jsp`: the form, and the sign-in it sends. `os_destination` is a path below the context path. */
export function loginDataCenter(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const instance = dataCenter(sandbox);
  const posted = request.method === "POST";
  const form = request.form();
  const wanted = (posted ? form.get("os_destination") : null) ?? request.query.get("os_destination");
  const destination = localPath(wanted, "/");
  const action = `${instance.root}/login.jsp`;
  const show = (status: number, fault?: string, name?: string) =>
    loginPage({
      place: instance.site.title,
      action,
      hidden: [["os_destination", destination]],
      status,
      headers: [
        ["X-AUSERNAME", "anonymous"],
        ["X-Seraph-LoginReason", fault ? "AUTHENTICATED_FAILED" : "OUT"],
      ],
      ...(fault === undefined ? {} : { fault }),
      ...(name === undefined ? {} : { name }),
    });
  if (!posted) return show(200);
  if (!sameOrigin(request, sandbox)) {
    request.note("the sign-in form came from another origin");
    return staleFormPage(instance.site.title);
  }
  const name = form.get("username") ?? form.get("os_username") ?? "";
  const user = userByPassword(sandbox, name, form.get("password") ?? form.get("os_password") ?? "");
  countLogin(user?.name ?? name, user !== undefined, sandbox);
  if (!user) {
    request.note("wrong user name or password");
    return show(200, "Sorry, your username and password are incorrect. Please try again.", name);
  }
  const { cookie } = startSession(request, user, sandbox);
  return redirect(belowContext(destination, instance.root), 302, [
    cookie,
    ["X-AUSERNAME", user.name],
    ["X-Seraph-LoginReason", "OK"],
  ]);
}

/** A destination may be written with the context path or without it. */
function belowContext(destination: string, root: string): string {
  return destination === root || destination.startsWith(`${root}/`) ? destination : `${root}${destination}`;
}

/** `/secure/Logout.jspa` and `/logout`: ends the session of a form that carries its token; a link only asks. */
export function logoutDataCenter(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const instance = dataCenter(sandbox);
  const signedIn = currentSession(request, sandbox);
  if (signedIn && request.method === "POST" && !formIsOurs(request, signedIn.session, sandbox)) {
    return staleFormPage(instance.site.title);
  }
  if (signedIn && request.method === "GET") {
    return messagePage(200, "Sign out", instance.site.title, [
      "Use the Sign out button at the top of any page: a plain link does not end a session.",
    ]);
  }
  const forgotten = endSession(request, sandbox);
  return redirect(`${instance.root}/login.jsp`, 302, [forgotten]);
}
