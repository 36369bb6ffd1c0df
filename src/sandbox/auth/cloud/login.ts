import { redirect, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import { loginPage } from "../../pages/login.ts";
import { messagePage, staleFormPage } from "../../pages/stale-form.ts";
import { formIsOurs, localPath, sameOrigin } from "../forms.ts";
import { currentSession, endSession, startSession, userByPassword } from "../sessions.ts";

const PLACE = "Cloud sign-in";

/** `/login?continue=…`: one sign-in for every Cloud site. */
export function loginCloud(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const posted = request.method === "POST";
  const form = request.form();
  const onward = localPath((posted ? form.get("continue") : null) ?? request.query.get("continue"), "/");
  const view = { place: PLACE, action: "/login", hidden: [["continue", onward]] as const };
  if (!posted) return loginPage(view);
  if (!sameOrigin(request, sandbox)) {
    request.note("the sign-in form came from another origin");
    return staleFormPage(PLACE);
  }
  const name = form.get("username") ?? "";
  const user = userByPassword(sandbox, name, form.get("password") ?? "");
  if (!user) {
    request.note("wrong user name or password");
    return loginPage({
      ...view,
      status: 200,
      name,
      fault: "Incorrect e-mail address, user name or password.",
    });
  }
  return redirect(onward, 302, [startSession(request, user, sandbox).cookie]);
}

/** Ends the session of a form that carries its token; a plain link only says how. */
export function logoutCloud(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const signedIn = currentSession(request, sandbox);
  if (request.method === "GET") {
    return messagePage(200, "Sign out", PLACE, [
      "Use the Sign out button at the top of any page: a plain link does not end a session.",
    ]);
  }
  if (signedIn && !formIsOurs(request, signedIn.session, sandbox)) return staleFormPage(PLACE);
  return redirect("/login", 302, [endSession(request, sandbox)]);
}
