import { empty, json, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import { own } from "../sessions.ts";

/** `POST /oauth/revoke`: no such endpoint is documented for 3LO apps, so it is absent unless switched on. @see RFC 7009 */
export function revokeCloud(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  if (sandbox.switch("revoke_endpoint") === "absent") {
    request.note("there is no revocation endpoint for 3LO apps");
    return json(404, { code: 404, message: "Not Found" });
  }
  const body = request.json();
  const named = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const token = typeof named.token === "string" ? named.token : (request.form().get("token") ?? "");
  const { access, refresh, families } = sandbox.state.auth.cloud;
  const family = families[own(refresh, token)?.family ?? own(access, token)?.family ?? ""];
  if (family) {
    family.revoked = "the app revoked its token";
    for (const [name, held] of Object.entries(access)) if (held.family === family.id) delete access[name];
    sandbox.touched("auth");
  }
  return empty(200);
}
