import type { Instance } from "../auth/instance.ts";
import type { SandboxResponse } from "../message.ts";
import { markup } from "./markup.ts";
import { page } from "./shell.ts";
import { type SignedIn, signedInHeader } from "./signed-in.ts";

export type Authorized = {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly access: string;
  readonly since_ms: number;
};

/** The applications a user has let in, each with a button that takes the access away. */
export function authorizedApplicationsPage(view: {
  readonly instance: Instance | undefined;
  readonly place?: string;
  readonly signedIn: SignedIn;
  readonly title: string;
  readonly action: string;
  readonly entries: readonly Authorized[];
}): SandboxResponse {
  const { signedIn, entries } = view;
  return page({
    title: view.title,
    place: view.instance?.site.title ?? view.place ?? "",
    signedIn: signedInHeader(view.instance, signedIn),
    body:
      entries.length === 0
        ? markup`<section><p>No application has access to your account.</p></section>`
        : markup`<section class="scroll folds" aria-label="${view.title}"><table role="table">
<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Application</th><th scope="col" role="columnheader">Protocol</th><th scope="col" role="columnheader">Access</th><th scope="col" role="columnheader">Since</th><th scope="col" role="columnheader">Action</th></tr></thead>
<tbody role="rowgroup">${entries.map(
            (
              entry,
            ) => markup`<tr role="row"><th scope="row" role="rowheader">${entry.name}</th><td role="cell">${entry.kind}</td><td role="cell">${entry.access}</td><td role="cell">${new Date(entry.since_ms).toISOString().slice(0, 16).replace("T", " ")}</td>
<td role="cell"><form method="post" action="${view.action}"><input type="hidden" name="atl_token" value="${signedIn.session.csrf}"><button class="no" type="submit" name="revoke" value="${entry.id}" aria-label="Revoke the access of ${entry.name}">Revoke</button></form></td></tr>`,
          )}</tbody>
</table></section>`,
  });
}
