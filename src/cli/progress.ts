import type { Io, Voice } from "./io.ts";

const EVERY_MS = 100;

/** One line that is written over on a terminal; nothing where the output is piped or read by a machine. */
export function progressOf(io: Io, voice: Voice): { show(text: string): void; end(): void } {
  if (io.stderr.isTTY !== true || voice.wantsJson) return { show: () => {}, end: () => {} };
  let shown = 0;
  return {
    show(text) {
      const now = io.now();
      if (now - shown < EVERY_MS) return;
      shown = now;
      io.stderr.write(`\r\u001b[K${text}`);
    },
    end() {
      if (shown > 0) io.stderr.write("\r\u001b[K");
    },
  };
}
