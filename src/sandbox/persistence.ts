/** Keeps the state in a file: written whole beside it and moved over it, so that it is never half a state. */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { reasonOf, SandboxRefusal } from "./refusal.ts";
import type { SandboxState } from "./state.ts";

const format = "latchkey-sandbox-state";
const version = 1;
/** Changes that come close together are written once, and saving never takes more than a twentieth of the time. */
const settle_ms = 100;
const share = 20;

/** The state of a file, or `undefined` when there is none yet. A file that cannot be used is refused and left as it is. */
export function readState(file: string): SandboxState | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new SandboxRefusal(
      "configuration",
      `The state file ${file} cannot be read: ${reasonOf(error)}.`,
      error,
    );
  }
  const refuse = (why: string, cause?: unknown) =>
    new SandboxRefusal(
      "configuration",
      `The state file ${file} cannot be used: ${why}. It was left as it is; move it away or name another file with --state.`,
      cause,
    );
  let saved: unknown;
  try {
    saved = JSON.parse(text);
  } catch (error) {
    throw refuse("it is not JSON", error);
  }
  if (!isRecord(saved) || saved.format !== format) throw refuse("it is not a state of this sandbox");
  if (saved.version !== version)
    throw refuse(`it is of version ${String(saved.version)}, this is version ${version}`);
  const { clock_ms, boots, seed, loaded, auth, world } = saved;
  if (!Number.isFinite(clock_ms) || !Number.isInteger(boots) || !Number.isInteger(seed))
    throw refuse("its head is damaged");
  if (!Array.isArray(loaded)) throw refuse("its head is damaged");
  if (!isRecord(auth)) throw refuse("its accounts are missing");
  if (!isRecord(world) || !isRecord(world.users) || !isRecord(world.sites) || !Number.isFinite(world.seq)) {
    throw refuse("its world is missing");
  }
  return { world, auth, clock_ms, boots: Number(boots) + 1, seed, loaded } as unknown as SandboxState;
}

/** Saves a state when it has changed. */
export class Keeper {
  readonly #file: string;
  readonly #state: () => SandboxState;
  readonly #failed: (error: unknown) => void;
  #worldText: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastSave_ms = 0;

  /** @param failed told when a save did not succeed; the next change tries again */
  constructor(file: string, state: () => SandboxState, failed: (error: unknown) => void) {
    this.#file = resolve(file);
    this.#state = state;
    this.#failed = failed;
  }

  /** Something changed: it is on disk a tenth of a second from now, later only where saving itself takes long. */
  touched(part: "auth" | "world" | undefined): void {
    if (part !== "auth") this.#worldText = undefined;
    const wait_ms = Math.max(settle_ms, this.#lastSave_ms * share);
    this.#timer ??= setTimeout(() => this.#saveQuietly(), wait_ms);
    this.#timer.unref();
  }

  #saveQuietly(): void {
    try {
      this.save();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Writes now. */
  save(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const began = performance.now();
    const { world, auth, clock_ms, boots, seed, loaded } = this.#state();
    this.#worldText ??= JSON.stringify(world);
    const head = JSON.stringify({ format, version, clock_ms, boots, seed, loaded, auth });
    writeDurably(this.#file, `${head.slice(0, -1)},"world":${this.#worldText}}\n`);
    this.#lastSave_ms = performance.now() - began;
  }
}

function writeDurably(file: string, text: string): void {
  const beside = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    const handle = openSync(beside, "w", 0o600);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new SandboxRefusal(
      "configuration",
      `The state file ${file} cannot be written: ${reasonOf(error)}.`,
      error,
    );
  }
  syncDirectory(dirname(file));
}

function syncDirectory(directory: string): void {
  try {
    const handle = openSync(directory, "r");
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch {
    // Some systems do not let a directory be opened; the file itself is safe.
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
