import type { Sandbox } from "../../message.ts";
import { own } from "../sessions.ts";

/** Keeps what `/rest/auth/1/session` tells about a user's sign-ins; unknown names are not remembered. */
export function countLogin(name: string, successful: boolean, sandbox: Sandbox): void {
  if (!own(sandbox.state.world.users, name)) return;
  const logins = sandbox.state.auth.datacenter.logins;
  const login = own(logins, name) ?? { count: 0, failed: 0 };
  logins[name] = login;
  if (successful) {
    login.count++;
    login.failed_in_a_row = 0;
    login.previous_ms = sandbox.now();
  } else {
    login.failed++;
    login.failed_in_a_row = (login.failed_in_a_row ?? 0) + 1;
    login.last_failed_ms = sandbox.now();
  }
  sandbox.touched("auth");
}
