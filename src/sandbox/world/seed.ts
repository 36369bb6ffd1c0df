import type { World } from "./model.ts";

/** The world of a seed. */
export function seedWorld(_seed: number, _now_ms: number): World {
  return { users: {}, sites: {}, seq: 0 };
}
