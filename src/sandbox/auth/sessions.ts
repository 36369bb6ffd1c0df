import type { Face } from "../face.ts";
import type { Sandbox, SandboxRequest } from "../message.ts";
import { contextPath } from "../options.ts";
import type { User } from "../world/model.ts";
import type { Session } from "./state.ts";

const IDLE_MS = 5 * 3600 * 1000;

/** The name of the session cookie. The two faces often share a host, and cookies know no port. */
export function cookieName(face: Face): string {
  return face === "cloud" ? "sandbox_cloud_session" : "JSESSIONID";
}

/** Who the browser's session belongs to; undefined when there is none, or its user may no longer sign in. */
export function currentSession(
  request: SandboxRequest,
  sandbox: Sandbox,
): { id: string; session: Session; user: User } | undefined {
  const id = request.cookie(cookieName(request.face));
  const session = id === undefined ? undefined : own(sandbox.state.auth.sessions, id);
  if (id === undefined || session?.face !== request.face) return undefined;
  const now = sandbox.now();
  const user = sandbox.state.world.users[session.user];
  if (now - session.seen_ms > IDLE_MS || !user?.active) {
    delete sandbox.state.auth.sessions[id];
    return undefined;
  }
  if (now - session.seen_ms > 60_000) {
    session.seen_ms = now;
    sandbox.touched("auth");
  }
  return { id, session, user };
}

/** Signs a user in under a new session id, and ends the session the browser had. */
export function startSession(
  request: SandboxRequest,
  user: User,
  sandbox: Sandbox,
): { id: string; cookie: readonly [string, string] } {
  endSession(request, sandbox);
  const id = sandbox.token(32);
  const now = sandbox.now();
  sandbox.state.auth.sessions[id] = {
    face: request.face,
    user: user.name,
    csrf: sandbox.token(32),
    created_ms: now,
    seen_ms: now,
  };
  sandbox.touched("auth");
  return { id, cookie: ["Set-Cookie", `${cookieName(request.face)}=${id}; ${attributes(request.face)}`] };
}

/** Forgets the browser's session; the header makes the browser forget it too. */
export function endSession(request: SandboxRequest, sandbox: Sandbox): readonly [string, string] {
  const id = request.cookie(cookieName(request.face));
  if (id !== undefined && own(sandbox.state.auth.sessions, id)) {
    delete sandbox.state.auth.sessions[id];
    sandbox.touched("auth");
  }
  return ["Set-Cookie", `${cookieName(request.face)}=; ${attributes(request.face)}; Max-Age=0`];
}

function attributes(face: Face): string {
  return `Path=${face === "cloud" ? "/" : contextPath}; HttpOnly; SameSite=Lax`;
}

/** The user of a name or e-mail address and a password. */
export function userByPassword(sandbox: Sandbox, name: string, password: string): User | undefined {
  const wanted = name.trim().toLowerCase();
  const user = Object.values(sandbox.state.world.users).find(
    (candidate) => candidate.name === wanted || candidate.emailAddress.toLowerCase() === wanted,
  );
  return user?.active && user.password === password ? user : undefined;
}

/** A record's own entry: a name such as `constructor` taken from a request finds nothing. */
export function own<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
