import { json, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import type { User } from "../../world/model.ts";
import { serviceAccount } from "../service-accounts.ts";
import { own } from "../sessions.ts";
import type { CloudFamily } from "../state.ts";

export type CloudBearer = {
  readonly user: User;
  readonly family: CloudFamily;
  /** The scopes that count: granted, and still registered on the app. */
  readonly scopes: string[];
};

/** The consent behind a bearer token, or the gateway's 401. */
export function bearerOfCloud(request: SandboxRequest, sandbox: Sandbox): CloudBearer | SandboxResponse {
  const token = /^bearer (.*)$/i.exec(request.headers.authorization ?? "")?.[1]?.trim();
  if (token === undefined) return unauthorized(request, "no bearer token was sent");
  const { access, families, apps } = sandbox.state.auth.cloud;
  const held = own(access, token);
  const family = held && families[held.family];
  if (!held || !family) return unauthorized(request, "the access token is unknown or revoked");
  if (sandbox.now() >= held.expires_ms) return unauthorized(request, "the access token has expired");
  const user = own(sandbox.state.world.users, family.user);
  if (!user?.active) return unauthorized(request, "the user is deactivated");
  const account = serviceAccount(sandbox, family.client_id);
  const registered = apps[family.client_id]?.scopes ?? account?.scopes ?? [];
  const scopes = family.scopes.filter((scope) => scope === "offline_access" || registered.includes(scope));
  return { user, family, scopes };
}

function unauthorized(request: SandboxRequest, reason: string): SandboxResponse {
  request.note(reason);
  return json(401, { code: 401, message: "Unauthorized" });
}

/** The answer to a token that lacks what the operation needs. It never names the scope; the request log does. */
export function scopeMismatch(request: SandboxRequest, reason: string): SandboxResponse {
  request.note(reason);
  return json(401, { code: 401, message: "Unauthorized; scope does not match" });
}
