import { createHash } from "node:crypto";
import type { Flavor } from "../protocol/flavors.ts";
import type { Bucket, LimitReading, Quota, Reach } from "./limits.ts";

/** `bulk` is work nobody waits for: it lets others go first and leaves them a reserve. */
export type Priority = "interactive" | "bulk";

/** A call as the limits see it. */
export type GatedCall = {
  /** The base of its REST paths. */
  readonly site: string;
  readonly flavor: Flavor;
  readonly method: string;
  readonly path: string;
  /** Whose bucket it takes from on Data Center. */
  readonly account?: string;
  /** The registration, whose hourly quota on Cloud all its sites share. */
  readonly app?: string;
  readonly priority: Priority;
};

/** `until`: not before then. Without a time: as soon as an answer that is awaited has come. */
export type Verdict = "pass" | { readonly until: number | undefined; readonly reach: Reach };

/** Something closed, as it is told to callers and to other replicas. */
export type Closed = {
  readonly key: string;
  readonly until: number;
  readonly reason: string | undefined;
};

export type Gates = {
  /** Whether the call may go now. Changes nothing. */
  ask(call: GatedCall, now: number): Verdict;
  /** The call goes. Answer {@link Gates.ended} follows, whatever becomes of it. */
  admit(call: GatedCall, now: number): void;
  /** `reading`: absent where no answer came. Tells what was closed by it. */
  ended(call: GatedCall, reading: LimitReading | undefined, now: number): Closed | undefined;
  /** What another replica has found closed. */
  close(closed: Closed): void;
  learn(key: string, quota: Quota, now: number): void;
  closedNow(now: number): readonly Closed[];
  /** By the name of what they are about, see {@link keyOf}. */
  quotasNow(now: number): ReadonlyMap<string, readonly Quota[]>;
  bucketOf(site: string, now: number): Bucket | undefined;
  /** How many things it remembers. */
  size(): number;
};

/** `trials`: calls let through after the closure whose answer is awaited; the next ones wait for it. */
type Gate = { until: number; reason: string | undefined; strikes: number; trials: number };
type Level = Bucket & { readonly site: string; at: number; tokens: number; under_way: number };

const MOST = 5_000;
const LONGEST_CLOSURE_MS = 3_660_000;
/** Writes of one issue on Cloud: so many within so many milliseconds. */
const ISSUE_WRITES = [
  [20, 2_000],
  [100, 30_000],
] as const;
const MOST_WRITES = 100;
/** Bulk work at one site at once; Atlassian advises five to ten of all. */
const MOST_BULK = 6;
/** The share that bulk work leaves to callers somebody waits for. */
const RESERVE = 0.2;
const QUOTA_RESERVE = 0.1;

/**
 * What is known of the limits of all sites: a state machine without clock or IO. A closed gate lets one call through
 * when its time is over, and the others after that call's answer was no refusal.
 * @param chance a number from 0 to 1
 */
