/** Everything the sandbox remembers: made from a seed, saved to a file where one is named, restored from it. */
import { type AuthState, createAuthState } from "./auth/state.ts";
import type { ResolvedOptions } from "./options.ts";
import type { World } from "./world/model.ts";
import { seedWorld } from "./world/seed.ts";

export type SandboxState = {
  world: World;
  auth: AuthState;
  /** How far the clock was moved, milliseconds. */
  clock_ms: number;
  /** How often this state was restored from its file. */
  boots: number;
  /** The seed its world was made from. */
  seed: number;
  /** What `--load` has brought in: it is not loaded again over what people changed since. */
  loaded: string[];
};

/** A fresh state: the world of the seed, and the applications known out of the box. */
export function createState(options: ResolvedOptions, now_ms: number): SandboxState {
  return {
    world: seedWorld(options.seed, now_ms),
    auth: createAuthState(options),
    clock_ms: 0,
    boots: 0,
    seed: options.seed,
    loaded: [],
  };
}
