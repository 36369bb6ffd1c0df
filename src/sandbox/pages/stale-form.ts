import type { SandboxResponse } from "../message.ts";
import { markup } from "./markup.ts";
import { type Page, page } from "./shell.ts";

/** Answers a form that was not sent by a page of this session: nothing was changed. */
export function staleFormPage(place: string): SandboxResponse {
  return page({
    status: 403,
    title: "This form cannot be accepted",
    place,
    body: markup`<section><p>XSRF check failed: the form did not come from a page of your present session. Nothing was changed. Go back, load the page again and send the form once more.</p></section>`,
  });
}

/** Any other page that says what happened and what to do. */
export function messagePage(
  status: number,
  title: string,
  place: string,
  sentences: readonly string[],
  signedIn?: Page["signedIn"],
): SandboxResponse {
  return page({
    status,
    title,
    place,
    ...(signedIn ? { signedIn } : {}),
    body: markup`<section>${sentences.map((sentence) => markup`<p>${sentence}</p>`)}</section>`,
  });
}
