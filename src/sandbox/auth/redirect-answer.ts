import { redirect, type SandboxResponse } from "../message.ts";
import { encodePairs } from "./oauth1/encoding.ts";

/**
 * Sends the browser back to the application with an answer. The redirect URI itself stays to the letter, but for the
 * slash a bare origin gets.
 */
export function answerRedirect(
  redirect_uri: string,
  answer: ReadonlyArray<readonly [string, string | undefined]>,
): SandboxResponse {
  const pairs = answer.filter((pair): pair is readonly [string, string] => pair[1] !== undefined);
  const target = /^https?:\/\/[^/?#]+$/i.test(redirect_uri) ? `${redirect_uri}/` : redirect_uri;
  return redirect(`${target}${redirect_uri.includes("?") ? "&" : "?"}${encodePairs(pairs)}`);
}
