/** A call that failed, as a row: masked here, and never before or after. */
import type { CallRow } from "../store/index.ts";
import type { CallOf, FailedCall, FailedTry } from "./contract.ts";
import { maskCallUrl, maskHeaders, printable } from "./mask.ts";
import { baseStrings, oauthProblemWord, signedStep } from "./signed.ts";
import type { BaseStrings, Evidence, Step } from "./step.ts";

/** More tries than the client ever makes. */
const MAX_TRIES = 12;
const MAX_WORDS = 10;
const MAX_WORD = 500;

export type Masked = { readonly row: Omit<CallRow, "id" | "sealed_evidence">; readonly evidence: Evidence };

export function maskedCall(of: CallOf, call: FailedCall, now: number): Masked {
  const { connection } = of;
  const tries = call.tries.slice(0, MAX_TRIES);
  const last = tries.at(-1);
  const url = maskCallUrl(call.api_base_url, call.url);
  const exchanges: Record<string, BaseStrings> = {};
  const steps = stepsOf(of, call, url, tries, exchanges, now);
  const words = (call.words ?? []).slice(0, MAX_WORDS).map((word) => word.slice(0, MAX_WORD));
  return {
    row: {
      owner: connection.owner,
      connection_id: connection.id,
      registration_id: connection.registration_id,
      flavor: connection.flavor,
      site_url: printable(connection.site.url),
      handle_id: of.handle_id ?? null,
      method: printable(call.method).slice(0, 20),
      path_template: templateOf(call),
      url,
      status: last?.response?.status ?? null,
      error_code: call.error_code,
      started_at: call.began_at,
      ended_at: now,
      tries: call.tries.length,
      missed: 0,
      steps: JSON.stringify(steps),
    },
    evidence: {
      ...(words.length > 0 && { jira: words }),
      ...(Object.keys(exchanges).length > 0 && { exchanges }),
    },
  };
}

function stepsOf(
  of: CallOf,
  call: FailedCall,
  url: string,
  tries: readonly FailedTry[],
  exchanges: Record<string, BaseStrings>,
  now: number,
): Step[] {
  const asked = {
    from: "application",
    to: "latchkey",
    label: of.handle_id === undefined ? "Ask for something in Jira" : "Call through a handle",
    at: call.began_at,
  } as const;
  const sent = tries.map((one, index): Step => {
    const n = index + 2;
    const next = tries[index + 1];
    const texts = one.sent && baseStrings(one.sent, one.response);
    if (texts) exchanges[n] = texts;
    return tryStep(
      n,
      one,
      { method: printable(call.method).slice(0, 20), url },
      next && next.at - one.ended_at,
    );
  });
  const back: Step = {
    n: sent.length + 2,
    from: "latchkey",
    to: "application",
    label: tries.length === 0 ? "Nothing was sent" : "Hand the failure on",
    at: now,
    problem: call.error_code,
  };
  return [{ n: 1, ...asked }, ...sent, back];
}

function tryStep(
  n: number,
  one: FailedTry,
  request: { readonly method: string; readonly url: string },
  wait_ms: number | undefined,
): Step {
  const { response, sent } = one;
  const oauth1 = sent && signedStep(sent, response);
  const problem = response ? oauthProblemWord(response) : (one.error_code ?? "internal");
  return {
    n,
    from: "latchkey",
    to: "jira",
    label: n === 2 ? "Ask Jira" : "Ask again",
    at: one.at,
    duration_ms: Math.max(0, one.ended_at - one.at),
    request,
    ...(response && { response: { status: response.status, headers: maskHeaders(response.headers) } }),
    ...(oauth1 && { oauth1 }),
    ...(problem !== undefined && { problem }),
    ...(wait_ms !== undefined && { wait_ms: Math.max(0, wait_ms) }),
  };
}

/** Names of resources are lower-case words, versions are small numbers; everything else may say something. */
const NAMES = /^(|[a-z][a-z-]{1,30}|[a-z]{2,20}[A-Z][A-Za-z]{1,20}|[0-9]|[0-9]\.[0-9])$/;

function templateOf({ api_base_url, url }: FailedCall): string {
  const base = api_base_url.replace(/\/+$/, "");
  const path = (url.startsWith(base) ? url.slice(base.length) : "").split(/[?#]/)[0] ?? "";
  const segments = path.split("/").map((segment) => (NAMES.test(segment) ? segment : "{id}"));
  return segments.join("/").slice(0, 300);
}
