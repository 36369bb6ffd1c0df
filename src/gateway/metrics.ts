/**
 * Numbers for the operator. Labels are route templates, methods, statuses, flavors and states: never an id, a path
 * or a name.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Store } from "../store/index.ts";

export type Metrics = {
  /** One answered request. @param route template, as the router knows it */
  answered(route: string, method: string, status: number): void;
  /** One proxied call, from its first byte here to the last byte of the answer. */
  proxied(status: number, seconds: number): void;
  /** The text Prometheus reads, with its content type. */
  read(): Promise<{ readonly text: string; readonly content_type: string }>;
};

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

export function createMetrics(parts: { readonly store: Store; readonly now: () => number }): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: "latchkey_http_requests_total",
    help: "Requests answered, by route template, method and status.",
    labelNames: ["route", "method", "status"],
    registers,
  });
  const durations = new Histogram({
    name: "latchkey_proxy_duration_seconds",
    help: "Proxied calls, from the first byte here to the last byte of the answer.",
    labelNames: ["status"],
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
    registers,
  });
  // Found once for each set of labels, of which there are few: routes, methods and statuses.
  const counters = new Map<string, Counter.Internal>();
  const counterOf = (route: string, method: string, status: number) => {
    const key = `${method} ${status} ${route}`;
    const known = counters.get(key) ?? requests.labels(route, method, String(status));
    counters.set(key, known);
    return known;
  };
  const clocks = new Map<number, Histogram.Internal<string>>();
  const clockOf = (status: number) => {
    const known = clocks.get(status) ?? durations.labels(String(status));
    clocks.set(status, known);
    return known;
  };
  fromTheStore(parts.store, registers);
  ofTheOutbox(parts, registers);
  return {
    answered: (route, method, status) =>
      counterOf(route, METHODS.has(method) ? method : "other", status).inc(),
    proxied: (status, seconds) => clockOf(status).observe(seconds),
    read: async () => ({ text: await registry.metrics(), content_type: registry.contentType }),
  };
}

/** Read when asked for, so that every process that shares the database tells the same. */
function fromTheStore(store: Store, registers: Registry[]): void {
  new Gauge({
    name: "latchkey_connections",
    help: "Connections, by flavor and state.",
    labelNames: ["flavor", "state"],
    registers,
    async collect() {
      this.reset();
      for (const { flavor, state, count } of await store.connections.countForOperator()) {
        this.inc({ flavor, state }, count);
      }
    },
  });
  new Counter({
    name: "latchkey_token_refreshes_total",
    help: "Token pairs received by refreshing, over all families in the database.",
    registers,
    async collect() {
      const { refreshes } = await store.families.totalsForOperator();
      this.reset();
      this.inc(refreshes);
    },
  });
  new Gauge({
    name: "latchkey_families_failing",
    help: "Living families whose last refresh failed for a passing cause.",
    registers,
    async collect() {
      this.set((await store.families.totalsForOperator()).failing);
    },
  });
}

/** What is to be told and was not yet: it grows where endpoints do not answer, or nobody runs the jobs. */
function ofTheOutbox(
  parts: { readonly store: Store; readonly now: () => number },
  registers: Registry[],
): void {
  const { store, now } = parts;
  new Gauge({
    name: "latchkey_outbox_deliveries",
    help: "Webhook deliveries that wait, and those given up.",
    labelNames: ["state"],
    registers,
    async collect() {
      const { waiting, dead } = await store.outbox.totalsForOperator();
      this.set({ state: "waiting" }, waiting);
      this.set({ state: "dead" }, dead);
    },
  });
  new Gauge({
    name: "latchkey_outbox_oldest_seconds",
    help: "Age of the oldest webhook delivery that waits; 0 where none does.",
    registers,
    async collect() {
      const { oldest_at } = await store.outbox.totalsForOperator();
      this.set(oldest_at === undefined ? 0 : Math.max(0, (now() - oldest_at) / 1000));
    },
  });
}
