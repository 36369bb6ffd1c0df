import type { Sandbox, SandboxRequest } from "../message.ts";
import type { Session } from "./state.ts";

/**
 * Whether a form was sent by a page of this very sandbox and this very session: the hidden token fits, and the
 * browser names no other origin.
 */
export function formIsOurs(request: SandboxRequest, session: Session, sandbox: Sandbox): boolean {
  if (!sameOrigin(request, sandbox)) {
    request.note("the form came from another origin");
    return false;
  }
  if (request.form().get("atl_token") !== session.csrf) {
    request.note("the form's atl_token is not the one of this session");
    return false;
  }
  return true;
}

/** Whether the Origin header, where one was sent, names this server by the Host it was reached under, or as it shows itself. */
export function sameOrigin(request: SandboxRequest, sandbox: Sandbox): boolean {
  const origin = request.headers.origin;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const shown = new URL(request.face === "cloud" ? sandbox.cloudUrl : sandbox.dataCenterUrl).origin;
  return new URL(origin).host === request.headers.host || origin === shown;
}

/**
 * A place on this server to go on to after signing in, or the fallback. Only a plain absolute path is followed:
 * `//host`, `/\host` and whole URLs would lead the browser elsewhere.
 */
export function localPath(wanted: string | null | undefined, fallback: string): string {
  if (!wanted?.startsWith("/") || wanted.startsWith("//")) return fallback;
  for (const character of wanted) {
    if (character === "\\" || character < " " || character === "\u007f") return fallback;
  }
  return wanted;
}
