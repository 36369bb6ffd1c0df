import { empty, json, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import { authenticate } from "../identity.ts";
import { dataCenter } from "../instance.ts";
import { cookieName, endSession, own, startSession, userByPassword } from "../sessions.ts";
import { countLogin } from "./login-count.ts";

/** `/rest/auth/{1,latest}/session`: who is signed in, sign in, sign out. Jira 11 has it switched off. */
export function sessionResource(
  request: SandboxRequest,
  params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  if (params.version !== "1" && params.version !== "latest") return json(404, errors("No such version."));
  if (sandbox.switch("session_resource") === "off") {
    request.note("the session resource is switched off, as in Jira 11");
    return json(403, errors("Cookie-based authentication over REST is disabled on this instance."));
  }
  if (request.method === "POST") return signIn(request, sandbox);
  const identity = authenticate(request, dataCenter(sandbox).site, sandbox);
  if ("status" in identity) return identity;
  const { user, headers } = identity;
  if (!user)
    return json(
      401,
      errors("You are not authenticated. Authentication required to perform this operation."),
      headers,
    );
  if (request.method === "DELETE") return empty(204, [...headers, endSession(request, sandbox)]);
  return json(
    200,
    {
      self: `${sandbox.dataCenterUrl}/rest/api/latest/user?username=${encodeURIComponent(user.name)}`,
      name: user.name,
      loginInfo: loginInfo(user.name, sandbox),
    },
    headers,
  );
}

function signIn(request: SandboxRequest, sandbox: Sandbox): SandboxResponse {
  const body = request.json();
  const { username, password } = (typeof body === "object" && body !== null ? body : {}) as Record<
    string,
    unknown
  >;
  if (typeof username !== "string" || typeof password !== "string") {
    return json(400, errors("The body must be JSON with username and password."));
  }
  const user = userByPassword(sandbox, username, password);
  countLogin(user?.name ?? username, user !== undefined, sandbox);
  if (!user) {
    request.note("wrong user name or password");
    return json(401, errors("Login failed"), [
      ["X-AUSERNAME", "anonymous"],
      ["X-Seraph-LoginReason", "AUTHENTICATED_FAILED"],
    ]);
  }
  const { id, cookie } = startSession(request, user, sandbox);
  return json(
    200,
    { session: { name: cookieName("datacenter"), value: id }, loginInfo: loginInfo(user.name, sandbox) },
    [cookie, ["X-AUSERNAME", user.name], ["X-Seraph-LoginReason", "OK"]],
  );
}

function loginInfo(name: string, sandbox: Sandbox): Record<string, unknown> {
  const login = own(sandbox.state.auth.datacenter.logins, name);
  const written = (time_ms: number) => new Date(time_ms).toISOString().replace("Z", "+0000");
  return {
    failedLoginCount: login?.failed ?? 0,
    loginCount: login?.count ?? 0,
    ...(login?.last_failed_ms === undefined ? {} : { lastFailedLoginTime: written(login.last_failed_ms) }),
    previousLoginTime: written(login?.previous_ms ?? sandbox.now()),
  };
}

function errors(message: string): Record<string, unknown> {
  return { errorMessages: [message], errors: {} };
}
