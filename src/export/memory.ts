import { memoryUsage } from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** From here on memory is given back before more is taken. */
const AMPLE_BYTES = 130e6;
/** Pages between two looks: giving back takes about as long as reading one page. */
const EVERY = 8;

/**
 * Keeps an export of any size in the memory of a small one. A page lives for milliseconds, and left to itself the
 * engine lets hundreds of megabytes of them gather before it clears them away.
 */
export function createSweeper(): () => void {
  let pages = 0;
  let sweep: (() => void) | undefined;
  // Room for what is young grows with what survives a look, and never becomes smaller by itself.
  setFlagsFromString("--semi-space-growth-factor=1");
  return () => {
    if (++pages % EVERY !== 0 || memoryUsage.rss() < AMPLE_BYTES) return;
    sweep ??= collector();
    sweep();
  };
}

function collector(): () => void {
  setFlagsFromString("--expose-gc");
  const found: unknown = runInNewContext("gc");
  return typeof found === "function" ? (found as () => void) : () => {};
}
