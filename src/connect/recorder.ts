/**
 * Writes down every message of a dance, masked before it is kept, so that a failed one can be looked at as a
 * picture. It stands around the outward door while the dance goes on.
 */
import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import type { Flavor } from "../protocol/flavors.ts";
import {
  type BaseStrings,
  baseStrings,
  evidenceOf,
  evidencePlace,
  maskHeaders,
  maskUrl,
  oauthProblemWord,
  printable,
  readSteps,
  signedStep,
} from "../recorder/index.ts";
import { type DanceRow, newId } from "../store/index.ts";
import type { SendOptions, Transport } from "../transport.ts";
import type { ConnectParts, DanceStep } from "./contract.ts";
import { explainFailure, type Failure } from "./failures.ts";

/** A dance is a handful of messages; a server that sends more is not written down without end. */
const MAX_STEPS = 60;

export type Recorder = {
  readonly dance_id: string;
  /** The outward door, with everything that passes it written down. */
  readonly transport: Transport;
  /** Writes down a message that did not pass the door: the browser's. `url` is masked here. */
  note(step: Noted): void;
  /** Ends the dance, or leaves it waiting; the steps are stored with it. */
  end(outcome: DanceRow["outcome"], ending?: Ending): Promise<void>;
  /** Ends the dance as failed and returns the error with the dance named in its details. */
  fail(thrown: unknown, also?: Readonly<Record<string, unknown>>): Promise<unknown>;
};

export type Noted = Pick<DanceStep, "from" | "to" | "label"> & {
  readonly method?: string;
  readonly url?: string;
  readonly problem?: string;
};

type Ending = {
  readonly connection_id?: string;
  readonly attempt_id?: string;
  readonly error_code?: string;
  readonly failure?: Failure;
};

export type DanceStart = {
  readonly owner: string;
  readonly registration_id: string;
  readonly flavor: Flavor;
  readonly site_url?: string;
};

/** Opens the record of a new dance. */
export async function openDance(parts: ConnectParts, start: DanceStart): Promise<Recorder> {
  const row: DanceRow = {
    id: newId("dnc", parts.random),
    owner: start.owner,
    registration_id: start.registration_id,
    attempt_id: null,
    connection_id: null,
    flavor: start.flavor,
    site_url: start.site_url ?? null,
    started_at: parts.now(),
    ended_at: null,
    outcome: "running",
    error_code: null,
    error: null,
    steps: "[]",
    sealed_evidence: null,
  };
  await parts.store.dances.insert(row);
  return recorderOf(parts, row);
}

/** Goes on with the record of a dance; a record that is gone is begun anew, so that no dance fails of it. */
export async function resumeDance(
  parts: ConnectParts,
  id: string | undefined,
  start: DanceStart,
): Promise<Recorder> {
  const row = id === undefined ? undefined : await parts.store.dances.get(start.owner, id);
  return row === undefined ? openDance(parts, start) : recorderOf(parts, row);
}

function recorderOf(parts: ConnectParts, row: DanceRow): Recorder {
  const { now, store, log } = parts;
  const steps: DanceStep[] = readSteps(row.steps);
  const exchanges = exchangesOf(parts, row);
  let endings: Ending = {};

  function push(step: Omit<DanceStep, "n">, texts?: BaseStrings): void {
    if (steps.length >= MAX_STEPS) return;
    const n = steps.length + 1;
    steps.push({ n, ...step });
    if (texts) exchanges[n] = texts;
  }

  async function end(outcome: DanceRow["outcome"], ending: Ending = {}): Promise<void> {
    endings = { ...endings, ...ending };
    await store.dances.update(row.owner, row.id, {
      outcome,
      ended_at: outcome === "connected" || outcome === "failed" ? now() : null,
      error_code: endings.error_code ?? null,
      error: endings.failure === undefined ? null : JSON.stringify(endings.failure),
      connection_id: endings.connection_id ?? row.connection_id,
      attempt_id: endings.attempt_id ?? row.attempt_id,
      steps: JSON.stringify(steps),
      sealed_evidence: sealedExchanges(parts, row, exchanges),
    });
    log.info("dance", {
      dance_id: row.id,
      outcome,
      code: endings.error_code,
      registration_id: row.registration_id,
    });
  }

  return {
    dance_id: row.id,
    transport: recording(parts.transport, now, push),
    note({ method, url, problem, ...step }) {
      push({
        ...step,
        at: now(),
        ...(url !== undefined && { request: { method: method ?? "GET", url: maskUrl(url) } }),
        ...(problem !== undefined && { problem: printable(problem).slice(0, 80) }),
      });
    },
    end,
    async fail(thrown, also = {}) {
      const named = nameDance(thrown, { ...also, dance_id: row.id });
      const about = { flavor: row.flavor, ...(row.site_url !== null && { site: row.site_url }) };
      await end("failed", { error_code: named.code, failure: explainFailure(named, about) });
      return named;
    },
  };
}

