/** The running sandbox from the inside: its state, and what moves it. */
import { register } from "./auth/state.ts";
import { createClock, createRandom, randomWord } from "./clock.ts";
import type { ActiveFault } from "./faults.ts";
import { type Counters, clearCounters, createCounters } from "./limits/index.ts";
import type { Sandbox } from "./message.ts";
import { type ResolvedOptions, switchTable } from "./options.ts";
import { Keeper, readState } from "./persistence.ts";
import { SandboxRefusal } from "./refusal.ts";
import { RequestLog } from "./requests.ts";
import { createState, type SandboxState } from "./state.ts";
import { createSender, type WebhookSender } from "./webhooks/sender.ts";
import { loadFiles } from "./world/load.ts";
import { createSearchIndex, type SearchIndex } from "./world/search-index.ts";

export type Running = {
  readonly sandbox: Sandbox;
  readonly faults: ActiveFault[];
  readonly requests: RequestLog;
  /** Set once both faces listen. */
  addresses: { cloudUrl: string; dataCenterUrl: string };
  nextRequestId(): number;
  /** Waits real time; ends early when the sandbox stops. */
  wait(ms: number): Promise<void>;
  /** Moves the clock. */
  advance(seconds: number): void;
  /** Switches set while it runs, over those it was started with; a reset takes them back. */
  readonly switched: Map<string, string>;
  /** Everything as at the first start: state, clock, faults, log; `--load` files are loaded again. */
  reset(): void;
  /** Told of what went wrong inside and could not be answered. */
  failed(error: unknown): void;
  /** Saves and lets nothing wait any longer. */
  close(): void;
};

/** @param failed told of failures inside the sandbox: a save that did not succeed, a handler that threw */
export function createRunning(options: ResolvedOptions, failed: (error: unknown) => void): Running {
  const restored = options.state === undefined ? undefined : readState(options.state);
  let state = restored ?? firstState(options);
  if (restored !== undefined) {
    registerAsked(restored, options);
    loadAsked(restored, options, Date.now() + restored.clock_ms);
  }
  const clock = createClock(() => state.clock_ms);
  let random = createRandom(options.seeded ? state.seed : undefined, state.boots);
  const keeper = options.state === undefined ? undefined : new Keeper(options.state, () => state, failed);
  keeper?.save();
  const addresses = { cloudUrl: "", dataCenterUrl: "" };
  const waiting = createWaiting();
  const faults: ActiveFault[] = [];
  const requests = new RequestLog();
  const switched = new Map<string, string>();
  const counters = createCounters();
  const index = createSearchIndex();
  const webhooks = createSender({ now: clock.now, switch: (name) => sandbox.switch(name) });
  let requestId = 0;

  const sandbox = sandboxFor(options, addresses, {
    state: () => state,
    now: clock.now,
    random: (bytes) => random(bytes),
    touched: (part) => keeper?.touched(part),
    switched,
    counters,
    index,
    webhooks,
  });

  return {
    sandbox,
    faults,
    requests,
    switched,
    addresses,
    nextRequestId: () => ++requestId,
    wait: waiting.wait,
    advance: (seconds) => {
      state.clock_ms += seconds * 1000;
      webhooks.due();
      sandbox.touched("auth");
    },
    reset: () => {
      state = firstState(options);
      random = createRandom(options.seeded ? state.seed : undefined, 0);
      faults.length = 0;
      requests.clear();
      switched.clear();
      clearCounters(counters);
      index.clear();
      webhooks.clear();
      requestId = 0;
      sandbox.touched();
    },
    failed,
    close: () => {
      webhooks.close();
      waiting.endAll();
      keeper?.save();
    },
  };
}

type Inside = {
  readonly state: () => SandboxState;
  readonly now: () => number;
  readonly random: (bytes: number) => Buffer;
  readonly touched: (part?: "auth" | "world") => void;
  readonly switched: ReadonlyMap<string, string>;
  readonly counters: Counters;
  readonly index: SearchIndex;
  readonly webhooks: WebhookSender;
};

/** The sandbox as handlers see it. */
function sandboxFor(options: ResolvedOptions, addresses: Running["addresses"], inside: Inside): Sandbox {
  return {
    get state() {
      return inside.state();
    },
    options,
    now: inside.now,
    random: inside.random,
    token: (length) => randomWord(inside.random, length),
    switch: (name) => {
      const value = inside.switched.get(name) ?? options.switches.get(name) ?? switchTable.get(name)?.default;
      if (value === undefined) throw new Error(`There is no switch ${name}.`);
      return value;
    },
    get cloudUrl() {
      return addresses.cloudUrl;
    },
    get dataCenterUrl() {
      return addresses.dataCenterUrl;
    },
    touched: inside.touched,
    counters: inside.counters,
    index: inside.index,
    webhooks: inside.webhooks,
  };
}

/** Waits that can all be ended at once: a stop must not wait for a delay. */
function createWaiting(): { wait(ms: number): Promise<void>; endAll(): void } {
  const waiting = new Set<() => void>();
  return {
    wait: (ms) =>
      new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, ms);
        waiting.add(done);
      }),
    endAll: () => {
      for (const done of [...waiting]) done();
    },
  };
}

function firstState(options: ResolvedOptions): SandboxState {
  const now_ms = Date.now();
  const state = withUsage(() => createState(options, now_ms));
  loadAsked(state, options, now_ms);
  return state;
}

function loadAsked(state: SandboxState, options: ResolvedOptions, now_ms: number): void {
  const fresh = options.load.filter((file) => !state.loaded.includes(file));
  loadFiles(state.world, fresh, options, now_ms);
  state.loaded.push(...fresh);
}

function registerAsked(state: SandboxState, options: ResolvedOptions): void {
  withUsage(() =>
    register(state.auth, { consumers: options.consumers, redirect_uris: options.redirectUris }),
  );
}

function withUsage<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof TypeError) throw new SandboxRefusal("usage", error.message, error);
    throw error;
  }
}
