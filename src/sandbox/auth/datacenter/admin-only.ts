import { redirect, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import { type SignedIn, signedInHeader } from "../../pages/signed-in.ts";
import { messagePage, staleFormPage } from "../../pages/stale-form.ts";
import { formIsOurs } from "../forms.ts";
import { dataCenter, loginLocation } from "../instance.ts";
import { currentSession } from "../sessions.ts";

/** The signed-in person, or where they are sent instead; a form must be one of this session's own. */
export function signedInPerson(
  request: SandboxRequest,
  sandbox: Sandbox,
  needed: "anyone" | "admin",
): SignedIn | SandboxResponse {
  const instance = dataCenter(sandbox);
  const signedIn = currentSession(request, sandbox);
  if (!signedIn) return redirect(loginLocation(request, instance));
  if (needed === "admin" && !signedIn.user.admin) {
    request.note(`${signedIn.user.name} is not an administrator`);
    const says = `You are signed in as ${signedIn.user.displayName}, who is not an administrator of this Jira. Sign out and come back as admin.`;
    const header = signedInHeader(instance, signedIn);
    return messagePage(403, "Administrators only", instance.site.title, [says], header);
  }
  if (request.method === "POST" && !formIsOurs(request, signedIn.session, sandbox)) {
    return staleFormPage(instance.site.title);
  }
  return signedIn;
}
