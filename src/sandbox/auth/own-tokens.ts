/** The pages on which a person makes a token, sees it once, and takes it back. */
import { redirect, type Sandbox, type SandboxRequest, type SandboxResponse } from "../message.ts";
import { ownTokensPage } from "../pages/own-tokens.ts";
import { staleFormPage } from "../pages/stale-form.ts";
import { formIsOurs } from "./forms.ts";
import { longest_days, makeToken, revokeToken, tokensOf } from "./given-tokens.ts";
import { dataCenter, loginLocation } from "./instance.ts";
import { currentSession } from "./sessions.ts";

/** `/api-tokens` of the Cloud account, and the Personal Access Tokens of a Data Center profile. */
export function ownTokens(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const { face } = request;
  const instance = face === "cloud" ? undefined : dataCenter(sandbox);
  const place = instance?.site.title ?? "Cloud sign-in";
  const signedIn = currentSession(request, sandbox);
  if (!signedIn) return redirect(loginLocation(request, instance));
  const show = (also: { readonly made?: string; readonly fault?: string } = {}) =>
    ownTokensPage({
      face,
      instance,
      place,
      signedIn,
      action: request.target,
      tokens: tokensOf(sandbox, face, signedIn.user),
      ...also,
    });
  if (request.method !== "POST") return show();
  if (!formIsOurs(request, signedIn.session, sandbox)) return staleFormPage(place);
  const form = request.form();
  const revoked = form.get("revoke");
  if (revoked !== null) {
    const held = tokensOf(sandbox, face, signedIn.user).find((one) => one.id === revoked);
    if (held) revokeToken(sandbox, held.token);
    return redirect(request.target, 303);
  }
  const name = (form.get("name") ?? "").trim();
  const days = Number(form.get("days") ?? "");
  if (name === "") return show({ fault: "The token needs a name." });
  if (!Number.isInteger(days) || days < 0 || days > longest_days) {
    return show({ fault: `The days are a whole number up to ${longest_days}.` });
  }
  const scopes = (form.get("scopes") ?? "").split(/\s+/).filter(Boolean);
  const made = makeToken(sandbox, {
    face,
    user: signedIn.user.name,
    name,
    days,
    ...(face === "cloud" && scopes.length > 0 ? { scopes } : {}),
  });
  return show({ made: made.token });
}