export function createGates(chance: () => number): Gates {
  const gates = new Map<string, Gate>();
  const levels = new Map<string, Level>();
  const quotas = new Map<string, readonly Quota[]>();
  const writes = new Map<string, number[]>();
  const bulk = new Map<string, number>();

  const gatesOf = (call: GatedCall): [Reach, Gate][] => {
    if (gates.size === 0) return [];
    return REACHES.flatMap((reach) => {
      const gate = gates.get(keyOf(reach, call) ?? "");
      return gate ? [[reach, gate] as [Reach, Gate]] : [];
    });
  };

  function ask(call: GatedCall, now: number): Verdict {
    const found: { until: number | undefined; reach: Reach }[] = [];
    for (const [reach, gate] of gatesOf(call)) {
      if (gate.until > now) found.push({ until: gate.until, reach });
      else if (gate.trials > 0) found.push({ until: undefined, reach });
    }
    const wait = writeWait(writes.get(writesKey(call) ?? ""), now);
    if (wait > now) found.push({ until: wait, reach: "issue" });
    const level = levels.get(keyOf("account", call) ?? "");
    if (level) {
      const until = levelWait(level, call.priority, now);
      if (until > now) found.push({ until, reach: "account" });
    }
    if (call.priority === "bulk") {
      if ((bulk.get(call.site) ?? 0) >= MOST_BULK) found.push({ until: undefined, reach: "site" });
      const until = reserveWait(quotas, call, now);
      if (until > now) found.push({ until, reach: "site" });
    }
    return found.length === 0 ? "pass" : latest(found);
  }

  function strike(call: GatedCall, reading: LimitReading, now: number): Closed | undefined {
    const { closure } = reading;
    const key = closure && (keyOf(closure.reach, call) ?? keyOf("site", call)!);
    if (!closure || key === undefined) return undefined;
    const known = gates.get(key);
    // Calls that were under way when it closed say the same once more.
    const strikes = known && known.until > now ? known.strikes : (known?.strikes ?? 0) + 1;
    const guess_s = Math.min(30, 2 ** strikes) * (0.7 + 0.6 * chance());
    const wait_ms = Math.min(LONGEST_CLOSURE_MS, (closure.wait_s || guess_s) * 1000);
    const until = Math.max(known?.until ?? 0, Math.ceil(now + wait_ms));
    remember(gates, key, { until, reason: closure.reason, strikes, trials: 0 });
    return { key, until, reason: closure.reason };
  }

  return {
    ask,
    admit(call, now) {
      for (const [, gate] of gatesOf(call)) gate.trials++;
      const key = writesKey(call);
      if (key !== undefined) remember(writes, key, [...(writes.get(key) ?? []), now].slice(-MOST_WRITES));
      const level = levels.get(keyOf("account", call) ?? "");
      if (level) {
        level.tokens = tokensAt(level, now) - 1;
        level.at = now;
        level.under_way++;
      }
      if (call.priority === "bulk") remember(bulk, call.site, (bulk.get(call.site) ?? 0) + 1);
    },
    ended(call, reading, now) {
      if (call.priority === "bulk") fewer(bulk, call.site);
      const account = keyOf("account", call);
      const level = levels.get(account ?? "");
      if (level) level.under_way = Math.max(0, level.under_way - 1);
      for (const [reach, gate] of gatesOf(call)) {
        gate.trials = Math.max(0, gate.trials - 1);
        const refused = reading === undefined || reading.closure !== undefined;
        if (!refused && gate.until <= now) gates.delete(keyOf(reach, call)!);
      }
      if (reading?.bucket && account !== undefined) {
        const under_way = level?.under_way ?? 0;
        const tokens = Math.max(0, reading.bucket.remaining - under_way);
        remember(levels, account, { ...reading.bucket, site: call.site, at: now, tokens, under_way });
      }
      for (const quota of reading?.quotas ?? []) learnInto(quotas, keyOf(quota.reach, call)!, quota, now);
      return reading && strike(call, reading, now);
    },
    close({ key, until, reason }) {
      const known = gates.get(key);
      if (known && known.until >= until) return;
      remember(gates, key, { until, reason, strikes: known?.strikes ?? 1, trials: 0 });
    },
    learn: (key, quota, now) => learnInto(quotas, key, quota, now),
    closedNow: (now) =>
      [...gates].flatMap(([key, { until, reason }]) => (until > now ? [{ key, until, reason }] : [])),
    quotasNow(now) {
      for (const [key, known] of quotas) {
        const still = known.filter(({ resets_at }) => resets_at === undefined || resets_at > now);
        if (still.length === 0) quotas.delete(key);
        else if (still.length < known.length) quotas.set(key, still);
      }
      return quotas;
    },
    bucketOf(site, now) {
      const [level] = [...levels.values()].filter((one) => one.site === site).sort((a, b) => b.at - a.at);
      return level && { limit: level.limit, per_s: level.per_s, remaining: Math.floor(tokensAt(level, now)) };
    },
    size: () => gates.size + levels.size + quotas.size + writes.size + bulk.size,
  };
}

const REACHES: readonly Reach[] = ["app", "site", "endpoint", "issue", "account"];
const ISSUE = /\/(?:issue|request)\/([A-Za-z][A-Za-z0-9_]*-\d+|\d+)(?:\/|$)/;

