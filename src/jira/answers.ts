import type { HttpHeaders } from "../http.ts";
import type { Flavor } from "../protocol/flavors.ts";

export type AnswerClass =
  | "ok"
  | "token_rejected"
  | "scope_missing"
  | "anonymous"
  | "edge"
  | "forbidden"
  | "not_found"
  | "gone"
  | "rate_limited"
  | "failed"
  | "bad_request"
  | "conflict";

export type Answer = {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body?: Uint8Array | string;
};

export function classifyAnswer(_flavor: Flavor, _response: Answer): AnswerClass {
  throw new Error("not built yet");
}
