import { LatchkeyError } from "../errors.ts";
import type { Json } from "../jira/index.ts";
import type { Bench } from "./bench.ts";
import { essence, oursOf, type Pushed } from "./compare.ts";
import { sealedContent } from "./content.ts";
import type { Form } from "./form.ts";
import { type Held, keep, leaseUntil } from "./lease.ts";
import { markerOf, propertyOf } from "./marker.ts";
import type { Idea, PlannedCall, PushOptions } from "./model.ts";
import { provenBy } from "./outcome.ts";
import type { Plan } from "./plan.ts";
import { issueUrl } from "./seen.ts";
import { settle } from "./settle.ts";

/** What a caller asks for; `later`: an open outcome is told at once, since somebody comes back to it. */
export type Asked = PushOptions & { readonly later?: boolean };

/** An idea that fits the form it is for. */
export type Fitted = {
  readonly idea: Idea;
  readonly digest: string;
  readonly form: Form;
  readonly plan: Plan /** A request: the customer as this Jira names them. */;
  readonly customer?: string;
};

const isNumeric = (text: string) => /^\d+$/.test(text);

/** The creation as it is sent. */
export function creationCall(bench: Bench, row: Parameters<typeof markerOf>[0], fitted: Fitted): PlannedCall {
  const { idea, digest, plan, form, customer } = fitted;
  const values = Object.fromEntries(
    plan.fields.filter(({ value }) => value !== null).map(({ id, value }) => [id, value]),
  );
  if (form.desk) {
    const { service_desk_id, request_type_id } = form.desk;
    const json = {
      serviceDeskId: service_desk_id,
      requestTypeId: request_type_id,
      requestFieldValues: values,
      ...(customer === undefined ? {} : { raiseOnBehalfOf: customer }),
      // Without it the texts of a request are wiki text, on Cloud too.
      ...(bench.dialect.rich_text === "adf" ? { isAdfRequest: true } : {}),
    };
    return { method: "POST", path: "/rest/servicedeskapi/request", json };
  }
  const { project, issueType } = idea;
  const json = {
    fields: {
      project: isNumeric(project) ? { id: project } : { key: project },
      issuetype: isNumeric(issueType) ? { id: issueType } : { name: issueType },
      ...values,
    },
    properties: [propertyOf(bench.jira, markerOf(row, digest))],
  };
  return { method: "POST", path: bench.jira.api("/issue"), json };
}

/** How a request is told among those that carry nothing: it says what the idea says. */
export function saysThe({ plan }: Fitted): (fields: Json) => boolean {
  const told = plan.fields.filter(({ id }) => id === "summary" || id === "description");
  return (fields) =>
    told.every(({ id, value }) => JSON.stringify(essence(fields[id])) === JSON.stringify(essence(value)));
}

/**
 * Makes the issue, or finds the one that an earlier sending made. The intent is written before the sending, so
 * whatever happens then, the next one to come knows that there may be an issue.
 * @throws LatchkeyError `push_outcome_open`, and Jira's refusals
 */
export async function create(
  bench: Bench,
  held: Held,
  fitted: Fitted,
  options: Asked,
): Promise<"created" | "found"> {
  const says = held.row.kind === "request" ? saysThe(fitted) : undefined;
  for (;;) {
    if (held.row.step === "sending") {
      if (options.later) throw openUntil((held.row.intent_at ?? 0) + bench.limits.index_lag_ms, bench.now());
      const settled = await settle(bench, held, options, says);
      if (settled === "found") return "found";
      if (settled !== "nothing") throw openUntil(settled.open_until, bench.now());
    }
    await writeIntent(bench, held, fitted);
    const made = await send(bench, held, fitted, options);
    if (made) return "created";
  }
}

function openUntil(until: number, now: number): LatchkeyError {
  const retry_after_s = Math.max(1, Math.ceil((until - now) / 1000));
  return new LatchkeyError("push_outcome_open", undefined, { retry_after_s });
}

async function writeIntent(bench: Bench, held: Held, { idea, digest, plan }: Fitted): Promise<void> {
  const { now, limits } = bench;
  const pushed: Pushed = Object.fromEntries(plan.fields.map((field) => [field.id, { ours: oursOf(field) }]));
  await keep(bench, held, {
    ...{ step: "sending", state: "waiting", error: null, idea_digest: digest },
    intent_at: now() + limits.send_ms,
    lease_until: leaseUntil(limits, now()),
    pushed: JSON.stringify(pushed),
    ...sealedContent(bench, held.row, { idea }),
  });
}

/** `false`: the outcome is unknown, and the row says until when the sending was under way. */
async function send(bench: Bench, held: Held, fitted: Fitted, options: PushOptions): Promise<boolean> {
  const { now, limits, jira, connection } = bench;
  const call = creationCall(bench, held.row, fitted);
  const over = AbortSignal.timeout(limits.send_ms);
  const signal = options.signal ? AbortSignal.any([options.signal, over]) : over;
  try {
    const retry = { max_wait_ms: Math.floor(limits.send_ms / 2) };
    const timeout_ms = Math.min(15_000, Math.floor(limits.send_ms / 2));
    const answer = await jira.request({ ...call, signal, retry, timeout_ms });
    const { id, issueId, key, issueKey } = answer.json() as Json;
    const [issue_id, issue_key] = [id ?? issueId, key ?? issueKey];
    if (typeof issue_id !== "string" || typeof issue_key !== "string") {
      throw new LatchkeyError("jira_answer_unreadable", "Jira answered no new issue.");
    }
    const issue_url = issueUrl(connection.site.url, issue_key);
    await keep(bench, held, { step: "created", issue_id, issue_key, issue_url, intent_at: null });
    return true;
  } catch (thrown) {
    if (provenBy(thrown) === "undone") {
      await keep(bench, held, { step: "planned", intent_at: null, idea_digest: null });
      throw thrown;
    }
    bench.log.info("push_outcome_unknown", { link: held.row.id });
    await keep(bench, held, { intent_at: now() });
    if (options.signal?.aborted) throw thrown;
    return false;
  }
}
