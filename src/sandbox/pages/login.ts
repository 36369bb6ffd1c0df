import type { SandboxResponse } from "../message.ts";
import { markup } from "./markup.ts";
import { page } from "./shell.ts";

/** The sign-in form of either face. */
export function loginPage(view: {
  readonly place: string;
  readonly action: string;
  readonly hidden: ReadonlyArray<readonly [string, string]>;
  readonly status?: number;
  readonly fault?: string;
  readonly name?: string;
  readonly leadsTo?: readonly string[];
  readonly headers?: ReadonlyArray<readonly [string, string]>;
}): SandboxResponse {
  return page({
    title: "Sign in",
    place: view.place,
    status: view.status ?? 200,
    leadsTo: view.leadsTo ?? [],
    ...(view.headers === undefined ? {} : { headers: view.headers }),
    body: markup`<section>
${view.fault !== undefined && markup`<p class="note" role="alert">${view.fault}</p>`}
<form method="post" action="${view.action}">
${view.hidden.map(([name, value]) => markup`<input type="hidden" name="${name}" value="${value}">`)}
<label for="username">User name or e-mail address</label>
<input id="username" name="username" type="text" autocomplete="username" autocapitalize="none" required value="${view.name ?? ""}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<div class="row"><button class="main" type="submit">Sign in</button></div>
</form>
<p class="soft">This is a sandbox. Its users are alana, william and admin, and each password is the user's name.</p>
</section>`,
  });
}