type Exchanges = Record<string, BaseStrings>;

/** What was signed: kept sealed, because only operators may see it. */
function sealedExchanges({ vault }: ConnectParts, row: DanceRow, exchanges: Exchanges): string | null {
  if (Object.keys(exchanges).length === 0) return null;
  return vault.seal(evidencePlace("dances", row.id, row.owner), JSON.stringify({ exchanges }));
}

function exchangesOf({ vault }: ConnectParts, row: DanceRow): Exchanges {
  try {
    return { ...evidenceOf(vault, "dances", row).exchanges };
  } catch {
    // A dance goes on without its record.
    return {};
  }
}

function recording(
  transport: Transport,
  now: () => number,
  push: (step: Omit<DanceStep, "n">, texts?: BaseStrings) => void,
): Transport {
  return {
    ...transport,
    async send(request: HttpRequest, options?: SendOptions): Promise<HttpResponse> {
      const at = now();
      const step = {
        from: "latchkey",
        to: "jira",
        label: labelOf(request),
        at,
        request: { method: request.method, url: maskUrl(request.url) },
      } as const;
      try {
        const response = await transport.send(request, options);
        const problem = oauthProblemWord(response);
        const oauth1 = signedStep(request, response);
        push(
          {
            ...step,
            duration_ms: now() - at,
            response: { status: response.status, headers: maskHeaders(response.headers) },
            ...(oauth1 && { oauth1 }),
            ...(problem !== undefined && { problem }),
          },
          baseStrings(request, response),
        );
        return response;
      } catch (error) {
        const oauth1 = signedStep(request, undefined);
        const problem = isLatchkeyError(error) ? error.code : "internal";
        push(
          { ...step, duration_ms: now() - at, ...(oauth1 && { oauth1 }), problem },
          baseStrings(request, undefined),
        );
        throw error;
      }
    },
  };
}

const LABELS: readonly (readonly [end: string, label: string])[] = [
  ["/plugins/servlet/oauth/request-token", "Ask for a request token"],
  ["/plugins/servlet/oauth/access-token", "Exchange the request token"],
  ["/token", "Exchange the code"],
  ["/accessible-resources", "Ask which sites were granted"],
  ["/me", "Ask who approved"],
  ["/myself", "Ask who approved"],
  ["/serverInfo", "Ask what this server is"],
];

function labelOf(request: HttpRequest): string {
  const path = URL.canParse(request.url) ? new URL(request.url).pathname : "";
  return LABELS.find(([end]) => path.endsWith(end))?.[1] ?? "Ask Jira";
}

/** The same error with more in its details; what is not a known error stays as it is, under `internal`. */
function nameDance(thrown: unknown, also: Readonly<Record<string, unknown>>): LatchkeyError {
  if (!isLatchkeyError(thrown))
    return new LatchkeyError("internal", undefined, { cause: thrown, details: also });
  return new LatchkeyError(thrown.code, thrown.message, {
    cause: thrown,
    details: { ...thrown.details, ...also },
    fix: thrown.fix,
    ...(thrown.retry_after_s !== undefined && { retry_after_s: thrown.retry_after_s }),
  });
}
