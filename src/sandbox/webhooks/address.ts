import type { Sandbox } from "../message.ts";

const LOOPBACK = /^(?:localhost|[a-z0-9-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

/** Whether the sandbox sends to an address: loopback, or the origin of a redirect URI that was registered. */
export function mayReach(url: string, sandbox: Sandbox): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, origin } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") return false;
  if (LOOPBACK.test(hostname)) return true;
  return Object.values(sandbox.state.auth.cloud.apps).some((app) =>
    app.redirect_uris.some((uri) => URL.canParse(uri) && new URL(uri).origin === origin),
  );
}
