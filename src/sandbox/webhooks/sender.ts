/** Delivers webhooks: in order or not, once or twice, and again later where the receiver failed. */
import { randomInt, randomUUID } from "node:crypto";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

/** A delivery that is to be made. Headers are made anew for each attempt: tokens run out. */
export type Outgoing = {
  readonly site: string;
  readonly kind: "dynamic" | "admin";
  readonly webhooks: readonly number[];
  readonly event: string;
  readonly url: string;
  readonly body: string;
  /** How often it is tried again. */
  readonly retries: number;
  readonly headers: () => Readonly<Record<string, string>>;
  /** Why it is never sent, if it is not. */
  readonly withheld?: string;
};

type Attempt = { readonly at: string; readonly status: number | null; readonly error?: string };

/** What `GET /__sandbox/webhooks` tells of a delivery. */
export type Delivery = {
  readonly identifier: string;
  readonly site: string;
  readonly kind: "dynamic" | "admin";
  readonly webhooks: readonly number[];
  readonly event: string;
  readonly url: string;
  readonly body: unknown;
  readonly attempts: readonly Attempt[];
  readonly state: "waiting" | "delivered" | "failed" | "withheld";
  /** Why it was withheld. */
  readonly reason?: string;
  readonly next_attempt_at?: string;
  /** When it was given up, milliseconds. */
  readonly failed_ms?: number;
};

type Pending = {
  readonly outgoing: Outgoing;
  readonly identifier: string;
  readonly attempts: Attempt[];
  state: Delivery["state"];
  next_ms: number;
  busy: boolean;
  failed_ms?: number;
};

export type SenderParts = {
  readonly now: () => number;
  readonly switch: (name: string) => string;
};

export type WebhookSender = {
  send(outgoing: Outgoing): void;
  /** Makes the attempts that are due; called when the clock is moved. */
  due(): void;
  list(): Delivery[];
  clear(): void;
  close(): void;
};

const KEPT = 1000;
/** Answers after which Cloud tries again; every other one that is no success is final. */
const TRIED_AGAIN = new Set([408, 409, 425, 429]);
const SHUFFLE_MS = 20;

export function createSender(parts: SenderParts): WebhookSender {
  const all: Pending[] = [];
  const chains = new Map<string, Promise<void>>();
  let shuffled: Pending[] = [];
  let timer: NodeJS.Timeout | undefined;
  let shuffleTimer: NodeJS.Timeout | undefined;
  let closed = false;

  const attempt = async (pending: Pending, again = false): Promise<void> => {
    if (closed || pending.busy || pending.state !== "waiting") return;
    pending.busy = true;
    // A delivery that comes twice is no retry, and does not say it is one.
    const count = again ? 0 : pending.attempts.length;
    const outcome = await post(pending, count, Number(parts.switch("webhook_timeout_ms")));
    pending.busy = false;
    pending.attempts.push({ at: new Date(parts.now()).toISOString(), ...outcome });
    const delivered = settle(pending, outcome.status);
    const double = Number(parts.switch("webhook_double"));
    if (delivered && !again && double > 0 && randomInt(100) < double) {
      pending.state = "waiting";
      await attempt(pending, true);
    }
    plan();
  };

  /** Whether the receiver took it. */
  const settle = (pending: Pending, status: number | null): boolean => {
    if (status !== null && status >= 200 && status < 300) {
      pending.state = "delivered";
      return true;
    }
    const worth = status === null || status >= 500 || TRIED_AGAIN.has(status);
    if (worth && pending.attempts.length <= pending.outgoing.retries) {
      pending.next_ms = parts.now() + Number(parts.switch("webhook_retry_s")) * 1000;
      return false;
    }
    pending.state = "failed";
    pending.failed_ms = parts.now();
    return false;
  };

  const retrying = (): Pending[] =>
    all.filter((one) => one.state === "waiting" && one.attempts.length > 0 && !one.busy);

  const plan = (): void => {
    clearTimeout(timer);
    const next = Math.min(...retrying().map((one) => one.next_ms));
    if (closed || !Number.isFinite(next)) return;
    timer = setTimeout(due, Math.min(Math.max(0, next - parts.now()), 2 ** 31 - 1));
    timer.unref();
  };

  const due = (): void => {
    for (const one of retrying()) if (one.next_ms <= parts.now()) void attempt(one);
    plan();
  };

  const first = (pending: Pending): void => {
    // An address may name the issue, so what one receiver gets is told by its origin.
    const { origin } = new URL(pending.outgoing.url);
    if (parts.switch("webhook_order") === "kept") {
      const before = chains.get(origin) ?? Promise.resolve();
      chains.set(
        origin,
        before.then(() => attempt(pending)),
      );
      return;
    }
    shuffled.push(pending);
    shuffleTimer ??= setTimeout(() => {
      shuffleTimer = undefined;
      const batch = shuffled;
      shuffled = [];
      for (let at = batch.length - 1; at > 0; at--) {
        const other = randomInt(at + 1);
        [batch[at], batch[other]] = [batch[other] as Pending, batch[at] as Pending];
      }
      void batch.reduce<Promise<void>>((done, one) => done.then(() => attempt(one)), Promise.resolve());
    }, SHUFFLE_MS);
  };

  return {
    send: (outgoing) => {
      const state = outgoing.withheld === undefined ? "waiting" : "withheld";
      const pending: Pending = {
        outgoing,
        identifier: randomUUID(),
        attempts: [],
        state,
        next_ms: parts.now(),
        busy: false,
      };
      all.push(pending);
      if (all.length > KEPT) all.shift();
      if (state === "waiting") first(pending);
    },
    due,
    list: () => all.map(described),
    clear: () => {
      clearTimeout(timer);
      for (const one of all) one.state = "failed";
      all.length = 0;
      shuffled = [];
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
      clearTimeout(shuffleTimer);
    },
  };
}

function described({ outgoing, identifier, attempts, state, next_ms, failed_ms }: Pending): Delivery {
  const { site, kind, webhooks, event, url, body, withheld } = outgoing;
  return {
    identifier,
    site,
    kind,
    webhooks,
    event,
    url,
    body: body === "" ? null : (JSON.parse(body) as unknown),
    attempts: [...attempts],
    state,
    ...(withheld === undefined ? {} : { reason: withheld }),
    ...(state === "waiting" ? { next_attempt_at: new Date(next_ms).toISOString() } : {}),
    ...(failed_ms === undefined ? {} : { failed_ms }),
  };
}

function post(
  { outgoing, identifier }: Pending,
  count: number,
  timeout_ms: number,
): Promise<{ status: number | null; error?: string }> {
  return new Promise((resolve) => {
    const url = new URL(outgoing.url);
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const headers = {
      ...outgoing.headers(),
      "Content-Length": String(Buffer.byteLength(outgoing.body)),
      "X-Atlassian-Webhook-Identifier": identifier,
      ...(count === 0 ? {} : { "X-Atlassian-Webhook-Retry": String(count) }),
    };
    const sent = send(url, { method: "POST", headers, timeout: timeout_ms, agent: false }, (answer) => {
      answer.resume();
      answer.on("error", () => {});
      resolve({ status: answer.statusCode ?? null });
    });
    sent.on("timeout", () => sent.destroy(new Error("the receiver did not answer in time")));
    sent.on("error", (error) => resolve({ status: null, error: error.message }));
    sent.end(outgoing.body);
  });
}
