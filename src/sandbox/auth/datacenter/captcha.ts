import { html, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import { own } from "../sessions.ts";

/**
 * After too many failures Jira takes no password over REST any more, not even the right one, until the person has
 * signed in once in a browser.
 */
export function captchaChallenge(
  name: string,
  request: SandboxRequest,
  sandbox: Sandbox,
): SandboxResponse | undefined {
  const limit = Number(sandbox.switch("captcha_after"));
  const failed = own(sandbox.state.auth.datacenter.logins, name)?.failed_in_a_row ?? 0;
  if (limit === 0 || failed < limit) return undefined;
  request.note(`${failed} failed logins in a row: a CAPTCHA is wanted in the browser`);
  return html(
    403,
    "<html><head><title>Forbidden (403)</title></head><body>Encountered a &quot;403 - Forbidden&quot; error: Basic Authentication Failure - Reason : AUTHENTICATION_DENIED</body></html>",
    [
      ["X-Authentication-Denied-Reason", `CAPTCHA_CHALLENGE; login-url=${sandbox.dataCenterUrl}/login.jsp`],
      ["X-Seraph-LoginReason", "AUTHENTICATION_DENIED"],
      ["X-AUSERNAME", "anonymous"],
    ],
  );
}
