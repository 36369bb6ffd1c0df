import { json, type Sandbox, type SandboxResponse } from "../../message.ts";
import type { CloudFamily } from "../state.ts";
import { opaqueToken } from "./opaque.ts";

export type Pair = { readonly access_token: string; readonly refresh_token: string | undefined };

/** Gives a family a new access token and, where `offline_access` was granted, a new refresh token. */
export function issuePair(family: CloudFamily, sandbox: Sandbox): Pair {
  const { access, refresh } = sandbox.state.auth.cloud;
  const now = sandbox.now();
  forgetExpired(sandbox, now);
  const access_token = opaqueToken(sandbox, "access");
  access[access_token] = {
    family: family.id,
    expires_ms: now + Number(sandbox.switch("access_ttl_s")) * 1000,
  };
  family.last_used_ms = now;
  sandbox.touched("auth");
  if (!family.scopes.includes("offline_access")) return { access_token, refresh_token: undefined };
  const refresh_token = opaqueToken(sandbox, "refresh");
  refresh[refresh_token] = { family: family.id, issued_ms: now };
  return { access_token, refresh_token };
}

/** The token endpoint's success. There is no refresh token, and no complaint, without `offline_access`. */
export function pairAnswer(pair: Pair, family: CloudFamily, sandbox: Sandbox): SandboxResponse {
  const expires_ms = sandbox.state.auth.cloud.access[pair.access_token]?.expires_ms ?? sandbox.now();
  return json(
    200,
    {
      access_token: pair.access_token,
      ...(pair.refresh_token === undefined ? {} : { refresh_token: pair.refresh_token }),
      expires_in: Math.max(0, Math.round((expires_ms - sandbox.now()) / 1000)),
      token_type: "Bearer",
      scope: family.scopes.join(" "),
    },
    [["Cache-Control", "no-store"]],
  );
}

/** Access tokens long past their life are dropped, so that the state does not grow without end. */
function forgetExpired(sandbox: Sandbox, now_ms: number): void {
  const { access } = sandbox.state.auth.cloud;
  const names = Object.keys(access);
  if (names.length < 500) return;
  for (const name of names) if (now_ms - (access[name]?.expires_ms ?? 0) > 86_400_000) delete access[name];
}
