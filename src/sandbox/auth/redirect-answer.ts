import { redirect, type SandboxResponse } from "../message.ts";
import { encodePairs } from "./oauth1/encoding.ts";

/** Sends the browser back to the application with an answer; the redirect URI itself stays to the letter. */
export function answerRedirect(
  redirect_uri: string,
  answer: ReadonlyArray<readonly [string, string | undefined]>,
): SandboxResponse {
  const pairs = answer.filter((pair): pair is readonly [string, string] => pair[1] !== undefined);
  return redirect(`${redirect_uri}${redirect_uri.includes("?") ? "&" : "?"}${encodePairs(pairs)}`);
}
