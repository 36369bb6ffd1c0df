/** Jira's answer read whole, because somebody must look into it. */
import { LatchkeyError } from "../../errors.ts";
import type { OpenAnswer } from "../../transport.ts";
import type { Held } from "./held.ts";

/** Of an answer that is looked into; larger ones are refused. */
export const MAX_ANSWER_BYTES = 10_000_000;

export type AnswerBody =
  | { readonly kind: "none" }
  | { readonly kind: "json"; readonly json: unknown }
  /** Not JSON, whatever it says of itself. */
  | { readonly kind: "other"; readonly bytes: number };

const BODILESS = new Set([204, 205, 304]);

/** @throws answer_too_large, by the bytes that come; rate_limited where they find no room; what reading meets */
export async function bodyOf(answer: OpenAnswer, max: number, held: Held): Promise<AnswerBody> {
  if (BODILESS.has(answer.status)) {
    answer.body.resume();
    return { kind: "none" };
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += (chunk as Buffer).length;
    if (size > max) {
      throw new LatchkeyError("answer_too_large", `An answer of at most ${max} bytes can be looked into.`, {
        details: { max },
        fix: "Ask for fewer results at once (maxResults), or for fewer fields.",
      });
    }
    held.take((chunk as Buffer).length);
    chunks.push(chunk as Buffer);
  }
  if (size === 0) return { kind: "none" };
  if (!isJson(answer)) return { kind: "other", bytes: size };
  try {
    return { kind: "json", json: JSON.parse(new TextDecoder().decode(Buffer.concat(chunks))) };
  } catch {
    return { kind: "other", bytes: size };
  }
}

/** Whether it says of itself that it is JSON. */
export function isJson({ headers }: OpenAnswer): boolean {
  const type = (headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
  return /^application\/([a-z0-9.+-]+\+)?json$/.test(type);
}
