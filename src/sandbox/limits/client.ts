import type { Sandbox, SandboxRequest } from "../message.ts";

/** The OAuth 2.0 app of Cloud whose token a request carries; undefined for any other caller. */
export function clientOf(request: SandboxRequest, sandbox: Sandbox): string | undefined {
  const token = /^bearer (.*)$/i.exec(request.headers.authorization ?? "")?.[1]?.trim() ?? "";
  const { access, families } = sandbox.state.auth.cloud;
  const family = Object.hasOwn(access, token) ? families[access[token]?.family ?? ""] : undefined;
  return family?.client_id;
}
