/** Rows as those see them who may. */
import { ERRORS, type ErrorCode } from "../errors.ts";
import type { CallRow, DanceRow } from "../store/index.ts";
import type { CallView, Trouble } from "./contract.ts";
import { type Evidence, readSteps, type Step } from "./step.ts";

/** A code of another version that is not in the table. */
function codeOf(text: string | null): ErrorCode {
  return text !== null && Object.hasOwn(ERRORS, text) ? (text as ErrorCode) : "internal";
}

export function callView(row: CallRow): CallView {
  const { owner: _, sealed_evidence: __, handle_id, status, error_code, steps, ...rest } = row;
  return {
    ...rest,
    ...(handle_id !== null && { handle_id }),
    ...(status !== null && { status }),
    error_code: codeOf(error_code),
    steps: readSteps(steps),
  };
}

export function troubleOfCall(row: CallRow, evidence?: Evidence): Trouble {
  const { id, started_at, flavor, registration_id, connection_id, site_url } = row;
  const steps = readSteps(row.steps);
  return {
    ...{
      kind: "call",
      id,
      at: started_at,
      outcome: "failed",
      flavor,
      registration_id,
      connection_id,
      site_url,
    },
    error_code: codeOf(row.error_code),
    steps,
    ...exchangeOf(steps, evidence),
  };
}

export function troubleOfDance(row: DanceRow, evidence?: Evidence): Trouble {
  const { id, started_at, flavor, registration_id, connection_id, site_url } = row;
  const steps = readSteps(row.steps);
  return {
    ...{ kind: "dance", id, at: started_at, outcome: "failed", flavor, registration_id },
    ...(connection_id !== null && { connection_id }),
    ...(site_url !== null && { site_url }),
    error_code: codeOf(row.error_code),
    ...(row.error !== null && { failure: JSON.parse(row.error) as NonNullable<Trouble["failure"]> }),
    steps,
    ...exchangeOf(steps, evidence),
  };
}

/** The exchange at which it stopped: the last that brought a problem, else the last of all. */
function exchangeOf(steps: readonly Step[], evidence: Evidence = {}) {
  const sent = steps.filter(({ to }) => to === "jira");
  const step = sent.findLast(({ problem }) => problem !== undefined) ?? sent.at(-1);
  const texts = step && evidence.exchanges?.[step.n];
  const { request, response, problem } = step ?? {};
  return {
    ...request,
    ...response,
    ...(problem !== undefined && !Object.hasOwn(ERRORS, problem) && { jira_word: problem }),
    ...(problem !== undefined && response !== undefined && { jira_word: problem }),
    ...(texts && { base_strings: texts }),
    ...(evidence.jira && { jira: evidence.jira }),
  };
}
