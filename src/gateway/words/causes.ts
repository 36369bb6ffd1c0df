/** What may have ended a connection, in words: the causes that are not excluded where none is proven. */
import { plain } from "../html.ts";

const WORDS: Readonly<Record<string, string>> = {
  revoked_by_user: "The approval was taken back in Jira.",
  revoked_by_admin: "An administrator revoked the token.",
  token_expired: "It has expired.",
  admin_uninstalled: "An administrator removed the application, or its link.",
  password_changed: "The password of the account was changed.",
  account_deactivated: "The account was closed.",
  rotated_elsewhere: "Another program renewed with a copy of the token.",
  secret_changed: "The registration was changed here since the approval.",
  site_gone: "The site is gone.",
  lost_answer: "An answer of Jira to a renewal was lost.",
};

/** A sentence for a cause; its code where there is none. */
export function causeWords(cause: string): string {
  return Object.hasOwn(WORDS, cause) ? WORDS[cause]! : plain(cause, 80);
}
