import type { HttpRequest } from "../http.ts";
import type { Credential } from "../protocol/credential.ts";

export type Moment = { readonly now: () => number; readonly random: (bytes: number) => Uint8Array };

export function authorize(_request: HttpRequest, _credential: Credential, _at: Moment): Promise<HttpRequest> {
  throw new Error("not built yet");
}
