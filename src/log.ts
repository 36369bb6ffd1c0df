export type LogLevel = "debug" | "info" | "warn" | "error";

/** One JSON line per event. `event` is a short fixed name in snake_case; everything that varies is a field. */
export type Log = {
  debug(event: string, fields?: Readonly<Record<string, unknown>>): void;
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, fields?: Readonly<Record<string, unknown>>): void;
  /** A log whose every line carries these fields too. */
  child(fields: Readonly<Record<string, unknown>>): Log;
};

export type LogOptions = {
  /** Takes one finished line, without the line break. */
  readonly write: (line: string) => void;
  /** Events below this level are dropped; default `info`. */
  readonly level?: LogLevel;
  /** Milliseconds since the epoch; default the system clock. */
  readonly now?: () => number;
};

export function createLog(_options: LogOptions): Log {
  throw new Error("not built yet");
}
