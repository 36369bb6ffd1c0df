/**
 * Who may renew. Refresh tokens work once, so of a vault and its copy only one may go on renewing. A vault remembers
 * in itself which database it is; found in another one (a copied file, a restored dump), it is quarantined: tokens
 * that live are used, nothing is renewed, until the operator has confirmed that the original is stopped.
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { LatchkeyError } from "../errors.ts";
import type { Log } from "../log.ts";
import { isSamePlace, type Store, type Whereabouts, whereaboutsOf } from "../store/index.ts";

const INSTANCE = "instance";
const QUARANTINE = "quarantine";
const TIDE = "renewed_at";
/** The tide mark is written this often at most. */
const TIDE_MS = 1_000;

/** Why nothing is renewed. */
export type QuarantineReason =
  /** The content is that of a database at another place. */
  | "copied"
  /** The database is older than what was renewed in it. */
  | "restored"
  | "imported"
  | "operator";

export type Quarantine = { readonly since: number; readonly reason: QuarantineReason };

export type Custody = {
  /** Undefined where this vault may renew. */
  quarantine(): Promise<Quarantine | undefined>;
  /** @throws vault_quarantined */
  demand(): Promise<void>;
  /** Nothing is renewed from now on, in any process. */
  suspend(reason: QuarantineReason): Promise<void>;
  /** The operator answers for it that no other holder of these tokens is left. */
  confirm(): Promise<void>;
  /** Tokens were renewed: an older state of the database can be told from now on. */
  renewed(): void;
  close(): Promise<void>;
};

type Instance = { readonly id: string; readonly place: Whereabouts; readonly since: number };
/** Beside the database file: a copy of an older state over it leaves this one newer. */
type Mark = { readonly instance: string; readonly renewed_at: number };

export type CustodyParts = {
  readonly store: Store;
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: Log;
};

/** Looks where this vault is, and quarantines it where it was not before. A new one is at home here. */
export async function takeCustody(parts: CustodyParts): Promise<Custody> {
  const { store, now, log } = parts;
  const place = await whereaboutsOf(store);
  const mark = await readMark(place);
  const found = await store.transaction(async (tx): Promise<"new" | Quarantine | undefined> => {
    const text = await tx.meta.get(INSTANCE);
    if (text === undefined) {
      await tx.meta.set(INSTANCE, JSON.stringify(instanceAt(parts, place)));
      return (await tx.meta.get(QUARANTINE)) === undefined ? "new" : undefined;
    }
    if ((await tx.meta.get(QUARANTINE)) !== undefined) return undefined;
    const reason = reasonFor(JSON.parse(text) as Instance, place, mark, await tideOf(tx));
    if (!reason) return undefined;
    const quarantine = { since: now(), reason };
    await quarantineIn(tx, quarantine);
    return quarantine;
  });
  if (found === "new") await writeMark(store, place, log);
  else if (found) log.warn("vault_quarantined", { ...found });
  return custodyOf(parts, place);
}

export async function quarantineIn(store: Store, quarantine: Quarantine): Promise<void> {
  await store.meta.set(QUARANTINE, JSON.stringify(quarantine));
}

function custodyOf(parts: CustodyParts, place: Whereabouts): Custody {
  const { store, now, log } = parts;
  const tide = createTide(parts, place);
  const quarantine = async () => parsed(await store.meta.get(QUARANTINE));
  return {
    quarantine,
    async demand() {
      const found = await quarantine();
      if (found) throw new LatchkeyError("vault_quarantined", undefined, { details: { ...found } });
    },
    suspend: (reason) => quarantineIn(store, { since: now(), reason }),
    async confirm() {
      await store.transaction(async (tx) => {
        const text = await tx.meta.get(INSTANCE);
        // The name stays: another process may be writing the mark under it.
        const known = text === undefined ? instanceAt(parts, place) : (JSON.parse(text) as Instance);
        await tx.meta.set(INSTANCE, JSON.stringify({ ...known, place, since: now() }));
        await tx.meta.remove(QUARANTINE);
      });
      await writeMark(store, place, log);
      log.warn("vault_confirmed");
    },
    renewed: tide.rise,
    close: tide.close,
  };
}

function instanceAt(parts: CustodyParts, place: Whereabouts): Instance {
  const id = Buffer.from(parts.random(16)).toString("base64url");
  return { id, place, since: parts.now() };
}

function reasonFor(
  instance: Instance,
  place: Whereabouts,
  mark: Mark | undefined,
  tide: number,
): QuarantineReason | undefined {
  if (!isSamePlace(instance.place, place)) return "copied";
  if (mark && (mark.instance !== instance.id || mark.renewed_at > tide)) return "restored";
  return undefined;
}

/**
 * The time of the last renewal, in the database first and beside it afterwards: what stands beside it is never newer,
 * unless the database is an older one than it was.
 */
function createTide({ store, now, log }: CustodyParts, place: Whereabouts) {
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  const write = async () => {
    const at = now();
    await store.transaction(async (tx) => {
      if ((await tideOf(tx)) < at) await tx.meta.set(TIDE, String(at));
    });
    await writeMark(store, place, log);
  };
  const flush = () => {
    timer = undefined;
    writing = writing.then(write).catch((error: unknown) => {
      log.warn("tide_not_written", { error });
    });
  };
  return {
    rise() {
      if (place.kind !== "file" || timer) return;
      timer = setTimeout(flush, TIDE_MS);
      timer.unref();
    },
    async close() {
      if (timer) {
        clearTimeout(timer);
        flush();
      }
      await writing;
    },
  };
}

async function tideOf(store: Store): Promise<number> {
  return Number((await store.meta.get(TIDE)) ?? 0);
}

function markPath(place: Whereabouts): string | undefined {
  return place.kind === "file" ? `${place.path}.instance` : undefined;
}

async function readMark(place: Whereabouts): Promise<Mark | undefined> {
  const path = markPath(place);
  if (!path) return undefined;
  try {
    const mark = JSON.parse(await readFile(path, "utf8")) as Partial<Mark>;
    if (typeof mark.instance !== "string" || typeof mark.renewed_at !== "number") return undefined;
    return { instance: mark.instance, renewed_at: mark.renewed_at };
  } catch {
    return undefined;
  }
}

/** Replaced in one step, so that nobody reads half a mark; without one the database alone must tell. */
async function writeMark(store: Store, place: Whereabouts, log: Log): Promise<void> {
  const path = markPath(place);
  const text = await store.meta.get(INSTANCE);
  if (!path || text === undefined) return;
  const mark: Mark = { instance: (JSON.parse(text) as Instance).id, renewed_at: await tideOf(store) };
  const draft = `${path}.${process.pid}`;
  try {
    await writeFile(draft, `${JSON.stringify(mark)}\n`, { mode: 0o600 });
    await rename(draft, path);
  } catch (error) {
    log.warn("instance_mark_not_written", { error });
  }
}

function parsed(text: string | undefined): Quarantine | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Quarantine);
}
