import type { Sandbox, SandboxRequest, SandboxResponse } from "../message.ts";
import type { Site, User } from "../world/model.ts";
import { bearerOfDataCenter } from "./datacenter/bearer.ts";
import { captchaChallenge } from "./datacenter/captcha.ts";
import { countLogin } from "./datacenter/login-count.ts";
import { type Found, findToken } from "./given-tokens.ts";
import { cloudSite, dataCenter } from "./instance.ts";
import { authenticateSigned } from "./oauth1/rest.ts";
import { currentSession, userByPassword } from "./sessions.ts";

export type Identity = {
  /** Absent: nobody, an anonymous caller. */
  readonly user?: User;
  readonly via: "session" | "basic" | "bearer" | "oauth1" | "anonymous";
  /** What a token is limited to: scopes of a Cloud token, or the permission (`READ`, `WRITE`, …) of a Data Center token. */
  readonly scopes?: string[];
  /** A service account of the Data Center. */
  readonly service?: boolean;
  /** To be added to the answer: who the server took the caller for. */
  readonly headers: ReadonlyArray<readonly [string, string]>;
};

/**
 * Who a REST request of a Data Center, or of a Cloud site's own address, comes from. A response means refused;
 * credentials that are merely wrong leave the caller anonymous, as in Jira.
 */
export function authenticate(
  request: SandboxRequest,
  site: Site,
  sandbox: Sandbox,
): Identity | SandboxResponse {
  const instance = site.face === "cloud" ? cloudSite(site.id, sandbox)! : dataCenter(sandbox);
  if (site.face === "datacenter" || sandbox.switch("oauth1_on_cloud") === "on") {
    const signed = authenticateSigned(request, instance, sandbox);
    if (signed && "status" in signed) return signed;
    if (signed) return identity(site, "oauth1", signed.user);
  }
  const authorization = request.headers.authorization ?? "";
  if (site.face === "datacenter" && authorization.startsWith("Bearer ")) {
    const bearer = bearerOfDataCenter(authorization.slice("Bearer ".length).trim(), request, sandbox);
    if (!bearer) return anonymous(site, "AUTHENTICATED_FAILED");
    const { user, scopes, service = false } = bearer;
    return { ...identity(site, "bearer", user, scopes), service };
  }
  if (/^basic /i.test(authorization)) return basic(authorization, request, site, sandbox);
  const session = currentSession(request, sandbox);
  return session ? identity(site, "session", session.user) : anonymous(site, "OUT");
}

function basic(
  authorization: string,
  request: SandboxRequest,
  site: Site,
  sandbox: Sandbox,
): Identity | SandboxResponse {
  const [name = "", ...rest] = Buffer.from(authorization.slice(6).trim(), "base64")
    .toString("utf8")
    .split(":");
  const password = rest.join(":");
  if (site.face === "datacenter" && sandbox.switch("basic_auth") === "off") {
    request.note("Basic authentication is switched off");
    return anonymous(site, "AUTHENTICATED_FAILED");
  }
  if (site.face === "cloud") {
    const found = byApiToken(sandbox, name, password);
    if ("user" in found) return identity(site, "basic", found.user, found.scopes && [...found.scopes]);
    request.note(`Basic credentials refused: ${found.refused}`);
    return anonymous(site, "AUTHENTICATED_FAILED");
  }
  const challenge = captchaChallenge(name, request, sandbox);
  if (challenge) return challenge;
  const user = userByPassword(sandbox, name, password);
  countLogin(name, user !== undefined, sandbox);
  if (user) return identity(site, "basic", user);
  request.note("Basic credentials refused: wrong name or password");
  return anonymous(site, "AUTHENTICATED_FAILED");
}

/** Cloud takes an e-mail address and an API token of that very account, never a password. */
function byApiToken(sandbox: Sandbox, email: string, token: string): Found {
  const found = findToken(sandbox, "cloud", token);
  if ("refused" in found) return { refused: `the API token ${found.refused}` };
  const same = found.user.emailAddress.toLowerCase() === email.trim().toLowerCase();
  return same ? found : { refused: "the API token is another account's" };
}

/** The identity of a known caller, with the headers that name it. */
export function identity(
  site: Site,
  via: Identity["via"],
  user: User | undefined,
  scopes?: string[],
): Identity {
  return {
    via,
    ...(user === undefined ? {} : { user }),
    ...(scopes === undefined ? {} : { scopes }),
    headers: namingHeaders(site, user, user ? "OK" : "OUT"),
  };
}

function anonymous(site: Site, reason: string): Identity {
  return { via: "anonymous", headers: namingHeaders(site, undefined, reason) };
}

function namingHeaders(site: Site, user: User | undefined, reason: string): Array<readonly [string, string]> {
  if (site.face === "datacenter") {
    return [
      ["X-AUSERNAME", user ? encodeURIComponent(user.name) : "anonymous"],
      ["X-Seraph-LoginReason", reason],
    ];
  }
  const headers: Array<readonly [string, string]> = [["X-Seraph-LoginReason", reason]];
  if (user) headers.push(["X-AACCOUNTID", encodeURIComponent(user.accountId)]);
  return headers;
}
