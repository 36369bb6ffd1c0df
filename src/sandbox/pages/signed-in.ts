import type { Instance } from "../auth/instance.ts";
import type { Session } from "../auth/state.ts";
import type { User } from "../world/model.ts";
import type { Page } from "./shell.ts";

export type SignedIn = { readonly session: Session; readonly user: User };

/** The header's words and sign-out form for a page of one Jira instance. */
export function signedInHeader(
  instance: Instance | undefined,
  signedIn: SignedIn,
): NonNullable<Page["signedIn"]> {
  const { session, user } = signedIn;
  const root = session.face === "cloud" ? "" : (instance?.root ?? "");
  return {
    name: user.displayName,
    logout: session.face === "cloud" ? "/logout" : `${root}/secure/Logout.jspa`,
    csrf: session.csrf,
  };
}