/** What a gate of this reach is called; the issue and the account by their hash, since names leave the process. */
export function keyOf(reach: Reach, call: GatedCall): string | undefined {
  switch (reach) {
    case "app":
      return call.app === undefined ? `site ${call.site}` : `app ${call.app}`;
    case "site":
      return `site ${call.site}`;
    case "endpoint":
      return `endpoint ${call.site} ${call.method} ${templateOf(call.path)}`;
    case "issue": {
      const issue = call.method === "GET" || call.method === "HEAD" ? undefined : ISSUE.exec(call.path)?.[1];
      return issue === undefined ? undefined : `issue ${call.site} ${hash(issue.toUpperCase())}`;
    }
    case "account":
      return call.flavor === "cloud" ? undefined : `account ${call.site} ${hash(call.account ?? "")}`;
  }
}

/** The path with what names one thing left out: numbers, issue keys, account ids, encoded words. */
export function templateOf(path: string): string {
  const named = /^\d+$|^[A-Za-z][A-Za-z0-9_]*-\d+$|^[A-Za-z0-9:-]{16,}$|%/;
  return (
    path
      .split("?")[0]!
      .split("/")
      // The first three, such as `rest/api/3`, say which interface it is.
      .map((part, at) => (at > 3 && named.test(part) ? "{}" : part.slice(0, 60)))
      .slice(0, 12)
      .join("/")
  );
}

const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);

function writesKey(call: GatedCall): string | undefined {
  return call.flavor === "cloud" ? keyOf("issue", call) : undefined;
}

function writeWait(times: readonly number[] | undefined, now: number): number {
  if (times === undefined) return now;
  const waits = ISSUE_WRITES.map(([most, within]) => {
    const first = times.at(-most);
    return first === undefined ? now : first + within;
  });
  return Math.max(now, ...waits);
}

const tokensAt = (level: Level, now: number) =>
  Math.min(level.limit, level.tokens + (Math.max(0, now - level.at) / 1000) * level.per_s);

/** When the bucket holds enough: one for a person, and the reserve besides for bulk work. */
function levelWait(level: Level, priority: Priority, now: number): number {
  const needed = priority === "bulk" ? Math.min(level.limit, 1 + Math.floor(level.limit * RESERVE)) : 1;
  const lacking = needed - tokensAt(level, now);
  if (lacking <= 0) return now;
  // Without a known rate nothing can be reckoned: one call finds out.
  return level.per_s > 0 ? now + Math.ceil((lacking / level.per_s) * 1000) : now;
}

/** When the quotas leave more than the reserve again; a quota without a reset holds nobody. */
function reserveWait(quotas: ReadonlyMap<string, readonly Quota[]>, call: GatedCall, now: number): number {
  if (quotas.size === 0) return now;
  const keys = new Set([keyOf("app", call)!, keyOf("site", call)!]);
  const waits = [...keys]
    .flatMap((key) => quotas.get(key) ?? [])
    .map((quota) => {
      const { limit, remaining, resets_at } = quota;
      const low = limit !== undefined && remaining !== undefined && remaining < limit * QUOTA_RESERVE;
      return low ? (resets_at ?? now) : now;
    });
  return Math.max(now, ...waits);
}

/** What an answer leaves out stays as it was told before: the size always, the rest until the reset. */
function learnInto(quotas: Map<string, readonly Quota[]>, key: string, quota: Quota, now: number): void {
  const all = quotas.get(key) ?? [];
  const known = all.find(({ name }) => name === quota.name);
  const size = known?.limit === undefined ? {} : { limit: known.limit };
  const still = (known?.resets_at ?? 0) > now ? known : size;
  remember(quotas, key, [...all.filter((one) => one !== known), { ...still, ...quota }].slice(-8));
}

/** The latest time; none where all of them wait for an answer. */
function latest(found: readonly { until: number | undefined; reach: Reach }[]): Verdict {
  return found.reduce((a, b) => ((b.until ?? 0) > (a.until ?? 0) ? b : a));
}

function fewer(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 0) - 1;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}

/** Keeps what was touched last; forgetting a limit costs one refusal. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MOST) map.delete(map.keys().next().value!);
}
